// Single documents, and the one way every write takes.
import { isUtf8 } from 'node:buffer'
import { ApiError, illegalArgument, indexNotFound } from './errors.ts'
import { jsonErrorType } from './http.ts'
import type { Call, Reply } from './http.ts'
import { createIndex } from './create-index.ts'
import { isObject, JsonError, parseJson, RawJson } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import { admit } from './mapping.ts'
import { newUuid } from './shard.ts'
import type { VersionType, Write, Written } from './shard.ts'
import type { Index, Store } from './store.ts'

export interface Outcome {
  index: Index
  id: string
  written: Written
}

/** Writes one document to an index or an alias, creating a missing index. A document's refusal is an `ApiError`. */
export function writeDocument(store: Store, name: string, write: Omit<Write, 'id'> & { id: string | undefined }): Outcome {
  if (write.id === '') throw illegalArgument('if _id is specified it must not be empty')
  const target = store.writeTarget(name) ?? { index: createIndex(store, name, {}), routing: undefined }
  const id = write.id ?? newUuid()
  if (write.source !== undefined) {
    const document = parseDocument(write.source)
    target.index.mappings = admitOrThrow(target.index, document, id, store)
  }
  const written = target.index.write({ ...write, id, routing: write.routing ?? target.routing })
  return { index: target.index, id, written }
}

function admitOrThrow(index: Index, document: JsonObject, id: string, store: Store): JsonObject {
  try {
    return admit(index.mappings, document, id)
  } catch (error) {
    if (!(error instanceof ApiError) || error.type !== 'mapper_parsing_exception' || !parsesDocuments(store)) throw error
    throw new ApiError(error.status, 'document_parsing_exception', `[1:1] ${error.message}`, {}, error.caused)
  }
}

/** True when refusals of documents carry the name they got in Elasticsearch 8. */
function parsesDocuments(store: Store): boolean {
  return store.kind.flavor === 'elasticsearch' && store.major >= 8
}

function parseDocument(source: Buffer): JsonObject {
  const fail = (type: string, reason: string): never => {
    throw new ApiError(400, 'mapper_parsing_exception', 'failed to parse', {}, { type, reason })
  }
  if (!isUtf8(source)) fail('json_parse_exception', 'Invalid UTF-8 start byte')
  const foreign = 'Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes'
  if (!/^\s*\{/.test(source.toString('utf8', 0, 4096))) fail('not_x_content_exception', foreign)
  let document: Json = null
  try {
    document = parseJson(source.toString())
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    fail(jsonErrorType(error), error.message)
  }
  if (isObject(document)) return document
  return fail('not_x_content_exception', foreign)
}

/** What a write answers, keys in order; a `_bulk` item adds its status. */
export function renderWritten({ index, id, written }: Outcome, store: Store, refreshed: boolean): JsonObject {
  const numbers = store.kind.sequenceNumbers ? { _seq_no: written.seqNo, _primary_term: written.primaryTerm } : {}
  return {
    _index: index.name,
    _type: store.typed ? '_doc' : undefined,
    _id: id,
    _version: written.version,
    result: written.result,
    forced_refresh: refreshed || undefined,
    _shards: { total: 1 + index.number('number_of_replicas', 1), successful: 1, failed: 0 },
    ...numbers,
  }
}

const STATUS: Record<Written['result'], number> = { created: 201, updated: 200, deleted: 200, not_found: 404 }

export function statusOf(written: Written): number {
  return STATUS[written.result]
}

export function putDocument(call: Call): Reply {
  return respond(call, { source: call.body, create: call.query.get('op_type') === 'create' })
}

export function createDocument(call: Call): Reply {
  return respond(call, { source: call.body, create: true })
}

export function deleteDocument(call: Call): Reply {
  return respond(call, {})
}

function respond(call: Call, write: Pick<Write, 'source' | 'create'>): Reply {
  const optionalNumber = (name: string): number | undefined => (call.query.has(name) ? Number(call.query.get(name)) : undefined)
  const outcome = writeDocument(call.store, call.params['index'] ?? '', {
    ...write,
    id: call.params['id'],
    routing: call.query.get('routing') ?? undefined,
    version: optionalNumber('version'),
    versionType: (call.query.get('version_type') ?? 'internal') as VersionType,
    ifSeqNo: optionalNumber('if_seq_no'),
    ifPrimaryTerm: optionalNumber('if_primary_term'),
  })
  const refreshed = refreshAfter(call, [outcome.index])
  return { status: statusOf(outcome.written), body: renderWritten(outcome, call.store, refreshed) }
}

/** Refreshes what was written when the request asks for it; true when it was forced. */
export function refreshAfter(call: Call, indices: readonly Index[]): boolean {
  const mode = call.query.get('refresh')
  if (mode === null || mode === 'false') return false
  for (const index of indices) index.refresh()
  return mode !== 'wait_for'
}

/** Reads by id see every write at once, without a refresh. */
export function getDocument(call: Call): Reply {
  const name = call.params['index'] ?? ''
  const id = call.params['id'] ?? ''
  const target = call.store.writeTarget(name)
  if (target === undefined) throw indexNotFound(name, 'index_expression')
  const doc = target.index.shardFor(call.query.get('routing') ?? target.routing ?? id).live.get(id)
  const head = { _index: target.index.name, _type: call.store.typed ? '_doc' : undefined, _id: id }
  if (doc === undefined) return { status: 404, body: { ...head, found: false } }
  const numbers = call.store.kind.sequenceNumbers ? { _seq_no: doc.seqNo, _primary_term: doc.primaryTerm } : {}
  const source = call.query.get('_source') === 'false' ? undefined : new RawJson(doc.source)
  return {
    status: 200,
    body: { ...head, _version: doc.version, ...numbers, _routing: doc.routing, found: true, _source: source },
  }
}
