import { ifAllowed } from '../cluster/if-allowed.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { refresh } from '../cluster/shards.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { isOn, setting } from '../metadata/tree.ts'
import { ShardferryError } from '../model/errors.ts'
import { atLeast } from '../model/version.ts'

/** Whether an index can be read by ranges of sequence numbers. */
export type SeqNoUse =
  | { readonly usable: true }
  | {
      readonly usable: false
      /** Search hits tell sequence numbers all the same, so they can be the external version. */
      readonly hitsHaveIt: boolean
      readonly reason: string
    }

export async function seqNoUse(source: Cluster, { name, settings }: IndexDefinition, signal: AbortSignal): Promise<SeqNoUse> {
  const { flavor, version } = source.identity
  const lacking = (reason: string): SeqNoUse => ({ usable: false, hitsHaveIt: false, reason })
  if (flavor === 'elasticsearch' && !atLeast(version, 6)) return lacking('Elasticsearch 5 has no sequence numbers')
  if (flavor === 'elasticsearch' && !atLeast(version, 6, 7))
    return lacking('search hits tell sequence numbers only since Elasticsearch 6.7')
  if (isOn(setting(settings, 'index.disable_sequence_numbers'))) return lacking('index.disable_sequence_numbers is set')
  const without = await countWithoutSeqNo(source, name, signal)
  if (without === undefined) return lacking('the source refuses a query on _seq_no')
  if (without > 0) return lacking(`${without} documents were written by Elasticsearch 5 and have no sequence number`)
  const denied = (what: string): SeqNoUse => ({ usable: false, hitsHaveIt: true, reason: `the user may not ${what}` })
  if (!(await allowed(json(source, { method: 'GET', path: `/${indexPath(name)}/_stats/docs`, signal }))))
    return denied(`read _stats of ${name} (index privilege monitor)`)
  // A refresh changes no document; only by asking for one is it known whether the rounds may.
  if (!(await allowed(refresh(source, name, signal)))) return denied(`refresh ${name} (index privilege maintenance)`)
  return { usable: true }
}

/** Documents of an index made by 5.x and carried on by 6.x; undefined where the query is refused. */
async function countWithoutSeqNo(source: Cluster, index: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const answer = await json<{ count: number }>(source, {
      method: 'POST',
      path: `/${indexPath(index)}/_count`,
      body: { query: { bool: { must_not: { range: { _seq_no: { gte: 0 } } } } } },
      signal,
    })
    return answer.count
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'request-refused') return undefined
    throw thrown
  }
}

async function allowed(answer: Promise<unknown>): Promise<boolean> {
  return (await ifAllowed(answer.then(() => true))) ?? false
}
