import { existsSync, readdirSync } from 'node:fs'
import { connect, migrationFolder } from '../assemble.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Settings } from '../settings/settings.ts'

/** Both clusters of a migration, closed at the end of the block that holds them. */
export interface Clusters extends AsyncDisposable {
  readonly source: Cluster
  readonly target: Cluster
}

export async function connectBoth(settings: Settings, signal: AbortSignal): Promise<Clusters> {
  const source = await connect(settings.source, signal)
  try {
    const target = await connect(settings.target, signal)
    return {
      source,
      target,
      [Symbol.asyncDispose]: async () => {
        await Promise.all([source.close(), target.close()])
      },
    }
  } catch (thrown) {
    await source.close()
    throw thrown
  }
}

/** The journal of a migration that exists. @throws ShardferryError `state-missing` */
export function openKnownJournal(
  stateFolder: string,
  name: string | undefined,
): { readonly journal: SqliteJournal; readonly folder: string; readonly name: string } {
  const chosen = name ?? onlyMigration(stateFolder)
  const folder = migrationFolder(stateFolder, chosen)
  if (!existsSync(`${folder}/journal.db`)) throw missing(stateFolder, chosen)
  return { journal: SqliteJournal.open(folder), folder, name: chosen }
}

function onlyMigration(stateFolder: string): string {
  const names = migrationsIn(stateFolder)
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

function migrationsIn(stateFolder: string): string[] {
  if (!existsSync(stateFolder)) return []
  return readdirSync(stateFolder).filter(name => existsSync(`${migrationFolder(stateFolder, name)}/journal.db`))
}
