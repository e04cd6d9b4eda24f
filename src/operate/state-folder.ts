import { existsSync, readdirSync } from 'node:fs'
import { migrationFolder } from '../assemble.ts'

/** The names of the migrations that a state folder holds. */
export function migrationsIn(stateFolder: string): string[] {
  if (!existsSync(stateFolder)) return []
  return readdirSync(stateFolder).filter(
    // What starts with a dot is the server's own.
    name => !name.startsWith('.') && existsSync(`${migrationFolder(stateFolder, name)}/journal.db`),
  )
}
