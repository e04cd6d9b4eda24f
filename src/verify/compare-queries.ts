import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Json, JsonObject } from '../model/plan.ts'
import type { QueryComparison } from '../model/verification.ts'
import { atLeast } from '../model/version.ts'
import type { Patience } from './patience.ts'
import type { AskedQuery } from './query-file.ts'

/** How many of the first hits are compared. */
const firstHits = 10
const shownCharacters = 200

interface SearchAnswer {
  readonly took: number
  readonly timed_out: boolean
  readonly _shards: { readonly failed: number }
  readonly hits: {
    readonly total: number | { readonly value: number }
    readonly hits: readonly { readonly _id: string; readonly _routing?: string }[]
  }
  readonly aggregations?: JsonObject
}

type Side = 'source' | 'target'

/** Runs searches on both sides, one after the other, and tells how they came out; those that differ most come first. */
export async function compareQueries(
  queries: readonly AskedQuery[],
  targetOf: (index: string) => string | undefined,
  clusters: Readonly<Record<Side, Cluster>>,
  patience: Patience,
  signal: AbortSignal,
): Promise<QueryComparison[]> {
  const compared: QueryComparison[] = []
  for (const { index, body } of queries) {
    const target = targetOf(index)
    if (target === undefined) {
      compared.push(refused(index, body, `${index} is not one of the indices that are compared`))
      continue
    }
    const [here, there] = await Promise.all([
      answerOf(clusters.source, index, body, patience, signal),
      answerOf(clusters.target, target, body, patience, signal),
    ])
    if (typeof here === 'string') compared.push(refused(index, body, `source: ${here}`))
    else if (typeof there === 'string') compared.push(refused(index, body, `target: ${there}`))
    else compared.push(comparisonOf(index, body, here, there))
  }
  return compared.toSorted((a, b) => b.distance - a.distance)
}

/** The answer, or why it was refused. */
async function answerOf(
  cluster: Cluster,
  index: string,
  body: JsonObject,
  { patiently }: Patience,
  signal: AbortSignal,
): Promise<SearchAnswer | string> {
  const modern = cluster.identity.flavor === 'opensearch' || atLeast(cluster.identity.version, 7)
  const size = typeof body['size'] === 'number' ? Math.max(firstHits, body['size']) : firstHits
  const asked = { ...body, size, ...(modern ? { track_total_hits: true } : {}), _source: false }
  try {
    const path = `/${indexPath(index)}/_search`
    const answer = await patiently(() => json<SearchAnswer>(cluster, { method: 'POST', path, body: asked, signal }), signal)
    if (answer._shards.failed > 0 || answer.timed_out) return 'it was answered in part'
    return answer
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'request-refused') return thrown.message
    throw thrown
  }
}

function comparisonOf(index: string, body: JsonObject, here: SearchAnswer, there: SearchAnswer): QueryComparison {
  const [sourceTotal, targetTotal] = [totalOf(here), totalOf(there)]
  const overlap = overlapOf(here, there)
  const aggregations = unequalValues(here.aggregations ?? {}, there.aggregations ?? {})
  const totals = sourceTotal === targetTotal ? 0 : Math.abs(sourceTotal - targetTotal) / Math.max(sourceTotal, targetTotal)
  return {
    index,
    query: shown(body),
    sourceTotal,
    targetTotal,
    overlap,
    aggregations,
    distance: totals + (1 - (overlap ?? 1)) + (aggregations > 0 ? aggregations / (aggregations + 1) : 0),
    sourceMs: here.took,
    targetMs: there.took,
  }
}

function refused(index: string, body: JsonObject, error: string): QueryComparison {
  const nothing = { sourceTotal: null, targetTotal: null, overlap: null, aggregations: 0, sourceMs: 0, targetMs: 0 }
  // Above everything that two answers can come to.
  return { index, query: shown(body), ...nothing, error, distance: 10 }
}

/** Whether a search means the same on both sides. Equal scores leave the order of hits to chance, so hits alone decide nothing. */
export function meansTheSame({ error, sourceTotal, targetTotal, aggregations }: QueryComparison): boolean {
  return error === undefined && sourceTotal === targetTotal && aggregations === 0
}

function totalOf({ hits }: SearchAnswer): number {
  return typeof hits.total === 'number' ? hits.total : hits.total.value
}

function overlapOf(here: SearchAnswer, there: SearchAnswer): number | null {
  const places = ({ hits }: SearchAnswer): string[] =>
    hits.hits.slice(0, firstHits).map(hit => JSON.stringify([hit._id, hit._routing ?? null]))
  const [first, others] = [places(here), new Set(places(there))]
  if (first.length === 0) return others.size === 0 ? null : 0
  return first.filter(place => others.has(place)).length / first.length
}

/** How many single values differ. Numbers are compared as such: only their text may differ from server to server. */
export function unequalValues(a: Json | undefined, b: Json | undefined): number {
  if (isTree(a) && isTree(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    let unequal = 0
    for (const key of keys) unequal += unequalValues((a as JsonObject)[key], (b as JsonObject)[key])
    return unequal
  }
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) ? 0 : 1
  return a === b ? 0 : 1
}

function isTree(value: Json | undefined): value is JsonObject | readonly Json[] {
  return typeof value === 'object' && value !== null
}

function shown(body: JsonObject): string {
  const text = JSON.stringify(body)
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`
}
