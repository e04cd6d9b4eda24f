import type { ConnectionSettings, Side } from '../../model/connection.ts'
import type { Plan } from '../../model/plan.ts'
import { Secret } from '../../model/secret.ts'
import { loadSettings } from '../../settings/load.ts'
import type { Settings } from '../../settings/settings.ts'
import type { Connections, GivenConnection } from './connections.ts'

/** A migration as it was asked for; kept in its folder, so that the server goes on with it after a restart. */
export interface AskedMigration {
  /** The name of a connection, or how the cluster is reached. */
  readonly source: string | GivenConnection
  readonly target: string | GivenConnection
  /** By the keys of the settings file: what is selected, and how it is copied. */
  readonly settings: Readonly<Record<string, unknown>>
  /** To be run as it stands; without one it is made from the settings. */
  readonly plan?: Plan | undefined
}

const secrets = ['password', 'apiKey', 'bearer', 'key'] as const

/**
 * What a migration that was asked for works with. No file, environment variable or terminal is asked.
 * @throws ShardferryError `settings-invalid`, naming settings by their keys
 */
export async function settingsOf(
  asked: AskedMigration,
  connections: Connections,
  stateFolder: string,
  signal: AbortSignal,
): Promise<Settings> {
  const flags: Record<string, unknown> = { ...asked.settings, state: stateFolder }
  const resolved: Partial<Record<Side, ConnectionSettings>> = {}
  for (const side of ['source', 'target'] as const) {
    const one = typeof asked[side] === 'string' ? connections.named(asked[side]) : asked[side]
    if ('addresses' in one) {
      resolved[side] = { ...one, side }
      flags[`${side}.url`] = one.addresses
    } else for (const [key, value] of Object.entries(one)) flags[`${side}.${key}`] = asGiven(key, value)
  }
  if (asked.plan) flags['name'] = asked.plan.name
  const settings = await loadSettings({ file: false, flags, byKey: true, env: {}, ask: false }, signal)
  return { ...settings, ...resolved }
}

function asGiven(key: string, value: unknown): unknown {
  return secrets.some(secret => secret === key) && typeof value === 'string' ? new Secret(value) : value
}
