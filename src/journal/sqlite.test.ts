import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fold } from './fold.ts'
import { holder, wholeMigration } from './sample-entries.test-part.ts'
import { SqliteJournal } from './sqlite.ts'

let folder: string
const children = new Set<Child>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  rmSync(folder, { recursive: true, force: true })
})

type Child = ChildProcessByStdio<null, Readable, null>

/** Runs a script in a process of its own; `journal` and `say` are there. */
function otherProcess(script: string, launch: { readonly limitKb?: number } = {}): Child {
  const code = `
    import { SqliteJournal } from ${JSON.stringify(new URL('sqlite.ts', import.meta.url).href)}
    const say = line => process.stdout.write(JSON.stringify(line) + '\\n')
    process.on('SIGXFSZ', () => {})
    const journal = SqliteJournal.open(${JSON.stringify(folder)})
    ${script}`
  const node = [process.execPath, '--no-warnings', '--input-type=module', '-e', code]
  const [program, ...args] =
    launch.limitKb === undefined ? node : ['bash', '-c', `ulimit -f ${launch.limitKb}; exec "$@"`, 'bash', ...node]
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  return child
}

async function firstLine(child: Child): Promise<unknown> {
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error('the process said nothing')
}

/** Waits for the script's end and gives what it said. */
async function said(child: Child): Promise<unknown[]> {
  const lines: unknown[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line))
  return lines
}

function failure(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

test('entries come back whole, in order and numbered without gaps, also after the journal was opened anew', () => {
  {
    using journal = SqliteJournal.open(folder)
    for (const entry of wholeMigration.slice(0, 10)) journal.append(entry)
  }
  using journal = SqliteJournal.open(folder)
  for (const entry of wholeMigration.slice(10)) journal.append(entry)
  const entries = [...journal.entries()]
  expect(entries.map(({ entry }) => entry)).toEqual(wholeMigration)
  expect(entries.map(({ number }) => number)).toEqual(wholeMigration.map((_, at) => at + 1))
  expect([...journal.entries(24)].map(({ number }) => number)).toEqual(entries.slice(24).map(({ number }) => number))
  expect([...journal.entries(0, ['stopped', 'failed'])].map(({ entry }) => entry.type)).toEqual(['stopped', 'failed'])
})

test('two openings of one journal see each other’s entries', () => {
  using one = SqliteJournal.open(folder)
  using other = SqliteJournal.open(folder)
  one.append({ type: 'stopped', reason: 'one' })
  other.append({ type: 'stopped', reason: 'other' })
  expect([...one.entries()]).toEqual([...other.entries()])
  expect([...one.entries()].length).toBe(2)
})

test('an entry is there after a kill -9 once append has returned', async () => {
  const child = otherProcess(`
    for (let i = 0; ; i++) { journal.append({ type: 'stopped', reason: String(i) }); say(i) }`)
  let last = -1
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as number
    if (last === 50) child.kill('SIGKILL')
  }
  using journal = SqliteJournal.open(folder)
  const reasons = [...journal.entries()].map(({ entry }) => (entry.type === 'stopped' ? entry.reason : ''))
  expect(reasons.length).toBeGreaterThanOrEqual(last + 1)
  expect(reasons).toEqual(reasons.map((_, i) => String(i)))
})

test('processes that open a new journal at the same time all get it', async () => {
  const openers = Array.from({ length: 4 }, (_, i) =>
    otherProcess(`journal.append({ type: 'stopped', reason: '${i}' }); journal.close(); say('done')`),
  )
  expect(await Promise.all(openers.map(said))).toEqual(openers.map(() => ['done']))
  using journal = SqliteJournal.open(folder)
  expect([...journal.entries()].length).toBe(4)
})

test('a second hold is refused, names the holder, and changes nothing', () => {
  using first = SqliteJournal.open(folder)
  using second = SqliteJournal.open(folder)
  expect(second.isHeld()).toBe(false)
  first.hold(holder)
  expect(second.isHeld()).toBe(true)
  expect(failure(() => second.hold({ ...holder, pid: 99 }))).toMatchObject({
    code: 'state-held',
    message: expect.stringContaining('by process 4711 on mover-1, since 20') as string,
  })
  second.append({ type: 'asked', ask: { what: 'pause', reason: 'asks need no hold' } })
  expect([...first.entries()].map(({ entry }) => entry.type)).toEqual(['started', 'asked'])
  first.close()
  second.hold(holder)
  expect(second.isHeld()).toBe(true)
})

test('a lock keeps others out before anything is journaled, and the hold of the same process comes on top', () => {
  using first = SqliteJournal.open(folder)
  using second = SqliteJournal.open(folder)
  first.lock(holder)
  expect(failure(() => second.lock({ ...holder, pid: 99 }))).toMatchObject({
    code: 'state-held',
    message: expect.stringContaining('by process 4711 on mover-1') as string,
  })
  expect([...first.entries()]).toEqual([])
  first.hold(holder)
  expect([...first.entries()].map(({ entry }) => entry.type)).toEqual(['started'])
})

test('a hold of another process is respected, and free again when that process is killed', async () => {
  const child = otherProcess(`
    journal.hold({ pid: process.pid, host: 'elsewhere', version: '0.1.0' })
    say('held')
    setInterval(() => journal, 1000)`)
  expect(await firstLine(child)).toBe('held')
  using journal = SqliteJournal.open(folder)
  expect(journal.isHeld()).toBe(true)
  expect(failure(() => journal.hold(holder))).toMatchObject({
    code: 'state-held',
    message: expect.stringContaining(`process ${child.pid} on elsewhere`) as string,
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(journal.isHeld()).toBe(false)
  journal.hold(holder)
  expect([...journal.entries()].map(({ entry }) => entry.type)).toEqual(['started', 'started'])
})

test('a folder written by a newer version is refused and left as it is', () => {
  SqliteJournal.open(folder).close()
  using db = new DatabaseSync(join(folder, 'journal.db'))
  db.exec('PRAGMA user_version = 7')
  expect(failure(() => SqliteJournal.open(folder))).toMatchObject({
    code: 'state-version',
    message: expect.stringContaining('schema 7') as string,
  })
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 7 })
})

test.each([
  ['a file stands where the folder should be', () => writeFileSync(join(folder, 'state'), '')],
  ['a folder stands where the journal should be', () => mkdirSync(join(folder, 'state', 'journal.db'), { recursive: true })],
  [
    'a foreign file stands where the journal should be',
    () => {
      mkdirSync(join(folder, 'state'))
      writeFileSync(join(folder, 'state', 'journal.db'), 'no database'.repeat(100))
    },
  ],
])('where %s, the folder is said to be unusable', (_, make) => {
  make()
  expect(failure(() => SqliteJournal.open(join(folder, 'state')))).toMatchObject({
    code: 'state-unwritable',
    message: expect.stringContaining(join(folder, 'state')) as string,
    hint: expect.any(String) as string,
  })
})

test('where nothing more can be written the run stops with a reason, and every entry that was appended is kept', async () => {
  const child = otherProcess(
    `
    let appended = 0
    try {
      for (; appended < 10000; appended++) journal.append({ type: 'stopped', reason: 'x'.repeat(1000) })
    } catch (error) {
      say({ code: error.code, message: error.message, hint: error.hint, appended })
    }`,
    { limitKb: 256 },
  )
  const [told] = (await said(child)) as { code: string; message: string; hint: string; appended: number }[]
  expect(told).toMatchObject({
    code: 'state-unwritable',
    message: expect.stringContaining('full') as string,
    hint: expect.stringContaining('nothing is lost') as string,
  })
  expect(told?.appended).toBeGreaterThan(10)
  using journal = SqliteJournal.open(folder)
  expect([...journal.entries()].length).toBe(told?.appended)
  journal.append({ type: 'stopped', reason: 'there is room again' })
})

test('what is published for other terminals is the latest, and no part of the memory', () => {
  using journal = SqliteJournal.open(folder)
  using other = SqliteJournal.open(folder)
  expect(other.published()).toBeUndefined()
  const progress = { name: 'sample', phase: 'copying' } as Parameters<SqliteJournal['publish']>[0]
  journal.publish(progress)
  journal.publish({ ...progress, phase: 'done' })
  expect(other.published()?.progress).toEqual({ name: 'sample', phase: 'done' })
  expect(fold(journal.entries()).lastNumber).toBe(0)
})
