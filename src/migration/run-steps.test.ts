import { expect, test } from 'vitest'
import { Crash, never, virtualWorld } from '../flow/virtual-world.test-part.ts'
import type { CrashPoint } from '../model/crash-points.ts'
import { journalOf } from '../journal/list-journal.test-part.ts'
import type { Entry } from '../model/entries.ts'
import type { Json } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import { Memory } from './memory.ts'
import { applyStep, undoStep } from './run-steps.ts'

/** A setting of a cluster, and the step that changes it from whatever it is to `fast`. */
function setting(): { value: Json; applied: number; undone: number; step: Step } {
  const cluster = {
    value: 'original' as Json,
    applied: 0,
    undone: 0,
    step: {
      id: 'tune:cities',
      describe: () => 'tunes cities',
      capture: () => Promise.resolve(cluster.value),
      apply: () => {
        cluster.applied++
        cluster.value = 'fast'
        return Promise.resolve()
      },
      undo: (saved: Json) => {
        cluster.undone++
        cluster.value = saved
        return Promise.resolve()
      },
    },
  }
  return cluster
}

function types(journal: { readonly kept: readonly Entry[] }): string[] {
  return journal.kept.map(entry => entry.type)
}

test('a step is captured, journaled, applied, journaled: in this order', async () => {
  const [journal, cluster, world] = [journalOf(), setting(), virtualWorld()]
  expect(await applyStep(cluster.step, new Memory(journal), world, never)).toBe(true)
  expect(journal.kept).toEqual([
    { type: 'captured', step: 'tune:cities', saved: 'original' },
    { type: 'applied', step: 'tune:cities' },
  ])
  expect(world.passed).toEqual(['step-captured', 'step-applied', 'step-journaled'])
})

test('a step that was applied is not applied again, and one that was undone not undone again', async () => {
  const [journal, cluster] = [journalOf(), setting()]
  const memory = new Memory(journal)
  await applyStep(cluster.step, memory, virtualWorld(), never)
  expect(await applyStep(cluster.step, new Memory(journal), virtualWorld(), never)).toBe(false)
  expect(await undoStep(cluster.step, memory, virtualWorld(), never)).toBe(true)
  expect(await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)).toBe(false)
  expect(cluster).toMatchObject({ value: 'original', applied: 1, undone: 1 })
})

test('a step that never began is not undone', async () => {
  const cluster = setting()
  expect(await undoStep(cluster.step, new Memory(journalOf()), virtualWorld(), never)).toBe(false)
  expect(cluster.undone).toBe(0)
})

test.each(['step-captured', 'step-applied', 'step-journaled'] as const satisfies CrashPoint[])(
  'after a crash at %s the next run applies the step, and undoing it brings back the first captured value',
  async crashAt => {
    const [journal, cluster] = [journalOf(), setting()]
    await expect(applyStep(cluster.step, new Memory(journal), virtualWorld({ crashAt }), never)).rejects.toBeInstanceOf(Crash)
    await applyStep(cluster.step, new Memory(journal), virtualWorld(), never)
    expect(cluster.value).toBe('fast')
    expect(types(journal)).toEqual(['captured', 'applied'])
    await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)
    expect(cluster.value).toBe('original')
  },
)

test.each(['step-captured', 'step-applied', 'step-journaled'] as const satisfies CrashPoint[])(
  'after a crash at %s the step can be undone at once, without being applied first',
  async crashAt => {
    const [journal, cluster] = [journalOf(), setting()]
    await expect(applyStep(cluster.step, new Memory(journal), virtualWorld({ crashAt }), never)).rejects.toBeInstanceOf(Crash)
    expect(await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)).toBe(true)
    expect(cluster.value).toBe('original')
  },
)

test('where the captured value cannot be journaled nothing is changed', async () => {
  const [journal, cluster] = [journalOf(), setting()]
  journal.failAt = 'captured'
  await expect(applyStep(cluster.step, new Memory(journal), virtualWorld(), never)).rejects.toThrow('disk full')
  expect(cluster).toMatchObject({ value: 'original', applied: 0 })
})

test('a crash between an undo and its journal entry undoes it once more, with the same value', async () => {
  const [journal, cluster] = [journalOf(), setting()]
  await applyStep(cluster.step, new Memory(journal), virtualWorld(), never)
  journal.failAt = 'undone'
  await expect(undoStep(cluster.step, new Memory(journal), virtualWorld(), never)).rejects.toThrow('disk full')
  delete journal.failAt
  expect(await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)).toBe(true)
  expect(cluster).toMatchObject({ value: 'original', undone: 2 })
})

test('after a crash at step-undone the step is undone once more, with the same value', async () => {
  const [journal, cluster] = [journalOf(), setting()]
  await applyStep(cluster.step, new Memory(journal), virtualWorld(), never)
  const dying = virtualWorld({ crashAt: 'step-undone' })
  await expect(undoStep(cluster.step, new Memory(journal), dying, never)).rejects.toBeInstanceOf(Crash)
  expect(await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)).toBe(true)
  expect(cluster).toMatchObject({ value: 'original', undone: 2 })
})

test('a step that was undone and is applied anew captures anew what a person has set meanwhile', async () => {
  const [journal, cluster] = [journalOf(), setting()]
  await applyStep(cluster.step, new Memory(journal), virtualWorld(), never)
  await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)
  cluster.value = 'set by hand'
  await applyStep(cluster.step, new Memory(journal), virtualWorld(), never)
  await undoStep(cluster.step, new Memory(journal), virtualWorld(), never)
  expect(cluster.value).toBe('set by hand')
})

test('what other processes ask is taken once, and what was asked before this run is not taken at all', () => {
  const journal = journalOf([{ type: 'asked', ask: { what: 'pause', reason: 'yesterday' } }])
  const memory = new Memory(journal)
  expect(memory.takeAsks()).toEqual([])
  journal.append({ type: 'asked', ask: { what: 'throttle', width: 2 } })
  memory.append({ type: 'stopped', reason: 'in between' })
  expect(memory.takeAsks()).toEqual([{ what: 'throttle', width: 2 }])
  expect(memory.takeAsks()).toEqual([])
  expect(memory.state.lastNumber).toBe(3)
})
