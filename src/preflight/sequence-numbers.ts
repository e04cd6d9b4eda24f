import { indexPath } from '../cluster/cluster.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'
import { indexCount } from './name-lists.ts'
import { movedTasks } from '../model/plan.ts'
import type { IndexTask } from '../model/plan.ts'

/** Whether each index of the plan is read by sequence numbers: only then can a run catch up and know that it has. */
export const sequenceNumbers: Check = {
  id: 'sequence-numbers',
  title: 'reading by sequence numbers',
  code: 'unsupported',
  run: async ({ plan }) =>
    await attempted('sequence-numbers', 'source', async () => {
      if (!plan) return [noPlan('source', 'how its indices are read')]
      const tasks = movedTasks(plan)
      const bySeqNo = tasks.filter(task => task.read.by === 'seq-no').length
      const found: Found[] = []
      if (bySeqNo > 0)
        found.push({ about: 'source', severity: 'ok', message: `${indexCount(bySeqNo)} can be read by sequence numbers.` })
      return [...found, ...tasks.filter(task => task.read.by !== 'seq-no').map(sliced)]
    }),
}

function sliced({ source, read }: IndexTask): Found {
  const reason = read.reason?.replace(/\.$/, '') ?? 'what is written on the source after its slice was opened is not carried over'
  return {
    about: source,
    severity: 'warning',
    message: `Read by ${read.by === 'field' ? `ranges of ${read.field}` : 'slices'}: ${reason}.`,
    remedy: `Stop writing to it while it is copied, on the source:\nPUT /${indexPath(source)}/_settings {"index.blocks.write":true}${remedyFor(read.reason)}`,
  }
}

function remedyFor(reason = ''): string {
  return /privilege|_stats|may not/.test(reason)
    ? `\nOr give the source's user the index privileges monitor and maintenance, and plan again`
    : ''
}
