// `_bulk`: the request is parsed and checked as a whole first, then every item stands for itself.
import { ApiError, illegalArgument, invalidRequest, notFaked } from './errors.ts'
import { refreshAfter, renderWritten, statusOf, writeDocument } from './documents.ts'
import type { Outcome } from './documents.ts'
import { jsonErrorType, ok } from './http.ts'
import type { Call, Reply } from './http.ts'
import { asText, isObject, JsonError, parseJson } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import type { VersionType } from './shard.ts'
import type { Store } from './store.ts'

interface Item {
  op: 'index' | 'create' | 'delete'
  index: string
  id: string | undefined
  pipeline: string | undefined
  routing: string | undefined
  version: number | undefined
  versionType: VersionType
  ifSeqNo: number | undefined
  ifPrimaryTerm: number | undefined
  source: Buffer | undefined
}

export function bulk(call: Call): Reply {
  const items = parseBulk(call)
  checkItems(items)
  const refusal = call.faults.find('itemStatus')?.itemStatus
  const outcomes = items.map((item, at) => {
    if (refusal && (at + 1) % refusal.every === 0) {
      return new ApiError(refusal.status, refusal.type, refusal.reason ?? `refused item ${at + 1} of the request`)
    }
    return attempt(call.store, item)
  })
  const written = outcomes.flatMap(outcome => (outcome instanceof ApiError ? [] : [outcome.index]))
  const refreshed = refreshAfter(call, [...new Set(written)])
  const rendered = items.map((item, at) => ({ [item.op]: renderItem(call.store, item, outcomes[at], refreshed) }))
  return ok({ took: 1, errors: outcomes.some(outcome => outcome instanceof ApiError), items: rendered })
}

function attempt(store: Store, item: Item): Outcome | ApiError {
  try {
    if (item.pipeline !== undefined && item.pipeline !== '_none' && item.op !== 'delete') {
      throw illegalArgument(`pipeline with id [${item.pipeline}] does not exist`)
    }
    return writeDocument(store, item.index, {
      ...item,
      create: item.op === 'create' || (item.id === undefined && item.op === 'index'),
    })
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

function renderItem(store: Store, item: Item, outcome: Outcome | ApiError | undefined, refreshed: boolean): JsonObject {
  if (outcome instanceof ApiError) {
    const index = outcome.details['index'] ?? store.indices.get(item.index)?.name ?? store.writeName(item.index)
    const head = { _index: index, _type: store.typed ? '_doc' : undefined, _id: item.id ?? null }
    return { ...head, status: outcome.status, error: outcome.item }
  }
  if (outcome === undefined) throw new Error('an item without an outcome')
  return { ...renderWritten(outcome, store, refreshed), status: statusOf(outcome.written) }
}

const KEYS = new Set(
  '_index _id routing op_type version version_type retry_on_conflict pipeline _source if_seq_no if_primary_term require_alias'.split(
    ' ',
  ),
)

function parseBulk(call: Call): Item[] {
  const { body } = call
  if (body.length === 0) throw new ApiError(400, 'parse_exception', 'request body is required')
  if (body.at(-1) !== 0x0a) throw illegalArgument('The bulk request must be terminated by a newline [\\n]')
  const lines = linesOf(body)
  const items: Item[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]
    if (line === undefined || line.length === 0) continue
    const number = at + 1
    const action = parseAction(line, number)
    if (action === undefined) continue
    const item = readItem(action.op, action.body, number, call)
    if (item === undefined) at++
    else if (item.op === 'delete') items.push(item)
    else {
      const source = lines[++at]
      if (source !== undefined) items.push({ ...item, source })
    }
  }
  return items
}

/** The lines without their ends; a line's last carriage return belongs to its end. */
function linesOf(body: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(0x0a, start)
    lines.push(body.subarray(start, body[end - 1] === 0x0d && end > start ? end - 1 : end))
    start = end + 1
  }
  return lines
}

/** One action line; an empty object is skipped, as servers do. */
function parseAction(line: Buffer, number: number): { op: string; body: JsonObject } | undefined {
  let action: Json
  try {
    action = parseJson(line.toString())
  } catch (error) {
    if (error instanceof JsonError) throw new ApiError(400, jsonErrorType(error), error.message)
    throw error
  }
  if (!isObject(action)) throw malformed(number, 'START_OBJECT', action)
  const [op, body] = Object.entries(action)[0] ?? []
  if (op === undefined || body === undefined) return undefined
  if (!isObject(body)) throw malformed(number, 'START_OBJECT', body)
  return { op, body }
}

function malformed(number: number, wanted: string, found: Json): ApiError {
  const token = Array.isArray(found) ? 'START_ARRAY' : found === null ? 'VALUE_NULL' : `VALUE_${(typeof found).toUpperCase()}`
  return illegalArgument(`Malformed action/metadata line [${number}], expected ${wanted} but found [${token}]`)
}

/** The item of an action; undefined for an unknown action, which 7.x skips together with the line after it. */
function readItem(op: string, body: JsonObject, number: number, call: Call): Item | undefined {
  for (const [key, value] of Object.entries(body)) {
    const known = KEYS.has(key) || (key === '_type' && call.store.typed)
    if (!known) throw illegalArgument(`Action/metadata line [${number}] contains an unknown parameter [${key}]`)
    if (typeof value === 'object' && value !== null && key !== '_source') {
      const token = Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT'
      throw illegalArgument(
        `Malformed action/metadata line [${number}], expected a simple value for field [${key}] but found [${token}]`,
      )
    }
  }
  if (op === 'update') throw notFaked('updates in _bulk')
  if (op !== 'index' && op !== 'create' && op !== 'delete') {
    if (call.store.major < 8 || call.store.kind.flavor === 'opensearch') return undefined
    const wanted = 'expected one of [create, delete, index, update]'
    throw illegalArgument(`Malformed action/metadata line [${number}], ${wanted} but found [${op}]`)
  }
  const text = (key: string): string | undefined =>
    body[key] === undefined || body[key] === null ? undefined : asText(body[key])
  const integer = (key: string): number | undefined => (text(key) === undefined ? undefined : Number(text(key)))
  return {
    op: op === 'index' && text('op_type') === 'create' ? 'create' : op,
    index: text('_index') ?? call.params['index'] ?? '',
    id: text('_id'),
    pipeline: text('pipeline') ?? call.query.get('pipeline') ?? undefined,
    routing: text('routing') ?? call.query.get('routing') ?? undefined,
    version: integer('version'),
    versionType: (text('version_type') ?? 'internal') as VersionType,
    ifSeqNo: integer('if_seq_no'),
    ifPrimaryTerm: integer('if_primary_term'),
    source: undefined,
  }
}

/** What fails the whole request, with every problem listed. */
function checkItems(items: readonly Item[]): void {
  const problems = items.flatMap(item => {
    const found: string[] = []
    const idBytes = Buffer.byteLength(item.id ?? '')
    const external = item.versionType !== 'internal'
    if (item.index === '') found.push('index is missing')
    if (item.op === 'delete' && item.id === undefined) found.push('id is missing')
    if (item.op === 'create' && external) found.push('create operations only support internal versioning. use index instead')
    else if (external && !(item.version !== undefined && item.version >= 0)) {
      found.push(`illegal version value [${item.version ?? -3}] for version type [${item.versionType.toUpperCase()}]`)
    }
    if (idBytes > 512) found.push(`id [${item.id}] is too long, must be no longer than 512 bytes but was: ${idBytes}`)
    return found
  })
  if (items.length === 0) problems.push('no requests added')
  if (problems.length > 0) throw invalidRequest(problems)
}
