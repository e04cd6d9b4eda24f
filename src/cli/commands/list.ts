import { migrationFolder } from '../../assemble.ts'
import { fold } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { migrationsIn } from '../../operate/state-folder.ts'
import { stateOf } from '../../operate/state.ts'
import type { State } from '../../operate/state.ts'
import type { MigrationSettings } from '../../settings/settings.ts'
import { lookOf, print } from '../output.ts'
import type { Look } from '../output.ts'
import { formatDocs } from '../view/numbers.ts'
import { paintLine } from '../view/paint.ts'
import { table } from '../view/table.ts'
import { words } from './status.ts'

interface Listed {
  readonly name: string
  readonly state: State
  readonly read: number
  readonly expectedDocs: number
}

/** `shardferry list`: the migrations of the state folder, and how each stands. */
export function list({ stateFolder }: MigrationSettings, { json }: { readonly json: boolean }): number {
  const listed = migrationsIn(stateFolder).map((name): Listed => {
    using journal = SqliteJournal.open(migrationFolder(stateFolder, name))
    const progress = journal.published()?.progress
    const state = stateOf(fold(journal.entries()), journal.isHeld(), progress)
    return { name, state, read: progress?.total.counts.read ?? 0, expectedDocs: progress?.total.expectedDocs ?? 0 }
  })
  print(json ? JSON.stringify(listed) : listText(listed, lookOf(process.stdout)))
  return 0
}

export function listText(listed: readonly Listed[], { colour, columns }: Look): string {
  if (listed.length === 0) return 'There are no migrations. Start one with: shardferry copy SOURCE TARGET'
  const titles = [
    { title: 'migration', side: 'left' },
    { title: 'state', side: 'left' },
    { title: 'read', side: 'right' },
    { title: 'of', side: 'right' },
  ] as const
  const rows = listed.map(({ name, state, read, expectedDocs }) => [
    name,
    words[state],
    formatDocs(read),
    formatDocs(expectedDocs),
  ])
  return table(titles, rows, 0)
    .map(line => paintLine(line, columns, colour))
    .join('\n')
}
