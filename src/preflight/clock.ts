import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { onBothSides } from './check.ts'
import type { Check, Found } from './check.ts'
import { shortList } from './name-lists.ts'

const toleratedMs = 30_000

interface NodeClock {
  readonly name: string
  /** The node's clock when it answered, in milliseconds since the epoch. */
  readonly timestamp: number
}

export const clock: Check = {
  id: 'clock',
  title: 'clocks of this machine and of all nodes',
  code: 'unsupported',
  run: async (context, signal) => {
    const now = context.now ?? Date.now
    return await onBothSides('clock', context, async cluster => {
      const beforeMs = now()
      const answer = await json<{ nodes?: Readonly<Record<string, NodeClock>> }>(cluster, {
        method: 'GET',
        path: '/_nodes/stats/os',
        query: { filter_path: 'nodes.*.name,nodes.*.timestamp' },
        signal,
      })
      return describe(cluster, Object.values(answer.nodes ?? {}), beforeMs, now())
    })
  },
}

/** A node read its clock some time between the request and the answer. */
function describe({ side }: Cluster, nodes: readonly NodeClock[], fromMs: number, toMs: number): Found[] {
  const read = nodes.filter(node => Number.isFinite(node.timestamp))
  if (read.length === 0)
    return [{ about: side, severity: 'unknown', message: 'No node told the time.', remedy: 'GET /_nodes/stats/os' }]
  const away = ({ timestamp }: NodeClock): number => (timestamp < fromMs ? timestamp - fromMs : Math.max(0, timestamp - toMs))
  const off = read.filter(node => Math.abs(away(node)) > toleratedMs)
  if (off.length === 0) return [{ about: side, severity: 'ok', message: 'Its clock and the one of this machine agree.' }]
  const list = off.map(node => `${node.name} (${Math.abs(Math.round(away(node) / 1000))} s ${away(node) < 0 ? 'slow' : 'fast'})`)
  return [
    {
      about: side,
      severity: 'warning',
      message: `Clocks differ from this machine's: ${shortList(list)}. Certificates and keys may count as expired or not yet valid, and times in logs and reports do not compare.`,
      remedy: 'timedatectl set-ntp true, on those nodes and on this machine',
    },
  ]
}
