import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  aliasesOf,
  ask,
  askBack,
  blocked,
  both,
  changed,
  dyingAt,
  equalSoon,
  followed,
  followsAs,
  moved,
  put,
  unblocked,
  use,
} from '../../test/support/changes.ts'
import { send } from '../../test/contract/connect-to.ts'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../test/support/fake-migration.ts'
import { until } from '../../test/support/until.ts'
import { never } from '../flow/virtual-world.test-part.ts'
import { crashPoints, cutoverCrashPoints } from '../model/crash-points.ts'
import type { AnyCrashPoint } from '../model/crash-points.ts'
import { ShardferryError } from '../model/errors.ts'
import { runMigration } from './run-migration.ts'

test('the source is followed, updates and deletes too, until a cutover: then it takes no writes and the aliases are on the target', async () => {
  const f = await fakeMigration(followed)
  const m = f.process()
  const running = runMigration(m, never)
  await followsAs(f, 'first')
  await f.write('second', 3, 100)
  await f.remove(4)
  await followsAs(f, 'second')
  expect(await aliasesOf(f)).toEqual({ towns: { aliases: {} } })
  await f.write('third', 5)
  ask(f)
  expect(await running).toMatchObject({ verdict: 'exact', balanced: true })
  expect(f.documents('target')).toEqual(f.documents('source'))
  expect(f.documents('target').has('d4')).toBe(false)
  expect(m.memory.state.cutover).toMatchObject({
    phase: 'done',
    facts: { aliases: ['places'], indices: [{ source: 'cities', target: 'towns', documents: 25 }] },
  })
  expect(blocked(f)).toBe(true)
  expect(await aliasesOf(f)).toEqual({ towns: { aliases: { places: {} } } })
  expect(f.target.store.index('towns').text('gc_deletes')).toBeUndefined()
})

test.each([['not verified', { acceptUnverified: false }, 'verification: cities: not verified yet']])(
  'a cutover whose condition does not hold (%s) is refused, changes nothing, and the source is followed on',
  async (_name, conditions, reason) => {
    const f = await fakeMigration(followed)
    const m = f.process()
    const running = runMigration(m, never)
    await followsAs(f, 'first')
    ask(f, conditions)
    await until('the refusal', () => Promise.resolve(f.types().includes('cutover-undone') || undefined))
    expect(m.memory.state.cutover).toMatchObject({ phase: 'none', reason: expect.stringContaining(reason) as string })
    expect(f.types()).not.toContain('cutover-begun')
    expect(blocked(f)).toBe(false)
    await f.write('later', 7)
    await followsAs(f, 'later')
    ask(f)
    expect(await running).toMatchObject({ verdict: 'exact' })
  },
)

const points: readonly AnyCrashPoint[] = [...crashPoints, ...cutoverCrashPoints].filter(
  point => !['plan-journaled', 'tuning-restored', 'cutover-undone'].includes(point),
)

test('an index that has got the name of an alias refuses the cutover before anything is blocked', async () => {
  const f = await fakeMigration(followed)
  const m = f.process()
  const running = runMigration(m, never)
  await followsAs(f, 'first')
  await send(f.target.url, 'PUT', '/places', {})
  ask(f)
  await until('the refusal', () => Promise.resolve(f.types().includes('cutover-undone') || undefined))
  const reason = 'places is the name of an index'
  expect(m.memory.state.cutover).toMatchObject({ phase: 'none', reason: expect.stringContaining(reason) as string })
  expect(f.types()).not.toContain('cutover-begun')
  await send(f.target.url, 'DELETE', '/places')
  ask(f)
  expect(await running).toMatchObject({ verdict: 'exact' })
})

test.each(points)(
  'killed at %s, whenever that is passed on the way through a cutover, the next run undoes or finishes it, and says which',
  async at => {
    let died = 0
    for (let nth = 1; ; nth++) {
      const f = await fakeMigration(followed)
      ask(f)
      const world = dyingAt(at, nth)
      const first = await runMigration(f.process(world), never).catch(() => undefined)
      if (!world.died) {
        expect(first).toMatchObject({ verdict: 'exact' })
        break
      }
      died++
      const m = f.process()
      const running = runMigration(m, never)
      const over = running.then(() => true)
      const stands = async (): Promise<true | undefined> =>
        f.types().includes('cutover-undone') || (await Promise.race([over, Promise.resolve(false)])) || undefined
      await until('the cutover to be finished or undone', stands)
      if (f.types().includes('cutover-undone')) {
        expect(m.memory.state.cutover).toMatchObject({
          phase: 'none',
          reason: expect.stringContaining('ended in the middle') as string,
        })
        expect(blocked(f)).toBe(false)
        await f.write('written in between', 7)
        ask(f)
      }
      expect(await running).toMatchObject({ verdict: 'exact' })
      expect(m.memory.state.cutover.phase).toBe('done')
      expect(f.documents('target')).toEqual(f.documents('source'))
      expect(blocked(f)).toBe(true)
      expect(await aliasesOf(f)).toEqual({ towns: { aliases: { places: {} } } })
      expect(f.target.store.index('towns').text('gc_deletes')).toBeUndefined()
    }
    expect(died).toBeGreaterThan(0)
  },
)

test('applications go to the target, back to the source, and to the target again: whatever they write or delete is on both sides each time', async () => {
  const f = await fakeMigration(both)
  const stop = new AbortController()
  const m = f.process()
  const running = runMigration(m, stop.signal)
  await followsAs(f, 'first')
  await use(f, 'source', 'one')
  await equalSoon(f, 'before the cutover')
  await changed(f, 'cutover', 'first')
  expect(f.types()).toContain('finished')
  moved(f)
  await unblocked(f, 'source')
  await use(f, 'target', 'two')
  await equalSoon(f, 'after the cutover')
  await use(f, 'target', 'three')
  await changed(f, 'rollback', 'first')
  expect(f.documents('source')).toEqual(f.documents('target'))
  expect(await aliasesOf(f)).toEqual({ towns: { aliases: {} } })
  moved(f)
  await use(f, 'source', 'four')
  await equalSoon(f, 'after the rollback')
  await use(f, 'source', 'five')
  await changed(f, 'cutover', 'second')
  expect(f.documents('source')).toEqual(f.documents('target'))
  moved(f)
  await unblocked(f, 'source')
  await use(f, 'target', 'six')
  await equalSoon(f, 'after the second cutover')
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  await expect(running).rejects.toMatchObject({ code: 'stopped' })
  expect(m.memory.state).toMatchObject({ switches: 3, cutover: { phase: 'done' } })
})

const pointsBack = points.filter(point => point !== 'account-taken')

test.each(pointsBack)(
  'killed at %s, the first or the second time, on the way through a rollback, the next run undoes or finishes it, and nothing is lost',
  async at => expect(await Promise.all([1, 2].map(nth => diesGoingBack(at, nth)))).toHaveLength(2),
)

async function diesGoingBack(at: AnyCrashPoint, nth: number): Promise<void> {
  const f = await fakeMigration(both)
  ask(f)
  const stopped = new ShardferryError('stopped', 'Stopped.')
  const stop = new AbortController()
  const first = runMigration(f.process(), stop.signal)
  await until('the cutover', () => Promise.resolve(f.types().includes('finished') || undefined))
  moved(f)
  await unblocked(f, 'source')
  await use(f, 'target', 'two')
  await equalSoon(f, 'after the cutover')
  stop.abort(stopped)
  await expect(first).rejects.toMatchObject({ code: 'stopped' })
  await use(f, 'target', 'three')
  askBack(f)

  const dying = new AbortController()
  const world = dyingAt(at, nth)
  const second = runMigration(f.process(world), dying.signal).catch(() => undefined)
  await Promise.race([second, until('the rollback', () => Promise.resolve(f.types().includes('rolled-back') || undefined))])
  dying.abort(stopped)
  await second

  const end = new AbortController()
  const third = runMigration(f.process(), end.signal)
  await until('the rollback to be finished or undone', () =>
    Promise.resolve(f.types().includes('rolled-back') || f.types().includes('rollback-undone') || undefined),
  )
  if (!f.types().includes('rolled-back')) {
    askBack(f)
    await until('the rollback', () => Promise.resolve(f.types().includes('rolled-back') || undefined))
  }
  moved(f)
  await unblocked(f, 'target')
  expect(f.documents('source')).toEqual(f.documents('target'))
  expect(await aliasesOf(f)).toEqual({ towns: { aliases: {} } })
  await use(f, 'source', 'four')
  await equalSoon(f, 'after the rollback')
  expect(blocked(f)).toBe(false)
  end.abort(stopped)
  await expect(third).rejects.toMatchObject({ code: 'stopped' })
}

test('a source that is followed for long leaves a short journal state and few manifests, and deletes of everything that was copied are still found', async () => {
  const f = await fakeMigration({ ...followed, docs: 12 })
  const stop = new AbortController()
  const m = f.process()
  const running = runMigration(m, stop.signal)
  await followsAs(f, 'first')
  for (let n = 0; n < 140; n++) {
    const rounds = (): number => m.memory.state.indices.get('cities')?.rounds.at(-1)?.round ?? 0
    const before = rounds()
    await f.write(`round ${n}`, n % 20)
    while (rounds() === before) await new Promise(setImmediate)
  }
  expect(f.types().filter(type => type === 'rounds-merged').length).toBeGreaterThanOrEqual(2)
  expect(m.memory.state.indices.get('cities')!.rounds.length).toBeLessThan(70)
  for (const n of [0, 5, 19]) await f.remove(n)
  ask(f)
  expect(await running).toMatchObject({ verdict: 'exact', indices: [{ deleted: { state: 'carried', carried: 3 } }] })
  expect(f.documents('target')).toEqual(f.documents('source'))
  // A process that reads the whole journal knows the same.
  expect(f.process().memory.state.indices).toEqual(m.memory.state.indices)
})

/** Cut over, and moved: what is written to the target goes to the source. */
async function cutOverTo(f: FakeMigration, stop: AbortController): Promise<{ readonly running: Promise<unknown> }> {
  ask(f)
  const running = runMigration(f.process(), stop.signal).catch((thrown: unknown) => thrown)
  await until('the cutover', () => Promise.resolve(f.types().includes('cut-over') || undefined))
  moved(f)
  await unblocked(f, 'source')
  return { running }
}

test.each(['seq-no', 'version'] as const)(
  'versions of an application above all of ours (versionFrom %s) do not keep what it writes later from being carried back, nor a rollback',
  async versionFrom => {
    const f = await fakeMigration({ ...both, task: { ...both.task, versionFrom } })
    const version = (n: number): string => `,"version":${1_790_000_000_000_000 + n},"version_type":"external"`
    await put(f.source.url, 'cities', 'ext', 'old', version(0))
    const stop = new AbortController()
    const { running } = await cutOverTo(f, stop)
    await put(f.target.url, 'towns', 'ext', 'new', version(9))
    await until('it to be on the source', () => Promise.resolve(f.documents('source').get('ext')?.includes('new') || undefined))
    await changed(f, 'rollback', 'with versions of the application')
    expect(f.documents('source')).toEqual(f.documents('target'))
    stop.abort(new ShardferryError('stopped', 'Stopped.'))
    expect(await running).toMatchObject({ code: 'stopped' })
  },
)

test('a manifest that is lost does not end following', async () => {
  const f = await fakeMigration({ ...followed, docs: 12 })
  const m = f.process()
  const running = runMigration(m, never)
  await followsAs(f, 'first')
  const rounds = (): number => m.memory.state.indices.get('cities')?.rounds.at(-1)?.round ?? 0
  for (let n = 0; n < 70; n++) {
    const before = rounds()
    await f.write(`round ${n}`, n % 5)
    while (rounds() === before) await new Promise(setImmediate)
    if (n !== 20) continue
    const folder = join(f.folder, 'manifests')
    const lost = readdirSync(folder).find(name => name.includes('.r1') && name.endsWith('.manifest'))!
    rmSync(join(folder, lost))
  }
  ask(f)
  expect(await running).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})
