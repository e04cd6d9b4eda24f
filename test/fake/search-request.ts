// What a search asks for: the body and the query string read into one value, checked as servers check it.
import { ApiError, invalidRequest, notFaked } from './errors.ts'
import { bodyObject } from './http.ts'
import type { Call } from './http.ts'
import { asArray, asObject, asText, isObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'

export interface SortField {
  field: string
  descending: boolean
}

export interface SearchRequest {
  query: Json | undefined
  size: number
  from: number
  sort: SortField[]
  searchAfter: Json[] | undefined
  slice: { id: number; max: number } | undefined
  pit: { id: string; keepAlive: string | null } | undefined
  scroll: string | null
  /** How far hits are counted: false for not at all, true for exactly. */
  trackTotal: boolean | number
  withVersion: boolean
  withSeqNo: boolean
  /** `raw` copies the stored bytes; `reserialised` is what any source filter makes of them. */
  source: 'raw' | 'reserialised' | 'none'
  /** False with `stored_fields: "_none_"`, which leaves out the id as well. */
  withId: boolean
  docvalueSeqNo: boolean
}

const KNOWN = new Set(
  'query size from sort search_after slice pit track_total_hits version seq_no_primary_term _source stored_fields docvalue_fields stats timeout track_scores'.split(
    ' ',
  ),
)

export function readSearch(call: Call): SearchRequest {
  const body = bodyObject(call)
  checkKeys(body, call)
  const parameter = (name: string): Json | undefined => body[name] ?? call.query.get(name) ?? undefined
  const scroll = call.query.get('scroll')
  const pit = isObject(body['pit'])
    ? { id: asText(body['pit']['id']), keepAlive: asText(body['pit']['keep_alive']) || null }
    : undefined
  const request: SearchRequest = {
    query: body['query'],
    size: Number(parameter('size') ?? 10),
    from: Number(parameter('from') ?? 0),
    sort: sortFields(parameter('sort')),
    searchAfter: Array.isArray(body['search_after']) ? body['search_after'] : undefined,
    slice: isObject(body['slice']) ? { id: Number(body['slice']['id']), max: Number(body['slice']['max']) } : undefined,
    pit,
    scroll,
    trackTotal: totalTracking(parameter('track_total_hits'), scroll !== null),
    withVersion: asText(parameter('version')) === 'true',
    withSeqNo: asText(parameter('seq_no_primary_term')) === 'true' && call.store.kind.sequenceNumbers,
    source: sourceMode(parameter('_source'), call),
    withId: asText(body['stored_fields']) !== '_none_',
    docvalueSeqNo: asArray(body['docvalue_fields']).some(field => asText(isObject(field) ? field['field'] : field) === '_seq_no'),
  }
  if (call.query.has('q')) throw notFaked('query string searches')
  checkCombination(request, call)
  return request
}

function checkKeys(body: JsonObject, call: Call): void {
  for (const [key, value] of Object.entries(body)) {
    if (KNOWN.has(key) && (key !== 'seq_no_primary_term' || call.store.kind.sequenceNumbers)) continue
    const token = Array.isArray(value)
      ? 'START_ARRAY'
      : isObject(value)
        ? 'START_OBJECT'
        : `VALUE_${(typeof value).toUpperCase()}`
    throw new ApiError(400, 'parsing_exception', `Unknown key for a ${token} in [${key}].`, { line: 1, col: 1 })
  }
}

function checkCombination(request: SearchRequest, call: Call): void {
  const problems: string[] = []
  if (request.scroll !== null) {
    if (request.trackTotal === false) problems.push('disabling [track_total_hits] is not allowed in a scroll context')
    if (request.from > 0) problems.push('using [from] is not allowed in a scroll context')
    if (request.size === 0) problems.push('[size] cannot be [0] in a scroll context')
  }
  if (request.pit) {
    if (call.params['index'] !== undefined) problems.push('[indices] cannot be used with point in time')
    if (call.query.has('routing')) problems.push('[routing] cannot be used with point in time')
    if (call.query.has('preference')) problems.push('[preference] cannot be used with point in time')
    if (request.scroll !== null) problems.push('using [point in time] is not allowed in a scroll context')
  }
  if (problems.length > 0) throw invalidRequest(problems)
}

function sortFields(value: Json | undefined): SortField[] {
  const entries = typeof value === 'string' ? value.split(',') : asArray(value)
  return entries.flatMap(entry => {
    if (isObject(entry)) {
      return Object.entries(entry).map(([field, order]) => ({
        field,
        descending: asText(isObject(order) ? order['order'] : order) === 'desc',
      }))
    }
    const [field = '', order] = asText(entry).split(':')
    return [{ field, descending: order === 'desc' }]
  })
}

function totalTracking(value: Json | undefined, scroll: boolean): boolean | number {
  if (value === undefined) return scroll ? true : 10_000
  const text = asText(value)
  return text === 'true' ? true : text === 'false' ? false : Number(text)
}

function sourceMode(value: Json | undefined, call: Call): SearchRequest['source'] {
  const text = asText(value)
  if (text === 'false') return 'none'
  const filters = Object.keys(asObject(value))
  const filtered = filters.length > 0 || call.query.has('_source_exclude_vectors')
  if (Array.isArray(value) || (typeof value === 'string' && text !== 'true') || filters.some(key => key !== 'exclude_vectors')) {
    throw notFaked('source filtering')
  }
  return filtered ? 'reserialised' : 'raw'
}
