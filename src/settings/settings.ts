import type { ConnectionSettings } from '../model/connection.ts'
import type { JsonObject } from '../model/plan.ts'
import type { SettingValue } from './table.ts'

/** Everything a person set, checked, resolved and frozen: files are read, secrets are values, sizes are bytes, times milliseconds. */
export interface Settings extends MigrationSettings {
  readonly name: string
  readonly source: ConnectionSettings
  readonly target: ConnectionSettings
  readonly selection: SelectionSettings
  readonly copy: CopySettings
  /** What a person should be told before anything runs, such as that TLS verification is off. */
  readonly warnings: readonly string[]
}

/** What a command needs that speaks to no cluster: status, pause, cancel. */
export interface MigrationSettings {
  /** Undefined where it is not given and the addresses that would make it are not given either. */
  readonly name: string | undefined
  readonly stateFolder: string
  readonly logLevel: SettingValue<'logLevel'>
}

export interface SelectionSettings {
  /** Names and patterns; a leading `-` leaves out what an earlier one took in. The first one always takes in. */
  readonly patterns: readonly string[]
  readonly includeSystem: boolean
  /** A name with `{index}` in it; a plain name only where `patterns` is one name without wildcards. */
  readonly rename?: string
  /** Old name to new name; goes before `rename`. */
  readonly renames: Readonly<Record<string, string>>
  /** Query DSL by source index; goes before `query`. */
  readonly filters: Readonly<Record<string, JsonObject>>
  readonly query?: JsonObject
}

export interface CopySettings {
  readonly intoExisting: boolean
  readonly versionFrom: SettingValue<'versionFrom'>
  readonly readBy: SettingValue<'readBy'>
  /** 2 to 1024; undefined: chosen by the plan. */
  readonly slices?: number
  readonly width: number
  readonly readers: number
  readonly partitionDocs: number
  readonly partitionBytes: number
  readonly pageBytes: number
  /** 0: unlimited. */
  readonly docsPerSecond: number
  readonly maxSetAside: number
  readonly catchUpRounds: number
  readonly tune: boolean
}
