import { useState } from 'preact/hooks'
import { formatBytes, formatDocs, plural } from '../../../src/cli/view/numbers.ts'
import type { IndexTask, Plan } from '../../../src/model/plan.ts'
import type { Live } from '../live.ts'
import { useLoaded } from '../ui/load.ts'
import { Badge, Failure, Loading } from '../ui/parts.tsx'

const marks = { stripped: ['−', 'quiet'], converted: ['~', 'warn'], dropped: ['−', 'bad'] } as const

/** What it does to each index, as a diff of what the source has and the target gets. */
export function PlanView({ live }: { readonly live: Live }) {
  const { value: plan, error, again } = useLoaded<Plan>(`${live.path}/plan`, live.migration.value?.startedAt)
  if (!plan) return error ? <Failure error={error} again={again} /> : <Loading what="the plan" />
  return <PlanDiff plan={plan} />
}

/** Open ones are drawn; of more than this, only those that somebody opens. */
const openAtOnce = 5

export function PlanDiff({ plan }: { readonly plan: Plan }) {
  return (
    <section>
      {plan.indices.map(task => (
        <Index key={task.source} task={task} open={plan.indices.length <= openAtOnce} />
      ))}
      {plan.skipped.length > 0 && (
        <>
          <h3>Left out</h3>
          <ul class="plainlist">
            {plan.skipped.map(({ index, reason }) => (
              <li key={index}>
                <strong>{index}</strong> <span class="quiet">{reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Index({ task, open }: { readonly task: IndexTask; readonly open: boolean }) {
  const [opened, setOpened] = useState(open)
  const { source, target, action, reason, estimate, changes, aliases } = task
  return (
    <details open={opened} onToggle={event => setOpened(event.currentTarget.open)}>
      <summary>
        <strong>{source === target ? source : `${source} → ${target}`}</strong>{' '}
        <Badge tone={action === 'refuse' ? 'bad' : action === 'skip' ? 'quiet' : 'good'}>{action}</Badge>
        <span class="quiet">
          {formatDocs(estimate.docs)} documents, {formatBytes(estimate.bytes)}, {plural(task.shards, 'shard', 'shards')}
        </span>
      </summary>
      {opened && (
        <>
          {reason && <p class="bad">{reason}</p>}
          {changes.length > 0 && (
            <ul class="diff">
              {changes.map(({ kind, what, why }) => (
                <li key={`${what} ${why}`} class={marks[kind][1]}>
                  <span aria-label={kind}>{marks[kind][0]}</span> <code>{what}</code> <span>{why}</span>
                </li>
              ))}
            </ul>
          )}
          {Object.keys(aliases).length > 0 && <p>Aliases: {Object.keys(aliases).join(', ')}</p>}
          <p class="quiet">
            Read by {task.read.by === 'seq-no' ? 'sequence numbers' : task.read.by}; deletes by {task.deletes?.by ?? 'off'}
            {task.engine === 'reindex' ? "; moved by the target's own _reindex" : ''}
          </p>
          <pre tabIndex={0}>{JSON.stringify({ settings: task.settings, mappings: task.mappings }, null, 2)}</pre>
        </>
      )}
    </details>
  )
}
