/**
 * Tells one primary's time from the next. An operation above the global checkpoint is rolled back when another copy
 * becomes primary, or when the only copy restarts before it was on disk; searches may have seen it until then. Servers
 * count each such change in the primary term of the shard (`primary_terms` of the index metadata, which only the cluster
 * state shows: cluster privilege `monitor`). A move of a primary does not change it.
 */
import { ShardferryError } from '../model/errors.ts'
import type { Cluster } from './cluster.ts'
import { indexPath } from './cluster.ts'
import { jsonIfFound } from './json.ts'
import { together } from './together.ts'

/** By shard; undefined where the user may not see it. */
export type Primaries = ReadonlyMap<number, string> | undefined

/** The primary terms, or for users without that right what tells at least as much: which copies are primary since when. */
export async function primaryTimes(cluster: Cluster, index: string, signal: AbortSignal): Promise<Primaries> {
  return (await primaryTerms(cluster, index, signal)) ?? (await primaryCopies(cluster, index, signal))
}

const primaryTerms = together<Primaries>(async (cluster, indices, signal) => {
  const state = await ifTold(
    jsonIfFound<{ metadata?: { indices?: Record<string, { primary_terms?: Record<string, number> }> } }>(cluster, {
      method: 'GET',
      path: `/_cluster/state/metadata/${indexPath(indices)}`,
      query: { filter_path: 'metadata.indices.*.primary_terms', expand_wildcards: 'all' },
      signal,
    }),
  )
  const times = new Map<string, Primaries>()
  for (const [index, { primary_terms: terms }] of Object.entries(state?.metadata?.indices ?? {}))
    if (terms) times.set(index, new Map(Object.entries(terms).map(([shard, term]) => [Number(shard), `term ${term}`])))
  return times
})

interface Recovery {
  readonly id: number
  readonly primary: boolean
  readonly stage: string
  readonly start_time_in_millis: number
  readonly target?: { readonly id?: string }
}

/**
 * The node of each primary and when that copy came to be there (`_recovery`, index privilege `monitor`). A copy that is
 * primary stays it for as long as it lives, so what is the same twice was primary all the time; a move looks like a change.
 */
export async function primaryCopies(cluster: Cluster, index: string, signal: AbortSignal): Promise<Primaries> {
  const fields = ['id', 'primary', 'stage', 'start_time_in_millis', 'target.id']
  const answer = await ifTold(
    jsonIfFound<Record<string, { shards?: readonly Recovery[] }>>(cluster, {
      method: 'GET',
      path: `/${indexPath(index)}/_recovery`,
      query: { filter_path: fields.map(field => `*.shards.${field}`).join(',') },
      signal,
    }),
  )
  const shards = answer?.[index]?.shards
  if (!shards) return undefined
  const copies = new Map<number, string>()
  for (const { id, primary, stage, start_time_in_millis: sinceMs, target } of shards)
    if (primary && stage === 'DONE') copies.set(id, `on ${target?.id ?? ''} since ${sinceMs}`)
  return copies
}

async function ifTold<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (thrown instanceof ShardferryError && (thrown.code === 'forbidden' || thrown.code === 'request-refused')) return undefined
    throw thrown
  }
}
