import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { cutoverConditions, holder, wholeMigration } from '../journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import type { Entry } from '../model/entries.ts'
import { changeDirection } from './change-direction.ts'

/** Asks for a cutover, which runs answer, one of which always holds the journal. */
async function asked(...answer: readonly Entry[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  using run = SqliteJournal.open(folder)
  using asking = SqliteJournal.open(folder)
  run.hold(holder)
  const cutover = { what: 'cutover', conditions: cutoverConditions } as const
  const options = { dryRun: false, yes: true, postpone: false, hook: undefined, moved: false, json: true }
  const change = { what: 'cutover', ask: cutover, steps: [], conditions: () => Promise.resolve([]), told: () => '' } as const
  const ended = changeDirection(asking, 'm', change, options, AbortSignal.timeout(10_000))
  const caught = ended.catch((thrown: unknown) => thrown)
  while ([...run.entries(0, ['asked'])].length === 0) await sleep(5)
  for (const entry of answer) run.append(entry)
  const outcome = await caught
  if (outcome instanceof Error) throw outcome
  return outcome as number
}

const cutOver = wholeMigration.filter(({ type }) => type === 'cut-over')
const started: Entry = { type: 'started', holder }

test('a run that is started anew before anybody notices that it ended does not keep the person waiting for what it will not do', async () => {
  await expect(asked(started)).rejects.toMatchObject({ code: 'stopped' })
})

test('what the run before had begun is waited for: the next one undoes it or finishes it', async () => {
  await expect(
    asked({ type: 'cutover-begun' }, started, { type: 'cutover-undone', reason: 'It ended in the middle.' }),
  ).rejects.toMatchObject({ code: 'cutover-failed', message: 'The cutover was not made: It ended in the middle.' })
  expect(await asked({ type: 'cutover-begun' }, started, ...cutOver)).toBe(0)
})
