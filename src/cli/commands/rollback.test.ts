import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ferryOf } from '../../../test/support/shardferry.ts'
import { siteAt } from '../../../test/support/site.ts'
import { cutoverFacts, indexTask, plan } from '../../journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { never } from '../../flow/virtual-world.test-part.ts'
import type { Entry } from '../../model/entries.ts'
import type { Settings } from '../../settings/settings.ts'
import { confirmed } from '../confirm.ts'
import { rollback } from './rollback.ts'

vi.mock('../confirm.ts', () => ({ confirmed: vi.fn<typeof confirmed>() }))

const nowhere = 'http://127.0.0.1:9'

function migrationOf(...entries: readonly Entry[]): { state: string; run: ReturnType<typeof ferryOf>['run']; folder: string } {
  const ferry = ferryOf({ source: siteAt('source', [nowhere]), target: siteAt('target', [nowhere]) })
  const folder = join(ferry.state, 'm')
  using journal = SqliteJournal.open(folder)
  const made: Entry[] = [
    { type: 'planned', plan: plan(indexTask('cities', { target: 'towns' })) },
    { type: 'captured', step: 'create-index/towns', saved: null },
    { type: 'applied', step: 'create-index/towns' },
  ]
  for (const entry of [...made, ...entries]) journal.append(entry)
  return { state: ferry.state, run: ferry.run.bind(ferry), folder }
}

function typesIn(folder: string): string[] {
  using journal = SqliteJournal.open(folder)
  return [...journal.entries()].map(({ entry }) => entry.type)
}

const options = {
  dryRun: false,
  yes: false,
  postpone: false,
  hook: undefined,
  moved: false,
  json: true,
  conditions: { maxLagMs: 1_000, maxBlockMs: 1_000, acceptDifferences: false },
}

test('a migration that is cut over while a person is asked loses nothing of what was made', async () => {
  const { state, folder } = migrationOf()
  vi.mocked(confirmed).mockImplementation(() => {
    using journal = SqliteJournal.open(folder)
    journal.append({ type: 'cut-over', facts: cutoverFacts, wayBack: true })
    return Promise.resolve(true)
  })
  const settings = { stateFolder: state, name: 'm', nameGiven: true } as Settings
  await expect(rollback(settings, options, never)).rejects.toMatchObject({
    code: 'state-other',
    message: expect.stringContaining('was cut over meanwhile') as string,
  })
  expect(typesIn(folder).slice(-2)).toEqual(['applied', 'cut-over'])
})

test('once a migration was rolled back after a cutover, another rollback takes nothing away from the target', async () => {
  const there: Entry[] = [
    { type: 'cut-over', facts: cutoverFacts, wayBack: true },
    { type: 'rolled-back', facts: cutoverFacts },
  ]
  const { run, folder } = migrationOf(...there)
  expect(await run(['rollback', '--yes'])).toMatchObject({
    code: 9,
    stderr: expect.stringContaining('what was made on the target stays') as string,
  })
  expect(typesIn(folder).at(-1)).toBe('rolled-back')
})
