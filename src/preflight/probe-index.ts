import { createHash } from 'node:crypto'
import { indexPath } from '../cluster/cluster.ts'
import type { Cluster, Connection } from '../cluster/cluster.ts'
import { jsonIfFound } from '../cluster/json.ts'
import { refusal } from '../cluster/refusal.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Step } from '../model/ports.ts'

const prefix = 'probe-index/'

/**
 * The index that a probe of the target's `_reindex` names as its destination. As nothing is written to it, no server that
 * was tried makes it; one that did would leave it empty. Between two clusters it always has the same name, so that what a
 * killed check may leave is what the next one removes.
 */
export function probeIndexOf({ identity }: Pick<Cluster, 'identity'>, host: string): string {
  return `shardferry-probe-${createHash('sha256').update(`${identity.clusterUuid} ${host}`).digest('hex').slice(0, 12)}`
}

/** That the index may be there, as a step. Applying it makes nothing: it puts down, before the probe, what may be left. */
export function probeIndexStep(target: Connection, uuid: string, index: string): Step<string> {
  return {
    id: prefix + index,
    describe: () => `have the target try a _reindex into ${index}, which writes nothing`,
    capture: () => Promise.resolve(uuid),
    apply: () => Promise.resolve(),
    undo: (_uuid, signal) => removeProbeIndex(target, index, signal),
  }
}

export const probeIndices: StepKind = {
  prefix,
  atEnd: 'undone',
  side: 'target',
  describe: index => `remove the empty index ${index} on the target, should a check have left it`,
  async undo(target, index, uuid, signal) {
    if (uuid !== target.identity.clusterUuid)
      throw new ShardferryError(
        'state-other',
        `What answers as the target is not the cluster that was checked (${uuid as string}).`,
        {
          hint: 'Give the address of the target that was checked.',
        },
      )
    await removeProbeIndex(target, index, signal)
  },
}

/** @throws ShardferryError where it is there and stays: it cannot be removed, or somebody has written into it */
export async function removeProbeIndex(target: Connection, index: string, signal: AbortSignal): Promise<void> {
  const path = `/${indexPath(index)}`
  const there = await target.exchange({ method: 'HEAD', path, signal })
  // Who may not look cannot know; a server makes no index where nothing is written.
  if ([401, 403, 404].includes(there.status)) return
  const counted = await jsonIfFound<{ count: number }>(target, { method: 'GET', path: `${path}/_count`, signal })
  if (counted === undefined) return
  if (counted.count > 0)
    throw new ShardferryError(
      'request-refused',
      `The index ${index} on the target has the name of a probe, but holds documents.`,
      {
        hint: 'Look at it, and delete it by hand if nobody needs it.',
      },
    )
  const request = { method: 'DELETE', path, signal } as const
  const answer = await target.exchange(request)
  if (answer.status >= 400 && answer.status !== 404) throw refusal(target, request, answer)
}
