import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { refusal } from '../cluster/refusal.ts'
import { ShardferryError } from '../model/errors.ts'

/** `{"_index":"","_id":"","_score":1.0,"_source":}` and an id of 20 letters, without the index's name. */
const hitOverheadBytes = 75
const maxSampleBytes = 32 * 1024 * 1024

/**
 * Average bytes of `_source`, from the length of a search's answer: documents are not parsed. Where a sample of some
 * documents is too large, the middle one of three stands for all: one document of 100 MB tells nothing of the others.
 */
export async function sampleBytes(
  source: Cluster,
  index: string,
  docs: number,
  body: object,
  signal: AbortSignal,
): Promise<number> {
  const weigh = (size: number, from: number): Promise<number | undefined> =>
    averageBytes(source, index, { size, from }, Math.min(size, docs), body, signal)
  const average = await weigh(20, 0)
  if (average !== undefined) return average
  const lone: number[] = []
  for (let from = 0; from < Math.min(3, docs); from++) lone.push((await weigh(1, from)) ?? maxSampleBytes)
  return lone.toSorted((a, b) => a - b)[Math.floor(lone.length / 2)] ?? maxSampleBytes
}

/** Undefined where the answer is larger than the limit. */
async function averageBytes(
  source: Cluster,
  index: string,
  query: { readonly size: number; readonly from: number },
  docs: number,
  body: object,
  signal: AbortSignal,
): Promise<number | undefined> {
  const request = {
    method: 'POST',
    path: `/${indexPath(index)}/_search`,
    query,
    body,
    maxBytes: maxSampleBytes,
    signal,
  } as const
  try {
    const answer = await source.exchange(request)
    if (answer.status >= 400) throw refusal(source, request, answer)
    const average = answer.body.length / docs
    answer.release()
    return Math.max(2, average - hitOverheadBytes - index.length)
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'page-too-large') return undefined
    throw thrown
  }
}
