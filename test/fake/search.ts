// Searching, counting and scrolling.
import { close, open, use } from './contexts.ts'
import type { Hit, SortValue, View } from './contexts.ts'
import { illegalArgument, invalidRequest, SearchError } from './errors.ts'
import { bodyObject, ok, shardsBlock } from './http.ts'
import type { Call, Reply } from './http.ts'
import { asArray, asText, RawJson, reserialised } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import { fieldAt } from './mapping.ts'
import { optionsOf, resolve } from './names.ts'
import { compile, namedQueries, reader } from './query.ts'
import { readSearch } from './search-request.ts'
import type { SearchRequest, SortField } from './search-request.ts'
import { hash } from './store.ts'
import type { Index, Store } from './store.ts'

export function search(call: Call): Reply {
  const request = readSearch(call)
  const reached = request.pit ? use(call.store, request.pit.id, 'pit', request.pit.keepAlive).views : viewsOf(call)
  const views = skipsShardsOutsideSlice(call.store) ? reached.filter(view => sliceOf(view, request) !== undefined) : reached
  checkAgainst(views, request, call.store)
  const hits = collect(views, request, call.store)
  const after = request.searchAfter
  const total = hits.length
  const start = after ? hits.findIndex(hit => compareSort(hit.sort, after as SortValue[], request.sort) > 0) : request.from
  const page = start < 0 ? [] : hits.slice(start, start + request.size)
  const head: JsonObject = request.pit ? { pit_id: request.pit.id } : {}
  if (request.scroll !== null) {
    const rest = { hits: hits.slice(request.size), size: request.size, total, request }
    head['_scroll_id'] = open(call.store, { kind: 'scroll', views, rest }, request.scroll)
  }
  return ok(render(call, head, { page, total, views, request }))
}

export function scrollOn(call: Call): Reply {
  const body = bodyObject(call)
  const id = asText(body['scroll_id'] ?? call.query.get('scroll_id') ?? undefined)
  const keepAlive = asText(body['scroll']) || call.query.get('scroll')
  const context = use(call.store, id, 'scroll', keepAlive)
  const rest = context.rest
  if (rest === undefined) throw new Error('a scroll without hits to come')
  const page = rest.hits.splice(0, rest.size)
  const request = rest.request as SearchRequest
  return ok(render(call, { _scroll_id: id }, { page, total: rest.total, views: context.views, request, continued: true }))
}

export function closeScrolls(call: Call): Reply {
  const body = bodyObject(call)
  const named = call.params['id']?.split(',') ?? asArray(body['scroll_id']).map(asText)
  const all = [...call.store.contexts].filter(([, context]) => context.kind === 'scroll').map(([id]) => id)
  const freed = close(call.store, named[0] === '_all' ? all : named)
  return { status: freed === 0 ? 404 : 200, body: { succeeded: true, num_freed: freed } }
}

export function count(call: Call): Reply {
  const body = bodyObject(call)
  const views = viewsOf(call)
  const lost = call.faults.find('failedShards') ? 1 : 0
  const counted = views.slice(lost).reduce((sum, view) => {
    const wanted = compile(body['query'], view.index, call.store.kind)
    return sum + view.docs.filter(doc => view.visible(doc) && wanted(doc)).length
  }, 0)
  return ok({ count: counted, _shards: shardsBlock(views.length, Math.min(lost, views.length), true) })
}

export function openPit(call: Call): Reply {
  const keepAlive = call.query.get('keep_alive')
  if (keepAlive === null) throw invalidRequest(['[keep_alive] is not specified'])
  const views = viewsOf(call)
  const id = open(call.store, { kind: 'pit', views }, keepAlive)
  if (call.store.kind.flavor === 'elasticsearch') return ok({ id })
  return ok({ pit_id: id, _shards: shardsBlock(views.length, 0, true), creation_time: Date.now() })
}

export function closePit(call: Call): Reply {
  const body = bodyObject(call)
  if (call.store.kind.flavor === 'elasticsearch') {
    const freed = close(call.store, [asText(body['id'])])
    return { status: freed === 0 ? 404 : 200, body: { succeeded: freed > 0, num_freed: freed } }
  }
  const ids = asArray(body['pit_id']).map(asText)
  const open = ids.filter(id => call.store.contexts.has(id))
  close(call.store, open)
  return { status: open.length === 0 ? 404 : 200, body: { pits: open.map(id => ({ successful: true, pit_id: id })) } }
}

/** The shards a request reaches, frozen, after the refresh an index does by itself. */
function viewsOf(call: Call): View[] {
  const preference = call.query.get('preference')
  const wanted = shardPreference(preference)
  requireNodes(call, preference)
  const routing = call.query.get('routing')
  return resolve(call.store, call.params['index'], optionsOf(call, false)).flatMap(({ index, via }) => {
    index.refreshIfAutomatic()
    const filters = via.some(alias => alias.filter === undefined)
      ? []
      : via.map(alias => compile(alias.filter, index, call.store.kind))
    const searchRouting = via.length === 1 ? via[0]?.search_routing : undefined
    const routed = routing ?? searchRouting
    const reached = routed === undefined ? undefined : new Set(routed.split(',').map(value => index.shardFor(value).number))
    return index.shards
      .filter(shard => (wanted?.has(shard.number) ?? true) && (reached?.has(shard.number) ?? true))
      .map(shard => ({
        index,
        shard: shard.number,
        docs: shard.searchable,
        visible: doc => filters.length === 0 || filters.some(filter => filter(doc)),
      }))
  })
}

function shardPreference(preference: string | null): Set<number> | undefined {
  if (preference === null || !preference.startsWith('_')) return undefined
  if (preference.startsWith('_shards:')) return new Set(preference.slice(8).replace(/\|.*/, '').split(',').map(Number))
  if (/^_(local|only_local|only_nodes:.*|prefer_nodes:.*)$/.test(preference)) return undefined
  throw illegalArgument(`no Preference for [${preference}]`)
}

/** There is one node. */
function requireNodes(call: Call, preference: string | null): void {
  const named = /(?:^|\|)_only_nodes:(.*)$/.exec(preference ?? '')?.[1]
  if (named === undefined || named.split(',').includes(call.store.nodeId)) return
  const criteria = named.includes(',') ? 'criterion' : 'criteria'
  throw illegalArgument(`no data nodes with ${criteria} [${named}] found for shard: [${call.params['index']}][0]`)
}

/** The refusals a search only meets on its shards. */
function checkAgainst(views: readonly View[], request: SearchRequest, store: Store): void {
  const [first] = views
  if (first === undefined) return
  const place = [{ shard: first.shard, index: first.index.name, node: store.nodeId }]
  const fail = (status: number, type: string, reason: string): never => {
    throw new SearchError(status, type, reason, place)
  }
  const limit = first.index.number('max_result_window', 10_000)
  const window = request.from + request.size
  if (window > limit) {
    fail(
      400,
      'illegal_argument_exception',
      request.scroll === null
        ? `Result window is too large, from + size must be less than or equal to: [${limit}] but was [${window}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting.`
        : `Batch size is too large, size must be less than or equal to: [${limit}] but was [${window}]. Scroll batch sizes cost as much memory as result windows so they are controlled by the [index.max_result_window] index level setting.`,
    )
  }
  if (request.searchAfter) {
    if (request.scroll !== null) fail(500, 'search_exception', '`search_after` cannot be used in a scroll context.')
    if (request.sort.length === 0) fail(400, 'illegal_argument_exception', 'Sort must contain at least one field.')
    if (request.searchAfter.length !== request.sort.length) {
      const reason = `search_after has ${request.searchAfter.length} value(s) but sort has ${request.sort.length}.`
      fail(400, 'illegal_argument_exception', reason)
    }
  }
  const slicesPits = store.kind.flavor === 'opensearch' || store.major > 7 || store.minor >= 15
  if (request.slice && request.scroll === null && !(request.pit && slicesPits)) {
    fail(500, 'search_exception', '`slice` cannot be used outside of a scroll context')
  }
  for (const { field } of request.sort) {
    if (views.every(view => !sortable(field, view.index, store, request))) {
      fail(400, 'query_shard_exception', `No mapping found for [${field}] in order to sort on`)
    }
  }
}

function sortable(field: string, index: Index, store: Store, request: SearchRequest): boolean {
  if (field === '_doc' || field === '_score') return true
  if (field === '_seq_no') return store.kind.sequenceNumbers
  const newest = store.kind.flavor === 'elasticsearch' ? 7.12 : 3.03
  if (field === '_shard_doc') return request.pit !== undefined && store.major + store.minor / 100 >= newest
  return fieldAt(index.mappings, field) !== undefined
}

/** All hits of a search in their order. */
function collect(views: readonly View[], request: SearchRequest, store: Store): Hit[] {
  const hits: Hit[] = []
  for (const view of views) {
    const part = sliceOf(view, request)
    if (part === undefined) continue
    const wanted = compile(request.query, view.index, store.kind)
    const sort = request.sort.map(field => sortReader(field, view, store))
    view.docs.forEach((doc, position) => {
      if (hash(doc.id) % part.max !== part.id) return
      if (view.visible(doc) && wanted(doc)) hits.push({ view, doc, sort: sort.map(read => read(doc, position)) })
    })
  }
  return request.sort.length === 0 ? hits : hits.sort((left, right) => compareSort(left.sort, right.sort, request.sort))
}

/**
 * Which part of a shard a slice is; undefined where it has none of it. Slices are dealt out to shards in turn, or shards
 * to slices where there are more of those, as SliceBuilder does.
 */
function sliceOf({ index, shard }: View, { slice }: SearchRequest): { id: number; max: number } | undefined {
  if (slice === undefined) return { id: 0, max: 1 }
  const shards = index.shards.length
  if (slice.max < shards) return shard % slice.max === slice.id ? { id: 0, max: 1 } : undefined
  if (slice.id % shards !== shard) return undefined
  return { id: Math.floor(slice.id / shards), max: Math.floor((slice.max - shard - 1) / shards) + 1 }
}

/** OpenSearch 2.19 and later leave out shards that a slice has no part of, in `_shards.total` too. */
function skipsShardsOutsideSlice({ kind, major, minor }: Store): boolean {
  return kind.flavor === 'opensearch' && (major > 2 || (major === 2 && minor >= 19))
}

type SortReader = (doc: Hit['doc'], position: number) => SortValue

function sortReader({ field, descending }: SortField, view: View, store: Store): SortReader {
  if (field === '_doc') return (_, position) => position
  if (field === '_shard_doc') return (_, position) => view.shard * 2 ** 32 + position
  if (field === '_score') return () => 1
  const read = reader(field, { index: view.index, kind: store.kind })
  return doc => {
    const values = read(doc)
    return values.reduce<SortValue>((best, value) => (best === null || value > best === descending ? value : best), null)
  }
}

/** Documents without a value come last in either direction. */
function compareSort(left: readonly SortValue[], right: readonly SortValue[], fields: readonly SortField[]): number {
  for (const [at, { descending }] of fields.entries()) {
    const one = left[at] ?? null
    const other = right[at] ?? null
    if (one === other) continue
    if (one === null || other === null) return one === null ? 1 : -1
    if (one !== other && one < other) return descending ? 1 : -1
    if (one > other) return descending ? -1 : 1
  }
  return 0
}

interface Page {
  page: Hit[]
  total: number
  views: readonly View[]
  request: SearchRequest
  continued?: boolean
}

/** The answer of a page, its keys in the order servers write them. */
function render(call: Call, head: JsonObject, { page, total, views, request, continued }: Page): JsonObject {
  const failed = call.faults.find('failedShards') ? views[0] : undefined
  const hole = call.faults.find('truncateHits')?.truncateHits ?? 0
  const shown = page.filter(hit => hit.view !== failed).slice(hole)
  const scored = request.sort.length === 0
  const ended = continued === true ? { terminated_early: request.sort[0]?.field === '_doc' && page.length === request.size } : {}
  return {
    ...head,
    took: 1,
    timed_out: false,
    ...ended,
    _shards: shardsBlock(views.length, failed ? 1 : 0, true),
    hits: {
      ...totalOf(total, request, call),
      max_score: scored && page.length > 0 ? new RawJson('1.0') : scored && views.length === 0 ? new RawJson('0.0') : null,
      hits: shown.map(hit => renderHit(hit, request, call.store)),
    },
  }
}

function totalOf(total: number, { trackTotal }: SearchRequest, call: Call): JsonObject {
  if (trackTotal === false) return {}
  if (call.store.major < 7 && call.store.kind.flavor === 'elasticsearch') return { total }
  if (call.query.get('rest_total_hits_as_int') === 'true') return { total }
  const beyond = trackTotal !== true && total > trackTotal
  return { total: { value: beyond ? trackTotal : total, relation: beyond ? 'gte' : 'eq' } }
}

function renderHit({ view, doc, sort }: Hit, request: SearchRequest, store: Store): JsonObject {
  const source = new RawJson(doc.source)
  const matched = namedQueries(request.query)
    .filter(({ query }) => compile(query, view.index, store.kind)(doc))
    .map(({ name }) => name)
  const bodies: Record<SearchRequest['source'], Json | undefined> = {
    raw: source,
    reserialised: request.source === 'reserialised' ? reserialised(source) : undefined,
    none: undefined,
  }
  return {
    _index: view.index.name,
    _type: store.typed ? '_doc' : undefined,
    _id: request.withId ? doc.id : undefined,
    _version: request.withVersion ? doc.version : undefined,
    _seq_no: request.withSeqNo ? doc.seqNo : undefined,
    _primary_term: request.withSeqNo ? doc.primaryTerm : undefined,
    _score: sort.length === 0 ? new RawJson('1.0') : null,
    _routing: request.withId ? doc.routing : undefined,
    _source: bodies[request.source],
    fields: request.docvalueSeqNo ? { _seq_no: [doc.seqNo] } : undefined,
    sort: sort.length === 0 ? undefined : sort,
    matched_queries: matched.length === 0 ? undefined : matched,
  }
}
