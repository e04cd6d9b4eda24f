import { asShardferryError } from '../model/errors.ts'
import type { Report } from '../model/report.ts'
import { obeyAsks } from './control.ts'
import { attachIndices, takeUpRollovers } from './data-streams.ts'
import { endedBy } from './ended-by.ts'
import { live, requireWayBack, restoreBoth, settleChange } from './live.ts'
import { makeObjects } from './make-objects.ts'
import type { Migration } from './migration.ts'
import { confirmTargets, copyAll, createTargets, restoreTuning, setAliases, tuneTargets } from './phases.ts'
import { patiently } from './patiently.ts'
import { applyStep, undoStep } from './run-steps.ts'
import { takeAccount } from './take-account.ts'

/**
 * Runs a migration from wherever its journal says it stands to its account. Starting and resuming are the same call.
 * @throws ShardferryError; what went before is journaled, and the same call goes on from there
 */
export async function runMigration(m: Migration, outer: AbortSignal): Promise<Report> {
  using asks = obeyAsks(m)
  using _ = m.protection.begin()
  const signal = AbortSignal.any([outer, asks.cancelled])
  try {
    requireWayBack(m)
    await settleChange(m, signal)
    // After a change of direction a side may be blocked: nothing is copied to it before applications have moved.
    const account = m.memory.state.switches > 0 ? await live(m, signal) : await copyToAccount(m, signal)
    const report = { ...account, notes: [...account.notes, ...m.engineNotes()] }
    m.world.reached('account-taken')
    m.memory.append({ type: 'finished', report })
    m.tally.phase = 'done'
    return report
  } catch (thrown) {
    const error = asShardferryError(signal.aborted ? signal.reason : thrown)
    if (asks.cancelled.aborted && error.code === 'stopped') {
      if (m.remoteTasks) await undoStep(m.remoteTasks, m.memory, m.world, AbortSignal.timeout(60_000))
      await restoreBoth(m, AbortSignal.timeout(60_000))
    }
    // No later run gets further than this one: nothing stays tuned for it.
    if (error.code === 'target-changed' || error.code === 'lineage-changed')
      await restoreBoth(m, AbortSignal.timeout(60_000)).catch(() => undefined)
    for (const entry of endedBy(error)) m.memory.append(entry)
    throw error
  }
}

async function copyToAccount(m: Migration, signal: AbortSignal): Promise<Report> {
  m.tally.phase = 'creating'
  await createTargets(m, signal)
  m.tally.phase = 'tuning'
  await tuneTargets(m, signal)
  const { remoteTasks } = m
  if (remoteTasks) await patiently(m, () => applyStep(remoteTasks, m.memory, m.world, signal), signal)
  m.tally.phase = 'copying'
  await copyAll(m, signal)
  while (await takeUpRollovers(m, signal)) {
    await createTargets(m, signal)
    await tuneTargets(m, signal)
    await copyAll(m, signal)
  }
  await confirmTargets(m, signal)
  await makeObjects(m, signal)
  const account = m.follow || m.memory.state.cutover.phase === 'asked' ? await live(m, signal) : undefined
  if (remoteTasks) await patiently(m, () => undoStep(remoteTasks, m.memory, m.world, signal), signal)
  if (account) return account
  m.tally.phase = 'restoring'
  await restoreTuning(m, signal)
  m.world.reached('tuning-restored')
  m.tally.phase = 'switching-aliases'
  await setAliases(m, signal)
  await attachIndices(m, signal)
  m.tally.phase = 'counting'
  return await patiently(m, () => takeAccount(m, signal), signal)
}
