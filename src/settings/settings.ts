import type { ConnectionSettings } from '../model/connection.ts'
import type { Selection } from '../model/selection.ts'
import type { SettingValue } from './table.ts'

/** Everything a person set, checked, resolved and frozen: files are read, secrets are values, sizes are bytes, times milliseconds. */
export interface Settings extends MigrationSettings {
  readonly name: string
  readonly source: ConnectionSettings
  readonly target: ConnectionSettings
  readonly selection: Selection
  readonly copy: CopySettings
  /** What a person should be told before anything runs, such as that TLS verification is off. */
  readonly warnings: readonly string[]
}

/** What a command needs that speaks to no cluster: status, pause, cancel. */
export interface MigrationSettings {
  /** Undefined where it is not given and the addresses that would make it are not given either. */
  readonly name: string | undefined
  /** Whether somebody gave it; else it is made of the addresses, and may be none that exists. */
  readonly nameGiven: boolean
  readonly stateFolder: string
  readonly logLevel: SettingValue<'logLevel'>
}

export interface CopySettings {
  readonly intoExisting: boolean
  readonly versionFrom: SettingValue<'versionFrom'>
  readonly readBy: SettingValue<'readBy'>
  /** 2 to 1024; undefined: chosen by the plan. */
  readonly slices?: number
  readonly engine: SettingValue<'engine'>
  readonly partitionField?: string
  /** The source as the target's nodes know it, with its port. */
  readonly remoteHost?: string
  /** The target's node that gets `_reindex` requests. */
  readonly reindexNode?: string
  readonly deletes: SettingValue<'deletes'>
  readonly unknownTypes: SettingValue<'unknownTypes'>
  readonly width: number
  readonly readers: number
  readonly partitionDocs: number
  readonly partitionBytes: number
  readonly pageBytes: number
  /** 0: unlimited. */
  readonly docsPerSecond: number
  readonly bytesPerSecond: number
  /** Whether both clusters are watched. */
  readonly protect: boolean
  /** 0: any. */
  readonly maxLoad: number
  /** None: always. */
  readonly windows: readonly string[]
  readonly pauseFile?: string
  readonly maxSetAside: number
  readonly catchUpRounds: number
  readonly follow: boolean
  readonly followBack: boolean
  readonly tune: boolean
}
