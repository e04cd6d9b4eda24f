import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fold } from '../journal/fold.ts'
import { report } from '../journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import type { Entry } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import { whileHolding } from './while-holding.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const finished: Entry = { type: 'finished', report }
const started: Entry = { type: 'started', holder: { pid: 1, host: 'h', version: 'v' } }

function journalOf(...entries: readonly Entry[]): SqliteJournal {
  const journal = SqliteJournal.open(folder)
  for (const entry of entries) journal.append(entry)
  return journal
}

test.each<[how: string, entries: readonly Entry[]]>([
  ['done', [finished]],
  ['completed', [finished, { type: 'completed' }]],
  ['stopped', [{ type: 'stopped', reason: 'Ctrl-C' }]],
  [
    'cancelled',
    [
      { type: 'asked', ask: { what: 'cancel' } },
      { type: 'stopped', reason: 'cancel' },
    ],
  ],
  ['failed', [{ type: 'failed', code: 'unreachable', message: 'm', hint: 'h' }]],
  ['interrupted', []],
])('a migration that was %s is so again when it is let go', async (_, entries) => {
  using journal = journalOf(started, ...entries)
  const before = fold(journal.entries())
  const held = await whileHolding(journal, () => {
    expect(fold(journal.entries()).outcome).toBeUndefined()
    return Promise.resolve('held')
  })
  expect(held).toBe('held')
  expect(fold(journal.entries())).toMatchObject({ cancelled: before.cancelled })
  expect(fold(journal.entries()).outcome).toEqual(before.outcome)
  expect(fold(journal.entries()).report).toEqual(before.report)
})

test('what fails meanwhile stands in the journal as a run that failed, but for what the state folder itself forbids', async () => {
  using journal = journalOf(started, finished)
  const failing = (error: ShardferryError) =>
    whileHolding(journal, () => {
      throw error
    })
  await expect(failing(new ShardferryError('state-other', 'Another cluster.'))).rejects.toMatchObject({ code: 'state-other' })
  expect(fold(journal.entries()).outcome).toEqual({ kind: 'finished' })
  await expect(failing(new ShardferryError('unreachable', 'Gone.', { hint: 'h' }))).rejects.toMatchObject({ message: 'Gone.' })
  expect(fold(journal.entries()).outcome).toEqual({ kind: 'failed', code: 'unreachable', message: 'Gone.', hint: 'h' })
})
