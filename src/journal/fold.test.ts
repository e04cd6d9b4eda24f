import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry, StoredEntry } from '../model/entries.ts'
import { entryTypes, fold, standingTypes } from './fold.ts'
import type { MigrationState } from './fold.ts'
import {
  cutoverConditions,
  cutoverFacts,
  holder,
  indexTask,
  mark,
  partition,
  plan,
  report,
  rollbackConditions,
  samplePartitions,
  settled,
  wholeMigration,
} from './sample-entries.test-part.ts'

function stored(entries: readonly Entry[]): StoredEntry[] {
  return entries.map((entry, at) => ({ number: at + 1, atMs: 1_000 * (at + 1), entry }))
}

function after(...entries: readonly Entry[]): MigrationState {
  return fold(stored(entries))
}

function settledIds(state: MigrationState): string[] {
  return [...state.indices.values()].flatMap(index => index.rounds.flatMap(round => [...round.settled.keys()]))
}

test('an empty journal is a migration that has not begun', () => {
  expect(after()).toMatchObject({ plan: undefined, startedAtMs: undefined, outcome: undefined, report: undefined, lastNumber: 0 })
})

test('what tells how a migration stands tells it without the entries that grow with what is moved', () => {
  const few = wholeMigration.filter(({ type }) => standingTypes.includes(type))
  expect(few.some(({ type }) => ['captured', 'round-opened', 'observed', 'settled'].includes(type))).toBe(false)
  const standing = (entries: readonly Entry[]): object => {
    const all = after(...entries)
    const grows = { indices: 0, steps: 0, created: 0, docsBefore: 0, submitted: 0, definitions: 0, lastNumber: 0, activeMs: 0 }
    return { ...all, ...grows, deletes: [...all.indices].flatMap(([index, { deletes }]) => (deletes ? [[index, deletes]] : [])) }
  }
  for (let end = 1; end <= wholeMigration.length; end++) {
    const entries = wholeMigration.slice(0, end)
    expect(standing(entries.filter(({ type }) => standingTypes.includes(type)))).toEqual(standing(entries))
  }
})

test('the plan is the one that was journaled, and the beginning is the first start', () => {
  const journaled = plan(indexTask('cities'))
  const state = after({ type: 'planned', plan: journaled }, { type: 'started', holder }, { type: 'started', holder })
  expect(state.plan).toEqual(journaled)
  expect(state.startedAtMs).toBe(2_000)
  expect(state.lastNumber).toBe(3)
})

test('another plan takes the place of one whose index the target refused to make, as long as nothing was copied', () => {
  const [first, second] = [plan(indexTask('cities')), plan(indexTask('cities', { target: 'towns' }))]
  const planned = (one: typeof first): Entry => ({ type: 'planned', plan: one })
  const started: Entry = { type: 'started', holder }
  const failed = (code: string): Entry => ({ type: 'failed', code, message: 'no', hint: undefined })
  expect(after(planned(first), planned(second)).plan).toEqual(first)
  expect(after(planned(first), started, failed('unavailable'), planned(second)).plan).toEqual(first)
  expect(after(planned(first), started, failed('metadata-refused'), planned(second)).plan).toEqual(second)
  expect(after(planned(first), started, failed('metadata-refused'), started, planned(second)).plan).toEqual(first)
})

test('a clock that is set back takes nothing from the time that runs were under way', () => {
  const entry = { type: 'round-closed', index: 'a', round: 0 } as const
  const atMs = [5_000, 9_000, 2_000, 3_000]
  const entries = [{ type: 'started', holder } as const, entry, entry, entry]
  expect(fold(entries.map((entry, i) => ({ number: i + 1, atMs: atMs[i]!, entry }))).activeMs).toBe(5_000)
})

test('a step is captured, applied and undone with the value that was captured', () => {
  const captured: Entry = { type: 'captured', step: 'tune', saved: { refresh_interval: '5s' } }
  const applied: Entry = { type: 'applied', step: 'tune' }
  const saved = { refresh_interval: '5s' }
  expect(after(captured).steps.get('tune')).toEqual({ saved, phase: 'captured' })
  expect(after(captured, applied).steps.get('tune')).toEqual({ saved, phase: 'applied' })
  expect(after(captured, applied, { type: 'undone', step: 'tune' }).steps.get('tune')).toEqual({ saved, phase: 'undone' })
})

test('the uuid of a created target is remembered by its source index', () => {
  expect(after({ type: 'created', index: 'cities', target: 'cities-v2', uuid: 'made' }).created.get('cities')).toBe('made')
})

test('a round has its marks, its partitions, what is settled of them, and is closed when that is journaled', () => {
  const [one, two] = [partition('cities', 0, 4), partition('cities', 5, 9)]
  const opened: Entry = { type: 'round-opened', index: 'cities', round: 0, shards: [mark(9)], partitions: [one, two] }
  const entries: Entry[] = [opened, { type: 'settled', settled: settled(two, { read: 5, written: 5 }) }]
  const [round] = after(...entries).indices.get('cities')?.rounds ?? []
  expect(round).toMatchObject({ round: 0, shards: [mark(9)], partitions: [one, two], closed: false })
  expect([...(round?.settled.keys() ?? [])]).toEqual([two.id])
  const closed = after(...entries, { type: 'round-closed', index: 'cities', round: 0 })
  expect(closed.indices.get('cities')?.rounds[0]?.closed).toBe(true)
})

test('documents that were set aside and written later count as written', () => {
  const one = partition('cities', 0, 9)
  const state = after(
    { type: 'round-opened', index: 'cities', round: 0, shards: [mark(9)], partitions: [one] },
    { type: 'settled', settled: settled(one, { read: 10, written: 4, setAside: 6 }) },
    { type: 'retried', partition: one.id, index: 'cities', written: 3, alreadyNewer: 1, remaining: 2 },
  )
  expect(state.indices.get('cities')?.rounds[0]?.settled.get(one.id)?.counts).toMatchObject({
    read: 10,
    written: 7,
    alreadyNewer: 1,
    setAside: 2,
  })
})

test('what was asked holds: pause until resume, throttle until another, cancel until the next start', () => {
  const pause: Entry = { type: 'asked', ask: { what: 'pause', reason: 'backup' } }
  expect(after(pause).paused).toBe('backup')
  expect(after(pause, { type: 'asked', ask: { what: 'resume' } }).paused).toBeUndefined()
  const throttled = after(
    { type: 'asked', ask: { what: 'throttle', width: 2 } },
    { type: 'asked', ask: { what: 'throttle', docsPerSecond: 50 } },
    { type: 'asked', ask: { what: 'throttle', windows: ['22:00-06:00'] } },
    { type: 'started', holder },
  )
  expect(throttled.throttle).toEqual({ width: 2, docsPerSecond: 50, windows: ['22:00-06:00'] })
  const cancel: Entry = { type: 'asked', ask: { what: 'cancel' } }
  expect(after(cancel).cancelled).toBe(true)
  expect(after(cancel, { type: 'started', holder }).cancelled).toBe(false)
})

test('the last outcome counts, and a start leaves none', () => {
  expect(after({ type: 'stopped', reason: 'Ctrl-C' }).outcome).toEqual({ kind: 'stopped', reason: 'Ctrl-C' })
  const failed: Entry = { type: 'failed', code: 'overloaded', message: 'full', hint: undefined }
  expect(after(failed).outcome).toEqual({ kind: 'failed', code: 'overloaded', message: 'full', hint: undefined })
  expect(after(failed, { type: 'started', holder }).outcome).toBeUndefined()
  const finished = after({ type: 'finished', report })
  expect([finished.outcome, finished.report]).toEqual([{ kind: 'finished' }, report])
  expect(after({ type: 'finished', report }, { type: 'completed' }).outcome).toEqual({ kind: 'completed' })
})

test('the sample migration has an entry of every type, and ends as it says', () => {
  expect(new Set(wholeMigration.map(entry => entry.type))).toEqual(new Set(entryTypes))
  const state = after(...wholeMigration)
  expect(settledIds(state).toSorted()).toEqual(
    Object.values(samplePartitions)
      .map(one => one.id)
      .toSorted(),
  )
  expect(state.outcome).toEqual({ kind: 'completed' })
  expect(state.steps.get('tune:cities')?.phase).toBe('undone')
  expect(state).toMatchObject({ switches: 2, held: true, cutover: { phase: 'none' } })
})

test('a change of direction is asked for, begun, and made or undone; an ask that does not fit changes nothing', () => {
  const ask = (what: 'cutover' | 'rollback'): Entry => ({
    type: 'asked',
    ask: what === 'cutover' ? { what, conditions: cutoverConditions } : { what, conditions: rollbackConditions },
  })
  const phases = (...entries: readonly Entry[]): unknown => after(...entries).cutover.phase
  const done: Entry = { type: 'cut-over', facts: cutoverFacts, wayBack: true }
  expect(phases(ask('rollback'))).toBe('none')
  expect(phases(ask('cutover'))).toBe('asked')
  expect(phases(ask('cutover'), { type: 'cutover-begun' })).toBe('begun')
  expect(phases(ask('cutover'), { type: 'cutover-undone', reason: 'late' })).toBe('none')
  expect(phases(ask('cutover'), { type: 'cutover-begun' }, done)).toBe('done')
  expect(phases(done, ask('cutover'))).toBe('done')
  expect(phases(done, ask('rollback'))).toBe('rollback-asked')
  expect(phases(done, ask('rollback'), { type: 'rollback-begun' })).toBe('rollback-begun')
  expect(phases(done, ask('rollback'), { type: 'rollback-begun' }, { type: 'rollback-undone', reason: 'late' })).toBe('done')
  expect(after(done)).toMatchObject({ held: true, switches: 1 })
  // A run that ended before it began with it takes what was asked along.
  expect(phases(ask('cutover'), { type: 'started', holder })).toBe('none')
  expect(phases(done, ask('rollback'), { type: 'started', holder })).toBe('done')
  expect(phases(ask('cutover'), { type: 'cutover-begun' }, { type: 'started', holder })).toBe('begun')
})

test('that applications have moved counts for the change of direction that it was said of, and for no later one', () => {
  const moved = (switches: number): Entry => ({ type: 'asked', ask: { what: 'moved', switches } })
  const done: Entry = { type: 'cut-over', facts: cutoverFacts, wayBack: true }
  const back: Entry = { type: 'rolled-back', facts: cutoverFacts }
  expect(after(done, moved(1))).toMatchObject({ held: false, switches: 1 })
  expect(after(done, back, moved(1))).toMatchObject({ held: true, switches: 2 })
  expect(after(done, back, moved(1), moved(2))).toMatchObject({ held: false, switches: 2 })
})

test('a rollback takes back that a migration is finished: what the cutover did on the target is undone', () => {
  const cutOver = wholeMigration.filter(({ type }) => type === 'cut-over')
  expect(after(...cutOver, { type: 'finished', report }).outcome).toEqual({ kind: 'finished' })
  const back: Entry = { type: 'rolled-back', facts: cutoverFacts }
  expect(after(...cutOver, { type: 'finished', report }, back)).toMatchObject({ outcome: undefined, report })
})

test('a journal cut at any entry folds, and what was settled or captured before the cut stays so after it', () => {
  let before = after()
  for (let cut = 1; cut <= wholeMigration.length; cut++) {
    const now = after(...wholeMigration.slice(0, cut))
    expect(settledIds(now)).toEqual(expect.arrayContaining(settledIds(before)))
    for (const [step, { saved }] of before.steps) expect(now.steps.get(step)?.saved).toEqual(saved)
    for (const [index, uuid] of before.created) expect(now.created.get(index)).toBe(uuid)
    before = now
  }
})

test('entries in any order and any number fold without a fault, one by one as well as at once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...wholeMigration), { maxLength: 40 }), entries => {
      const state = after(...entries)
      expect(state.lastNumber).toBe(entries.length)
      const opened = new Set(entries.flatMap(entry => (entry.type === 'round-opened' ? entry.partitions.map(one => one.id) : [])))
      for (const id of settledIds(state)) expect(opened.has(id)).toBe(true)
    }),
  )
})

test('how far deletes are carried over stands in the state, until a document is written that may have been deleted before', () => {
  const partition = samplePartitions.first
  const carried = { type: 'deletes-carried', index: 'cities', by: 'manifest', shards: [mark(19)], carried: 2, kept: 0 } as const
  const retried = { type: 'retried', partition: partition.id, index: 'cities', alreadyNewer: 0, remaining: 0 } as const
  expect(after(carried).indices.get('cities')?.deletes).toMatchObject({ by: 'manifest', carried: 2, shards: [mark(19)] })
  expect(after(carried, { ...carried, carried: 3 }).indices.get('cities')?.deletes?.carried).toBe(3)
  expect(after(carried, { ...retried, written: 0 }).indices.get('cities')?.deletes?.carried).toBe(2)
  expect(after(carried, { ...retried, written: 1 }).indices.get('cities')?.deletes).toBeUndefined()
})
