import { expect, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import { never, virtualWorld } from '../flow/virtual-world.test-part.ts'
import type { Side } from '../model/connection.ts'
import type { Entry, StoredEntry } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import { Memory } from './memory.ts'
import { stepsToUndo, undoSteps } from './undo-steps.ts'

const gone = new ShardferryError('unreachable', 'nobody answers')
const forbidden = new ShardferryError('forbidden', 'not you')

/** What a migration has left: on the source a user, on the target a role and tuned settings; documents stay. */
function leftBy(...more: readonly string[]): { memory: Memory; entries: Entry[] } {
  const ids = ['user/a', 'create/i', 'role/b', 'tune/i', ...more]
  const entries: Entry[] = ids.flatMap((step): Entry[] => [
    { type: 'captured', step, saved: { of: step } },
    ...(step === 'tune/i' ? [] : [{ type: 'applied', step } as const]),
  ])
  const journal = {
    append: (entry: Entry) => void entries.push(entry),
    entries: (after = 0) =>
      entries.map((entry, at): StoredEntry => ({ number: at + 1, atMs: 0, entry })).filter(({ number }) => number > after),
  }
  return { memory: new Memory(journal), entries }
}

function kinds(undo: (prefix: string, name: string) => void): StepKind[] {
  const undone = (prefix: string, side: Side): StepKind => ({
    prefix,
    atEnd: 'undone',
    side,
    describe: name => `undo ${prefix}${name}`,
    undo: (_cluster, name) => Promise.resolve().then(() => undo(prefix, name)),
  })
  return [{ prefix: 'create/', atEnd: 'kept' }, undone('user/', 'source'), undone('role/', 'target'), undone('tune/', 'target')]
}

async function undoAll(memory: Memory, known: readonly StepKind[], clusterOf: (side: Side) => Promise<Cluster>) {
  const done: string[] = []
  const steps = stepsToUndo(memory.state, known)
  const world = virtualWorld()
  const onUndone = ({ id }: { id: string }): void => void done.push(id)
  const left = await undoSteps(steps, { memory, world, clusterOf, giveUpAfterMs: 0, onUndone }, never)
  return { done, left: left.map(({ step, why }) => `${step.id}: ${why.code}`) }
}

const answers = (side: Side): Promise<Cluster> => Promise.resolve({ side } as Cluster)

test('everything that may have been applied is undone, last first, journaled one by one; a second time there is nothing', async () => {
  const { memory, entries } = leftBy()
  const known = kinds(() => undefined)
  expect(await undoAll(memory, known, answers)).toEqual({ done: ['tune/i', 'role/b', 'user/a'], left: [] })
  expect(entries.slice(-3)).toEqual(['tune/i', 'role/b', 'user/a'].map(step => ({ type: 'undone', step })))
  expect(stepsToUndo(memory.state, known)).toEqual([])
})

test('a cluster that is gone is asked for once, and keeps nothing on the other from being undone', async () => {
  const { memory } = leftBy('role/c')
  const asked: Side[] = []
  const clusterOf = (side: Side): Promise<Cluster> => {
    asked.push(side)
    return side === 'target' ? Promise.reject(gone) : answers(side)
  }
  const known = kinds(() => undefined)
  expect(await undoAll(memory, known, clusterOf)).toEqual({
    done: ['user/a'],
    left: ['role/c: unreachable', 'tune/i: unreachable', 'role/b: unreachable'],
  })
  expect(asked).toEqual(['target', 'source'])
  expect(await undoAll(memory, known, answers)).toEqual({ done: ['role/c', 'tune/i', 'role/b'], left: [] })
})

test('a step that is refused is left, those after it are not; one that a cluster dies under ends that side', async () => {
  const refused = leftBy()
  const refusing = kinds(prefix => {
    if (prefix === 'role/') throw forbidden
  })
  expect(await undoAll(refused.memory, refusing, answers)).toEqual({ done: ['tune/i', 'user/a'], left: ['role/b: forbidden'] })
  const dying = leftBy()
  const tried: string[] = []
  const known = kinds(prefix => {
    tried.push(prefix)
    if (prefix === 'tune/') throw gone
  })
  expect(await undoAll(dying.memory, known, answers)).toEqual({
    done: ['user/a'],
    left: ['tune/i: unreachable', 'role/b: unreachable'],
  })
  expect(tried).toEqual(['tune/', 'user/'])
})

test('a step of a kind that nobody here knows is left and said, never forgotten', async () => {
  const { memory } = leftBy('teleport/x')
  expect(
    await undoAll(
      memory,
      kinds(() => undefined),
      answers,
    ),
  ).toMatchObject({ left: ['teleport/x: state-version'] })
})
