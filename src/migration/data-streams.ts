import { rolledOverSince } from '../plan/data-streams/plan-rollover.ts'
import { movedTasks } from '../model/plan.ts'
import type { DataStreamTask, IndexTask, Plan } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'
import { applyStep, undoStep } from './run-steps.ts'

/** The data streams of a plan with their index tasks that are moved, oldest backing index first. */
export function movedStreams(plan: Plan): readonly { readonly stream: DataStreamTask; readonly tasks: readonly IndexTask[] }[] {
  const moved = new Map(movedTasks(plan).map(task => [task.target, task]))
  return (plan.dataStreams ?? []).flatMap(stream => {
    const tasks = stream.indices.flatMap(index => moved.get(index) ?? [])
    return tasks.length === 0 ? [] : [{ stream: { ...stream, indices: tasks.map(({ target }) => target) }, tasks }]
  })
}

/** Before any index is made: what a data stream makes itself would be in the way of the indices that are to be added to it. */
export async function openDataStreams(m: Migration, signal: AbortSignal): Promise<void> {
  for (const { stream, tasks } of movedStreams(m.plan)) {
    const { template, open, helper } = m.steps.dataStream(stream, tasks)
    if (template) await patiently(m, () => applyStep(template, m.memory, m.world, signal), signal)
    if (m.memory.state.steps.get(open.id)?.phase === 'applied') continue
    await patiently(m, () => applyStep(helper, m.memory, m.world, signal), signal)
    await patiently(m, () => applyStep(open, m.memory, m.world, signal), signal)
    await patiently(m, () => undoStep(helper, m.memory, m.world, signal), signal)
  }
  await openRolledOver(m, signal)
}

/** For backing indices that came to the plan later. */
async function openRolledOver(m: Migration, signal: AbortSignal): Promise<void> {
  for (const { stream, tasks } of movedStreams(m.plan))
    for (const task of tasks) {
      const step = m.steps.rollOver(stream, task)
      if (!m.memory.state.added.has(task.source) || m.memory.state.steps.get(step.id)?.phase === 'applied') continue
      const { helper } = m.steps.dataStream(stream, tasks)
      await patiently(m, () => applyStep(helper, m.memory, m.world, signal), signal)
      await patiently(m, () => applyStep(step, m.memory, m.world, signal), signal)
      await patiently(m, () => undoStep(helper, m.memory, m.world, signal), signal)
    }
}

/** Indices that their data stream makes itself are there once it is. */
export function isMadeByStream(plan: Plan, { target, dataStream }: IndexTask): boolean {
  return (
    dataStream !== undefined && (plan.dataStreams ?? []).some(({ by, indices }) => by === 'roll-over' && indices.includes(target))
  )
}

/**
 * Takes up what data streams of the source have rolled over to: journals a task for each new backing index, and makes it on
 * the target. Gives whether there was any.
 */
export async function takeUpRollovers(m: Migration, signal: AbortSignal): Promise<boolean> {
  let any = false
  for (const { target } of m.plan.dataStreams ?? []) {
    for (const index of await newBacking(m, target, signal)) {
      const stream = streamNamed(m, target)
      const task = await patiently(m, () => m.planRollover(index, stream, signal), signal)
      m.memory.append({ type: 'backing-added', stream: target, task })
      any = true
    }
  }
  return any
}

/** Backing indices of the source that the plan does not know, of any data stream or of one. */
export async function newBacking(m: Migration, only: string | undefined, signal: AbortSignal): Promise<readonly string[]> {
  const streams = (m.plan.dataStreams ?? []).filter(({ target }) => only === undefined || target === only)
  const found: string[] = []
  for (const stream of streams)
    found.push(...(await patiently(m, () => rolledOverSince(m.source, stream, m.plan, signal), signal)))
  return found
}

function streamNamed({ plan }: Migration, target: string): DataStreamTask {
  return plan.dataStreams!.find(stream => stream.target === target)!
}

/** Once everything is copied: from then on the servers take no versions in these indices. */
export async function attachIndices(m: Migration, signal: AbortSignal): Promise<void> {
  for (const attach of attachSteps(m)) await patiently(m, () => applyStep(attach, m.memory, m.world, signal), signal)
}

export function attachSteps(m: Migration): readonly Step[] {
  return movedStreams(m.plan).flatMap(({ stream, tasks }) => m.steps.dataStream(stream, tasks).attach ?? [])
}
