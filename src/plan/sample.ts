import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { refusal } from '../cluster/refusal.ts'
import { ShardferryError } from '../model/errors.ts'

/** `{"_index":"","_id":"","_score":1.0,"_source":}` and an id of 20 letters, without the index's name. */
const hitOverheadBytes = 75
const maxSampleBytes = 32 * 1024 * 1024

/**
 * Average bytes of `_source`, from the length of a search's answer: documents are not parsed.
 * Where even one document is larger than the limit, the limit is the estimate.
 */
export async function sampleBytes(
  source: Cluster,
  index: string,
  docs: number,
  body: object,
  signal: AbortSignal,
): Promise<number> {
  for (const size of [20, 1]) {
    const request = {
      method: 'POST',
      path: `/${indexPath(index)}/_search`,
      query: { size },
      body,
      maxBytes: maxSampleBytes,
      signal,
    } as const
    try {
      const answer = await source.exchange(request)
      if (answer.status >= 400) throw refusal(source, request, answer)
      const average = answer.body.length / Math.min(size, docs)
      answer.release()
      return Math.max(2, average - hitOverheadBytes - index.length)
    } catch (thrown) {
      if (!(thrown instanceof ShardferryError) || thrown.code !== 'page-too-large') throw thrown
    }
  }
  return maxSampleBytes
}
