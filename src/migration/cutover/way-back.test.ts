/** The way back of a migration: made when it is first needed, kept from then on, and cleaned up after. */
import { expect, test } from 'vitest'
import { send } from '../../../test/contract/connect-to.ts'
import {
  ask,
  askBack,
  blocked,
  both,
  dyingAt,
  equalSoon,
  followsAs,
  journaled,
  moved,
  unblocked,
  use,
} from '../../../test/support/changes.ts'
import { fakeMigration } from '../../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../../test/support/fake-migration.ts'
import type { Side } from '../../model/connection.ts'
import { never } from '../../flow/virtual-world.test-part.ts'
import { ShardferryError } from '../../model/errors.ts'
import { createTargets } from '../phases.ts'
import { runMigration } from '../run-migration.ts'

/** Until something holds; then the run is stopped. */
async function runUntil(
  f: FakeMigration,
  world: Parameters<FakeMigration['process']>[0],
  holds: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const running = runMigration(f.process(world), stop.signal).catch((thrown: unknown) => thrown)
  await holds()
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  await running
}

async function cutOver(f: FakeMigration): Promise<void> {
  await runUntil(f, undefined, async () => {
    await followsAs(f, 'first')
    ask(f)
    await journaled(f, 'cut-over')
    moved(f)
    await unblocked(f, 'source')
    await use(f, 'target', 'two')
    await equalSoon(f, 'after the cutover')
  })
}

test('a run that is cancelled while it follows the target back gives the settings of the source back', async () => {
  const f = await fakeMigration(both)
  const running = runMigration(f.process(), never)
  await followsAs(f, 'first')
  ask(f)
  await journaled(f, 'cut-over')
  moved(f)
  await unblocked(f, 'source')
  await use(f, 'target', 'two')
  await equalSoon(f, 'after the cutover')
  expect(f.source.store.index('cities').text('gc_deletes')).toBe('12h')
  f.journal.append({ type: 'asked', ask: { what: 'cancel' } })
  await expect(running).rejects.toMatchObject({ code: 'stopped' })
  expect(f.source.store.index('cities').text('gc_deletes')).toBeUndefined()
})

const withoutIt = { code: 'settings-invalid', message: expect.stringContaining('--no-follow-back') as string }

test('after a cutover with a way back no run goes on without it', async () => {
  const f = await fakeMigration(both)
  await cutOver(f)
  await expect(runMigration({ ...f.process(), back: undefined }, never)).rejects.toMatchObject(withoutIt)
  // Nor in the middle of a rollback, or after it: the target would stay blocked.
  const world = dyingAt('cutover-drained', 1)
  const dies = runMigration(f.process(world), never)
  askBack(f)
  await expect(dies).rejects.toMatchObject({ code: 'state-unwritable' })
  await expect(runMigration({ ...f.process(), back: undefined }, never)).rejects.toMatchObject(withoutIt)
  await runUntil(f, undefined, async () => {
    await journaled(f, 'rollback-undone')
    askBack(f)
    await journaled(f, 'rolled-back')
  })
  await expect(runMigration({ ...f.process(), back: undefined }, never)).rejects.toMatchObject(withoutIt)
  await runUntil(f, undefined, async () => {
    moved(f)
    await unblocked(f, 'target')
    await use(f, 'source', 'three')
    await equalSoon(f, 'after the rollback')
  })
})

test('after a cutover without a way back, a later run makes none: what the target had then is not listed', async () => {
  const f = await fakeMigration(both)
  ask(f)
  expect(await runMigration({ ...f.process(), back: undefined }, never)).toMatchObject({ verdict: 'exact' })
  await use(f, 'target', 'two')
  expect(await runMigration(f.process(), never)).toMatchObject({ indices: [{ index: 'cities' }] })
  expect(f.back.kept).toEqual([])
  expect(blocked(f)).toBe(true)
})

test('a way back that cannot be planned refuses the cutover, the source is followed on, and the next cutover plans it anew', async () => {
  const f = await fakeMigration(both)
  const stop = new AbortController()
  const m = f.process()
  let fails = true
  const back = async (): Promise<typeof m> => {
    if (fails) throw new ShardferryError('unsupported', 'It cannot be read there.')
    return await m.back!()
  }
  const running = runMigration({ ...m, back }, stop.signal).catch((thrown: unknown) => thrown)
  await followsAs(f, 'first')
  ask(f)
  await journaled(f, 'cutover-undone')
  expect(m.memory.state.cutover).toEqual({ phase: 'none', reason: 'It cannot be read there.' })
  await f.write('later', 7)
  await followsAs(f, 'later')
  fails = false
  ask(f)
  await journaled(f, 'cut-over')
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  expect(await running).toMatchObject({ code: 'stopped' })
})

test('a way back that could not be planned once is planned when it is needed again', async () => {
  const f = await fakeMigration(both)
  const m = f.process()
  await createTargets(m, never)
  f.target.faults.push({ times: Infinity, effect: { status: 403 } })
  await expect(m.back!()).rejects.toMatchObject({ status: 403 })
  f.target.faults.clear()
  expect((await m.back!()).tasks).toMatchObject([{ source: 'towns', target: 'cities' }])
})

test('a side that somebody else has blocked is not left: it could not be followed to again', async () => {
  const f = await fakeMigration(both)
  const stop = new AbortController()
  const m = f.process()
  const running = runMigration(m, stop.signal).catch((thrown: unknown) => thrown)
  await followsAs(f, 'first')
  const block = async (side: Side, on: boolean): Promise<void> => {
    const [address, index] = side === 'source' ? [f.source.url, 'cities'] : [f.target.url, 'towns']
    await send(address, 'PUT', `/${index}/_settings`, { 'index.blocks.write': on ? true : null })
  }
  await block('source', true)
  ask(f)
  await journaled(f, 'cutover-undone')
  const by = (index: string): unknown => expect.stringContaining(`${index} is blocked for writes by somebody else`)
  expect(m.memory.state.cutover).toMatchObject({ phase: 'none', reason: by('cities') })
  expect(blocked(f, 'source')).toBe(true)
  await block('source', false)
  ask(f)
  await journaled(f, 'cut-over')
  moved(f)
  await unblocked(f, 'source')
  await block('target', true)
  askBack(f)
  await journaled(f, 'rollback-undone')
  expect(m.memory.state.cutover).toMatchObject({ phase: 'done', reason: by('towns') })
  expect(blocked(f, 'target')).toBe(true)
  await block('target', false)
  askBack(f)
  await journaled(f, 'rolled-back')
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  expect(await running).toMatchObject({ code: 'stopped' })
})
