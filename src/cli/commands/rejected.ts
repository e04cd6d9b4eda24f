import { assemble, realWorld, rejectedFolder } from '../../assemble.ts'
import { setAsideFolder } from '../../copy/set-aside.ts'
import { fold } from '../../journal/fold.ts'
import { restoreTuning, tuneTargets } from '../../migration/phases.ts'
import { listSetAside, retrySetAside } from '../../migration/retry-rejected.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { Journal } from '../../model/ports.ts'
import type { MigrationSettings, Settings } from '../../settings/settings.ts'
import { requireSamePlan } from '../../operate/hold-and-plan.ts'
import { requireNeverMoved } from '../../operate/require-forward.ts'
import { connectBoth } from '../../operate/clusters.ts'
import type { Clusters } from '../../operate/clusters.ts'
import { whileHolding } from '../../operate/while-holding.ts'
import { print } from '../output.ts'
import { openKnownJournal } from '../session.ts'

/** `shardferry rejected list`: documents that the target refused, by reason; `--json` gives every one of them as a line. */
export function rejectedList(settings: MigrationSettings, { json }: { readonly json: boolean }): number {
  const { journal, folder } = openKnownJournal(settings)
  using open = journal
  const { plan, indices } = fold(open.entries())
  const byReason = new Map<string, { count: number; ids: string[] }>()
  let total = 0
  for (const { lines } of listSetAside(plan?.indices ?? [], indices, rejectedFolder(folder))) {
    for (const line of lines) {
      total++
      if (json) {
        print(JSON.stringify(line))
        continue
      }
      // Elasticsearch 8 begins with where in the document it stopped, [line:column].
      const why = line.reason.replace(/^\[\d+:\d+\] /, '').replaceAll(line.id, 'ID')
      const reason = `${line.index}  ${line.status} ${line.type}: ${why}`
      const group = byReason.get(reason) ?? { count: 0, ids: [] }
      byReason.set(reason, group)
      group.count++
      if (group.ids.length < 5) group.ids.push(line.id)
    }
  }
  if (json) return 0
  for (const [reason, { count, ids }] of [...byReason].toSorted((a, b) => b[1].count - a[1].count)) {
    print(`${count} × ${reason}\n    ids: ${ids.join(', ')}${count > ids.length ? ', …' : ''}`)
  }
  print(
    total === 0
      ? 'No documents were set aside.'
      : `${total} documents set aside in ${rejectedFolder(folder)}. Correct the mapping of the target index, then: shardferry rejected retry`,
  )
  return 0
}

/** `shardferry rejected retry`: writes them again; 0 when none is left. */
export async function rejectedRetry(
  settings: Settings,
  { dryRun }: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings)
  using open = journal
  await using clusters = await connectBoth(settings, signal)
  const state = fold(open.entries())
  const { plan, indices } = state
  if (!dryRun) requireNeverMoved(state, 'a retry')
  if (!plan)
    throw new ShardferryError('state-missing', `Migration ${name} has no plan yet.`, {
      hint: 'Plan and start it: shardferry run',
    })
  requireSamePlan(plan, clusters, undefined)
  if (dryRun) {
    for (const { task, lines } of listSetAside(plan.indices, indices, rejectedFolder(folder)))
      print(`${task.source}: ${lines.length} would be written into ${task.target} again`)
    print('Dry run: nothing was changed.')
    return 0
  }
  return await whileHolding(open, () => writeAgain({ plan, settings, clusters, journal: open, folder }, signal))
}

interface Retry {
  readonly plan: Plan
  readonly settings: Settings
  readonly clusters: Clusters
  readonly journal: Journal
  readonly folder: string
}

async function writeAgain({ plan, settings, clusters, journal, folder }: Retry, signal: AbortSignal): Promise<number> {
  const m = assemble({
    plan,
    copy: settings.copy,
    source: clusters.source,
    target: clusters.target,
    sourceAccess: settings.source,
    journal,
    folder,
    world: realWorld(process.env),
  })
  const setAside = setAsideFolder(rejectedFolder(folder), Infinity, 0)
  let remaining = 0
  // What exact writing needs, a final pipeline switched off above all, holds for these documents too.
  await tuneTargets(m, signal)
  try {
    for (const found of listSetAside(m.tasks, m.memory.state.indices, rejectedFolder(folder))) {
      const result = await retrySetAside(found, { writer: m.lateWriter, setAside, memory: m.memory }, signal)
      remaining += result.remaining
      print(
        `${found.task.source}: ${result.written} written, ${result.alreadyNewer} already newer, ${result.remaining} still refused`,
      )
    }
  } finally {
    await restoreTuning(m, AbortSignal.timeout(60_000))
  }
  print(
    remaining === 0
      ? 'No documents are set aside any more. Take the account again with: shardferry run'
      : `${remaining} documents are still refused: shardferry rejected list`,
  )
  return remaining === 0 ? 0 : 4
}
