// Open scrolls and points in time: frozen views of the shards that expire.
import { SearchError } from './errors.ts'
import { durationMs } from './http.ts'
import type { Predicate } from './query.ts'
import type { Doc } from './shard.ts'
import { newUuid } from './shard.ts'
import type { Index, Store } from './store.ts'

/** One shard as a search sees it: its documents do not change under it. */
export interface View {
  index: Index
  shard: number
  docs: readonly Doc[]
  /** What aliases let through. */
  visible: Predicate
}

export interface Hit {
  view: View
  doc: Doc
  sort: SortValue[]
}

export type SortValue = string | number | bigint | null

export interface SearchContext {
  kind: 'scroll' | 'pit'
  expiresAtMs: number
  views: readonly View[]
  /** A scroll's hits that are still to come, in order, and how it renders them. */
  rest?: { hits: Hit[]; size: number; total: number; request: unknown }
}

const DEFAULT_KEEP_ALIVE_MS = 300_000

export function open(store: Store, context: Omit<SearchContext, 'expiresAtMs'>, keepAlive: string | null): string {
  const id = Buffer.from(`${context.kind}:${newUuid()}${newUuid()}`).toString('base64')
  store.contexts.set(id, { ...context, expiresAtMs: Date.now() + keepAliveMs(keepAlive) })
  return id
}

/** The context, kept alive for longer. Throws the 404 of an unknown or expired one. */
export function use(store: Store, id: string, kind: SearchContext['kind'], keepAlive: string | null): SearchContext {
  const context = store.contexts.get(id)
  if (context === undefined || context.kind !== kind || context.expiresAtMs < Date.now()) {
    store.contexts.delete(id)
    const reason = `No search context found for id [${1000 + (id.length % 1000)}]`
    throw new SearchError(404, 'search_context_missing_exception', reason, [{ shard: -1, index: null }])
  }
  if (keepAlive !== null) context.expiresAtMs = Date.now() + keepAliveMs(keepAlive)
  return context
}

/** Closes contexts and returns how many of them were open. */
export function close(store: Store, ids: readonly string[]): number {
  return ids.filter(id => store.contexts.delete(id)).length
}

function keepAliveMs(text: string | null): number {
  return text === null ? DEFAULT_KEEP_ALIVE_MS : (durationMs(text) ?? DEFAULT_KEEP_ALIVE_MS)
}
