import { migrationFolder } from '../assemble.ts'
import { fold } from '../journal/fold.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Side } from '../model/connection.ts'
import type { Clusters } from '../operate/clusters.ts'
import { migrationsIn } from '../operate/state-folder.ts'
import type { Remembered } from '../settings/load.ts'
import type { MigrationSettings, Settings } from '../settings/settings.ts'

/** The journal of a migration that exists. @throws ShardferryError `state-missing` */
export function openKnownJournal(settings: MigrationSettings): {
  readonly journal: SqliteJournal
  readonly folder: string
  readonly name: string
} {
  const name = knownName(settings)
  if (!settings.nameGiven && settings.name !== undefined && name !== settings.name) sayTheOnlyOne(settings, name)
  const folder = migrationFolder(settings.stateFolder, name)
  return { journal: SqliteJournal.open(folder), folder, name }
}

/** On standard error, as standard output may be for machines. */
function sayTheOnlyOne({ stateFolder }: MigrationSettings, name: string): void {
  process.stderr.write(`Migration ${name}: the only one in ${stateFolder}.\n`)
}

/** Where the migration that is meant moves from and to; undefined where none is named and there is none. @throws as `knownName` */
export function rememberedAddresses(settings: MigrationSettings): Remembered | undefined {
  if (!settings.nameGiven && migrationsIn(settings.stateFolder).length === 0) return undefined
  using journal = SqliteJournal.open(migrationFolder(settings.stateFolder, knownName(settings)))
  const { plan } = fold(journal.entries())
  return plan && { sourceUrl: plan.source.address, targetUrl: plan.target.address }
}

/**
 * The name of what is compared. Two clusters may be compared that no migration knows, so the only one there is counts where
 * it is theirs, and nothing else was selected.
 */
export function comparedName(settings: Settings, { source, target }: Pick<Clusters, Side>): string {
  const { stateFolder, name, nameGiven, selection } = settings
  const names = migrationsIn(stateFolder)
  const [only] = names
  if (nameGiven || only === undefined || names.length > 1 || only === name) return name
  using journal = SqliteJournal.open(migrationFolder(stateFolder, only))
  const { plan } = fold(journal.entries())
  const theirs =
    plan?.source.clusterUuid === source.identity.clusterUuid && plan.target.clusterUuid === target.identity.clusterUuid
  const selected = selection.patterns.join(',')
  if (!plan || !theirs || (selected !== '*' && selected !== plan.patterns.join(','))) return name
  sayTheOnlyOne(settings, only)
  return only
}

/**
 * The migration that is meant: the one that is named; or, where none is, the one that the addresses make, if there is such
 * a one, and else the only one there is. @throws ShardferryError `state-missing`
 */
export function knownName({ stateFolder, name, nameGiven }: MigrationSettings): string {
  const names = migrationsIn(stateFolder)
  if (name !== undefined && (nameGiven || names.includes(name))) {
    if (!names.includes(name)) throw missing(stateFolder, name)
    return name
  }
  if (names.length === 1) return names[0]!
  if (names.length === 0) throw missing(stateFolder, undefined)
  throw new ShardferryError('state-missing', `There are ${names.length} migrations in ${stateFolder}: ${names.join(', ')}.`, {
    hint: 'Say which: --name NAME.',
  })
}

function missing(stateFolder: string, name: string | undefined): ShardferryError {
  const names = migrationsIn(stateFolder)
  return new ShardferryError(
    'state-missing',
    `There is no migration${name === undefined ? '' : ` named ${name}`} in ${stateFolder}.`,
    {
      hint:
        names.length > 0
          ? `There are: ${names.join(', ')}. Say which with --name.`
          : 'Start one with: shardferry copy SOURCE TARGET. Another state folder is given with --state.',
    },
  )
}
