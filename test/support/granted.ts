/** What `shardferry access grant` has left: names, and secrets in files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Environment, Ferry } from './shardferry.ts'
import type { User } from './site.ts'

export type Side = 'source' | 'target'
export const sides: readonly Side[] = ['source', 'target']

export function grantedName(migration: string, side: Side): string {
  return `shardferry-${migration}-${side === 'source' ? 'reader' : 'writer'}`
}

export function ferryUser(admin: Ferry, migration: string, side: Side): User {
  const username = grantedName(migration, side)
  return { username, password: secretsOf(admin, migration)[username] ?? '' }
}

/** The environment of one who logs in as what was granted. */
export function grantedUsers(admin: Ferry, migration: string, which: readonly Side[] = sides): Environment {
  return Object.fromEntries(
    which.flatMap(side => {
      const { username, password } = ferryUser(admin, migration, side)
      const prefix = `SHARDFERRY_${side.toUpperCase()}`
      return [
        [`${prefix}_USERNAME`, username],
        [`${prefix}_PASSWORD`, password],
      ]
    }),
  )
}

/** Secrets by name; each in a file that nobody else can read. */
export function secretsOf({ state }: Ferry, migration: string): Record<string, string> {
  const folder = join(state, migration, 'secrets')
  if (!existsSync(folder)) return {}
  expect((statSync(folder).mode & 0o777).toString(8)).toBe('700')
  return Object.fromEntries(
    readdirSync(folder).map(name => {
      expect((statSync(join(folder, name)).mode & 0o777).toString(8)).toBe('600')
      return [name, readFileSync(join(folder, name), 'utf8').trim()]
    }),
  )
}
