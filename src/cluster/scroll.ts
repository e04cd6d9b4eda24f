import { ShardferryError } from '../model/errors.ts'
import type { JsonObject } from '../model/plan.ts'
import { atLeast } from '../model/version.ts'
import type { Cluster, ClusterRequest } from './cluster.ts'
import { indexPath } from './cluster.ts'
import { ownSearches } from './pressure.ts'
import { refusal } from './refusal.ts'
import { scanPage } from './scan-page.ts'
import type { Page } from './scan-page.ts'
import { newMark, withMark } from './source-mark.ts'
import type { SourceMark } from './source-mark.ts'

/** A page and how to give its memory back, which also takes the sources of its hits. */
export interface HeldPage extends Page {
  readonly scroll: Scroll | undefined
  release(): void
}

/** What the next page of a search is asked for with, and what it is read by. */
export interface Scroll {
  readonly id: string
  readonly mark: SourceMark | undefined
}

export interface SearchBody {
  readonly query: JsonObject
  readonly _source?: boolean | object
  readonly [key: string]: unknown
}

export interface PageLimits {
  /**
   * Shards that must have answered: a search that a shard missed is an error, not a short page. `some` for a slice:
   * OpenSearch 2.19 asks only the shards that the slice lies on, and counts no others.
   */
  readonly shards: number | 'some'
  readonly maxBytes: number
}

/** Searches one index; with `keepAlive`, opens a scroll. Checks that every asked shard answered in full. */
export async function firstPage(
  cluster: Cluster,
  index: string,
  search: { readonly body: SearchBody; readonly preference?: string | undefined; readonly keepAlive?: string | undefined },
  limits: PageLimits,
  signal: AbortSignal,
): Promise<HeldPage> {
  const { flavor, version } = cluster.identity
  const knowsPartialFlag = flavor === 'opensearch' || atLeast(version, 6, 3)
  const mark = newMark()
  const query = search.body._source === false ? undefined : withMark(search.body.query, mark)
  return page(
    cluster,
    {
      method: 'POST',
      path: `/${indexPath(index)}/_search`,
      query: {
        scroll: search.keepAlive,
        preference: search.preference,
        allow_partial_search_results: knowsPartialFlag ? false : undefined,
      },
      body: { ...search.body, ...(query && { query }), stats: [ownSearches] },
      maxBytes: limits.maxBytes,
      signal,
    },
    limits,
    query && mark,
  )
}

/** The next page of a scroll. Asked once only: the server moves on with each request, and an answer lost on the way is a page lost. */
export async function nextPage(
  cluster: Cluster,
  scroll: Scroll,
  keepAlive: string,
  limits: PageLimits,
  signal: AbortSignal,
): Promise<HeldPage> {
  try {
    return await page(
      cluster,
      {
        method: 'POST',
        path: '/_search/scroll',
        body: { scroll: keepAlive, scroll_id: scroll.id },
        maxBytes: limits.maxBytes,
        once: true,
        signal,
      },
      limits,
      scroll.mark,
    )
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.recovery === 'retry') {
      throw new ShardferryError(thrown.code, thrown.message, { ...optional(thrown), recovery: 'redo', cause: thrown })
    }
    throw thrown
  }
}

/** Frees a scroll on the server; a failure is of no consequence, as the scroll expires by itself. */
export async function closeScroll(cluster: Cluster, { id }: Pick<Scroll, 'id'>): Promise<void> {
  try {
    const answer = await cluster.exchange({
      method: 'DELETE',
      path: '/_search/scroll',
      body: { scroll_id: [id] },
      signal: AbortSignal.timeout(5_000),
      timeoutMs: 5_000,
    })
    answer.release()
  } catch {
    // The keep-alive ends it.
  }
}

async function page(
  cluster: Cluster,
  request: ClusterRequest,
  limits: PageLimits,
  mark: SourceMark | undefined,
): Promise<HeldPage> {
  const answer = await cluster.exchange(request)
  if (answer.status >= 400) throw refusal(cluster, request, answer)
  try {
    const scanned = scanPage(answer.body, mark)
    const scroll = scanned.scrollId === undefined ? undefined : { id: scanned.scrollId, mark }
    const lacking = unlessWhole(scanned, limits, { side: cluster.side, address: answer.from ?? cluster.address }, request)
    if (lacking) {
      // The scroll that such an answer opens is told to nobody else.
      if (scroll) await closeScroll(cluster, scroll)
      throw lacking
    }
    return { ...scanned, scroll, release: () => answer.release() }
  } catch (thrown) {
    answer.release()
    throw thrown
  }
}

function unlessWhole(
  page: Page,
  limits: PageLimits,
  node: Pick<Cluster, 'side' | 'address'>,
  request: ClusterRequest,
): ShardferryError | undefined {
  const { total, successful, failed, reason } = page.shards
  const asked = limits.shards === 'some' ? Math.max(total, 1) : limits.shards
  // Up to Elasticsearch 7.10 a shard without any copy counts neither as failed nor as successful.
  if (total === asked && successful === total && failed === 0 && !page.timedOut) return undefined
  const what = page.timedOut
    ? 'the search timed out'
    : failed > 0
      ? `${failed} of ${total} shards failed${reason ? `: ${reason}` : ''}`
      : `${successful} of ${total} shards answered where ${asked} were asked`
  const lostScroll = reason?.includes('search_context_missing') === true
  return new ShardferryError(
    lostScroll ? 'cursor-lost' : 'response-partial',
    `The ${node.side} ${node.address} answered ${request.path} in part: ${what}.`,
    {
      recovery: 'redo',
      hint: `Look at the health of the ${node.side}; the partition is read again.`,
    },
  )
}

function optional(error: ShardferryError): { hint?: string; status?: number; serverType?: string } {
  return {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.serverType === undefined ? {} : { serverType: error.serverType }),
  }
}
