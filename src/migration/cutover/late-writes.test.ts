/** Applications that have not moved, and write to the side that they are returned to while its block is lifted. */
import { expect, test } from 'vitest'
import { send } from '../../../test/contract/connect-to.ts'
import {
  ask,
  askBack,
  blocked,
  both,
  equalSoon,
  followsAs,
  journaled,
  moved,
  put,
  unblocked,
  use,
} from '../../../test/support/changes.ts'
import { fakeMigration } from '../../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../../test/support/fake-migration.ts'
import type { Side } from '../../model/connection.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Migration } from '../migration.ts'
import { runMigration } from '../run-migration.ts'

/** Writes of applications that wait for the block of a side to be lifted, once. */
function waitingFor(side: Side, m: Migration, write: () => Promise<void>): Migration {
  let written = false
  const late = (one: Migration): Migration => ({
    ...one,
    steps: {
      ...one.steps,
      block: task => {
        const step = one.steps.block(task)
        const undo: typeof step.undo = async (saved, signal) => {
          await step.undo(saved, signal)
          if (!written) await write()
          written = true
        }
        return { ...step, undo }
      },
    },
  })
  return side === 'source' ? late(m) : { ...m, back: async () => late(await m.back!()) }
}

type Late = (f: FakeMigration, side: Side) => Promise<void>

const at = (f: FakeMigration, side: Side): readonly [string, string] =>
  side === 'source' ? [f.source.url, 'cities'] : [f.target.url, 'towns']

const updated: Late = async (f, side) => await put(...at(f, side), 'd20', 'late')
const madeAndDeleted: Late = async (f, side) => {
  const [address, index] = at(f, side)
  await put(address, index, 'late', 'late')
  await send(address, 'DELETE', `/${index}/_doc/d20`)
}

const kinds: readonly (readonly [string, Late])[] = [
  ['updated', updated],
  ['made, another one deleted, so that counts agree', madeAndDeleted],
]

async function stopped(stop: AbortController, running: Promise<unknown>): Promise<void> {
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  await expect(running).rejects.toMatchObject({ code: 'stopped' })
}

test.each(kinds)(
  'a document that is %s on the source while what was held back is carried over keeps a rollback from being made, until it is accepted; then the next cutover is refused',
  async (_kind, write) => {
    const f = await fakeMigration(both)
    const stop = new AbortController()
    const m = waitingFor('source', f.process(), () => write(f, 'source'))
    const running = runMigration(m, stop.signal)
    await followsAs(f, 'first')
    ask(f)
    await journaled(f, 'cut-over')
    await use(f, 'target', 'two')
    askBack(f)
    await journaled(f, 'rollback-undone')
    expect(m.memory.state.cutover).toMatchObject({ phase: 'done', reason: expect.stringContaining('cities') as string })
    // Nobody has said that applications have moved: the source is blocked again.
    await journaled(f, 'rollback-undone')
    await untilBlocked(f, 'source')
    expect(blocked(f, 'target')).toBe(false)

    askBack(f, { acceptDifferences: true })
    await journaled(f, 'rolled-back')
    expect(m.memory.state.verified.get('cities')).toMatchObject({ equal: false })
    moved(f)
    await unblocked(f, 'target')
    ask(f, { acceptUnverified: false })
    await journaled(f, 'cutover-undone')
    expect(m.memory.state.cutover).toMatchObject({
      phase: 'none',
      reason: expect.stringContaining('the last one found differences') as string,
    })
    await stopped(stop, running)
  },
)

async function untilBlocked(f: FakeMigration, side: Side): Promise<void> {
  await new Promise(setImmediate)
  for (let n = 0; n < 200 && !blocked(f, side); n++) await new Promise(resolve => setTimeout(resolve, 20))
  expect(blocked(f, side)).toBe(true)
}

test.each(kinds)(
  'a document that is %s on the target while what was held back after a rollback is carried over keeps a cutover from being made',
  async (_kind, write) => {
    const f = await fakeMigration(both)
    const stop = new AbortController()
    let returned = false
    const m = waitingFor('target', f.process(), async () => void (returned && (await write(f, 'target'))))
    const running = runMigration(m, stop.signal)
    await followsAs(f, 'first')
    ask(f)
    await journaled(f, 'cut-over')
    moved(f)
    await unblocked(f, 'source')
    await use(f, 'target', 'two')
    await equalSoon(f, 'after the cutover')
    askBack(f)
    await journaled(f, 'rolled-back')
    returned = true
    await use(f, 'source', 'three')
    ask(f)
    await journaled(f, 'cutover-undone')
    expect(m.memory.state.cutover).toMatchObject({ phase: 'none', reason: expect.stringContaining('towns') as string })
    await untilBlocked(f, 'target')
    expect(blocked(f, 'source')).toBe(false)
    await stopped(stop, running)
  },
)
