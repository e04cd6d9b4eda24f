import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ConnectionSettings, Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { metadataParts } from '../model/plan.ts'
import type { JsonObject } from '../model/plan.ts'
import type { Role } from '../model/role.ts'
import { Secret } from '../model/secret.ts'
import type { Selection } from '../model/selection.ts'
import { defaultName } from './addresses.ts'
import { addressesOf, connectionSettings, connectionWarnings } from './connection-settings.ts'
import type { SideSettings } from './connection-settings.ts'
import { gather } from './given.ts'
import type { Given } from './given.ts'
import { rowSchema } from './schema.ts'
import { parseSecretRef, resolveSecret, secretHint, terminalAsk } from './secret-ref.ts'
import type { AskSecret } from './secret-ref.ts'
import { pemFile, safelyServed } from './serve-settings.ts'
import type { RemoteSettings, ServeSettings } from './serve-settings.ts'
import { readSettingsFile } from './settings-file.ts'
import type { MigrationSettings, Settings } from './settings.ts'
import type { ConnectionKey, GeneralKey, SettingValue } from './table.ts'

export const defaultFile = 'shardferry.yaml'

/** Where settings come from. Flags go before the environment, that before the file, that before the defaults. */
export interface SettingsRequest {
  /** As given with --config; where it is not, SHARDFERRY_CONFIG, then `shardferry.yaml` where that exists; false: none is read. */
  readonly file?: string | false | undefined
  /** By setting key (`source.username`); `flagsOf` reads them from a command. A secret may be there itself, as a Secret. */
  readonly flags: Readonly<Record<string, unknown>>
  /** They were not typed as flags: messages name settings by their keys. */
  readonly byKey?: boolean
  readonly env: NodeJS.ProcessEnv
  /** The command's positional arguments: stronger than every flag. */
  readonly sourceUrl?: string | undefined
  readonly targetUrl?: string | undefined
  /** What relative paths start from; the process's own folder where it is not given. */
  readonly folder?: string
  /** Asks a person for a secret; on the process's terminal where it is not given; false: nobody is there. */
  readonly ask?: AskSecret | false
  /** The addresses of the migration that is meant, where it exists: for those that are given nowhere. */
  readonly remembered?: (migration: MigrationSettings) => Remembered | undefined
}

export interface Remembered {
  readonly sourceUrl: string
  readonly targetUrl: string
}

/**
 * The one value that a command works with: validated, files read, secrets resolved (asked for, last of all), frozen.
 * @throws ShardferryError `settings-invalid` with every problem and its place, `secret-missing`, `stopped`
 */
export async function loadSettings(request: SettingsRequest, signal?: AbortSignal): Promise<Settings> {
  const validated = await validate(request)
  const migration = migrationSettings(validated)
  const missing = (['source', 'target'] as const).filter(side => validated.connectionValue(side, 'url') === undefined)
  const known = missing.length > 0 ? request.remembered?.(migration) : undefined
  if (known) {
    const urls = Object.fromEntries(missing.map(side => [`${side}Url`, known[`${side}Url`]]))
    const { remembered: _, ...rest } = request
    return await loadSettings({ ...rest, ...urls }, signal)
  }
  const selection = selectionSettings(validated)
  const [sourceSide, targetSide] = [sideSettings('source', validated, request), sideSettings('target', validated, request)]
  // Nobody is asked for a password while an address is missing.
  const [from, to] = [addressesOf(sourceSide)[0] ?? '', addressesOf(targetSide)[0] ?? '']
  const name = migration.name ?? defaultName(from, to)
  const source = await connectionSettings(sourceSide, signal)
  const target = await connectionSettings(targetSide, signal)
  const { value } = validated
  const [slices, pauseFile] = [value('slices'), value('pauseFile')]
  return deepFreeze({
    ...migration,
    name,
    source,
    target,
    selection,
    copy: {
      intoExisting: value('intoExisting'),
      versionFrom: value('versionFrom'),
      readBy: value('readBy'),
      ...(slices === undefined ? {} : { slices }),
      engine: value('engine'),
      ...onlyGiven({
        partitionField: value('partitionField'),
        remoteHost: value('remoteHost'),
        reindexNode: value('reindexNode'),
      }),
      width: value('width'),
      readers: value('readers'),
      partitionDocs: value('partitionDocs'),
      partitionBytes: value('partitionBytes'),
      pageBytes: value('pageBytes'),
      docsPerSecond: value('docsPerSecond'),
      bytesPerSecond: value('bytesPerSecond'),
      protect: value('protect'),
      maxLoad: value('maxLoad'),
      windows: value('windows') ?? [],
      ...(pauseFile === undefined ? {} : { pauseFile: fromFolder('pauseFile', pauseFile, validated) }),
      maxSetAside: value('maxSetAside'),
      catchUpRounds: value('catchUpRounds'),
      follow: value('follow'),
      followBack: value('followBack'),
      tune: value('tune'),
      deletes: value('deletes'),
      unknownTypes: value('unknownTypes'),
    },
    warnings: [...connectionWarnings(source), ...connectionWarnings(target)],
  })
}

/**
 * For commands that speak to no cluster: nothing is read or asked for but the settings file.
 * @throws ShardferryError `settings-invalid`
 */
export async function loadMigrationSettings(request: SettingsRequest): Promise<MigrationSettings> {
  return deepFreeze(migrationSettings(await validate(request)))
}

/**
 * For `shardferry serve`. The clusters that the settings name are those it can be told of by name; none has to be there.
 * @throws ShardferryError `settings-invalid`, `secret-missing`, `stopped`
 */
export async function loadServeSettings(request: SettingsRequest, signal?: AbortSignal): Promise<ServeSettings> {
  const validated = await validate(request)
  const { value } = validated
  const { stateFolder, logLevel } = migrationSettings(validated)
  const secret = (key: GeneralKey): Promise<Secret | undefined> => secretOf(key, validated, request, signal)
  const host = value('serve.host')
  const safely = safelyServed({
    host,
    tokens: onlyGiven({
      viewer: await secret('serve.viewerToken'),
      operator: await secret('serve.operatorToken'),
      admin: await secret('serve.adminToken'),
    }),
    cert: await pemOf('serve.cert', validated),
    key: await secret('serve.key'),
    clientCa: await pemOf('serve.clientCa', validated),
    clients: (value('serve.clients') ?? {}) as Readonly<Record<string, Role>>,
  })
  const connections: Partial<Record<Side, ConnectionSettings>> = {}
  for (const side of ['source', 'target'] as const)
    if (validated.connectionValue(side, 'url'))
      connections[side] = await connectionSettings(sideSettings(side, validated, request), signal)
  const reindexPort = value('serve.reindexPort')
  if (reindexPort !== undefined && !connections.target)
    throw new ShardferryError('settings-invalid', 'serve.reindexPort is given, and no target.', {
      hint: 'The Reindex API stands before a cluster: name it with --target-url, or target.url in shardferry.yaml.',
    })
  return deepFreeze({
    stateFolder,
    logLevel,
    host,
    ...(reindexPort === undefined
      ? {}
      : {
          reindex: {
            host: value('serve.reindexHost'),
            port: reindexPort,
            remotes: value('serve.remotes') ?? [],
            copy: {
              width: value('width'),
              readers: value('readers'),
              partitionDocs: value('partitionDocs'),
              partitionBytes: value('partitionBytes'),
              pageBytes: value('pageBytes'),
            },
          },
        }),
    port: value('serve.port'),
    hosts: value('serve.hosts') ?? [],
    connections,
    ...safely,
  })
}

/** The server that is to be asked instead of a state folder, where one is given. @throws as `loadServeSettings` */
export async function loadRemote(request: SettingsRequest, signal?: AbortSignal): Promise<RemoteSettings | undefined> {
  const validated = await validate(request)
  const url = validated.value('server')
  if (url === undefined) return undefined
  const token = await secretOf('serverToken', validated, request, signal)
  const ca = await pemOf('serverCa', validated)
  const name = validated.value('name')
  return { url: url.replace(/\/$/, ''), ...onlyGiven({ token, ca, name }) }
}

function givenFolder(key: string, { given, fileFolder, workingFolder }: Validated): string {
  return given(key)?.layer === 'file' ? fileFolder : workingFolder
}

async function secretOf(
  key: GeneralKey,
  validated: Validated,
  request: SettingsRequest,
  signal?: AbortSignal,
): Promise<Secret | undefined> {
  const one = validated.given(key)
  if (!one || one.value instanceof Secret) return one?.value as Secret | undefined
  const places = { env: request.env, folder: givenFolder(key, validated), ask: askOf(request) }
  return await resolveSecret(parseSecretRef(String(one.value))!, `secret ${key}`, places, signal)
}

async function pemOf(key: 'serve.cert' | 'serve.clientCa' | 'serverCa', validated: Validated): Promise<string | undefined> {
  const path = validated.value(key)
  return path === undefined ? undefined : await pemFile(key, path, givenFolder(key, validated))
}

interface Validated {
  readonly value: <Key extends GeneralKey>(key: Key) => SettingValue<Key>
  readonly connectionValue: <Key extends ConnectionKey>(side: Side, key: Key) => SettingValue<Key>
  readonly given: (key: string) => Given | undefined
  readonly fileFolder: string
  readonly workingFolder: string
}

async function validate(request: SettingsRequest): Promise<Validated> {
  const workingFolder = resolve(request.folder ?? '.')
  const { path, shown } = chosenFile(request, workingFolder)
  const file = path === undefined ? undefined : await readSettingsFile(path, shown)
  const given = gather(request, file)

  const problems = new Set(file?.problems)
  const values = new Map<string, unknown>()
  let hint: string | undefined
  for (const one of given.values()) {
    if (one.value instanceof Secret) continue
    const result = rowSchema(one.row).safeParse(one.value)
    if (result.success) {
      values.set(one.row.key, result.data)
      continue
    }
    for (const issue of result.error.issues) {
      problems.add(`${one.named(issue.path)} ${issue.message}.`)
      const own = issue.code === 'custom' ? (issue.params?.['hint'] as string | undefined) : undefined
      hint ??= own ?? (one.row.type === 'secret' ? secretHint : undefined)
    }
  }
  if (problems.size > 0)
    throw new ShardferryError('settings-invalid', [...problems].join('\n'), hint === undefined ? {} : { hint })

  return {
    // The schema of a key is made from the same row as its type, so what it lets through has that type.
    value: <Key extends GeneralKey>(key: Key) => values.get(key) as SettingValue<Key>,
    connectionValue: <Key extends ConnectionKey>(side: Side, key: Key) => values.get(`${side}.${key}`) as SettingValue<Key>,
    given: key => given.get(key),
    fileFolder: path === undefined ? workingFolder : dirname(path),
    workingFolder,
  }
}

function chosenFile(request: SettingsRequest, workingFolder: string): { path: string | undefined; shown: string } {
  if (request.file === false) return { path: undefined, shown: '' }
  const named = request.file ?? (request.env['SHARDFERRY_CONFIG'] || undefined)
  if (named !== undefined) return { path: resolve(workingFolder, named), shown: named }
  const path = join(workingFolder, defaultFile)
  return { path: existsSync(path) ? path : undefined, shown: defaultFile }
}

function migrationSettings(validated: Validated): MigrationSettings {
  const { value, connectionValue } = validated
  const source = connectionValue('source', 'url')?.[0]
  const target = connectionValue('target', 'url')?.[0]
  const derived = source === undefined || target === undefined ? undefined : defaultName(source, target)
  return {
    name: value('name') ?? derived,
    nameGiven: value('name') !== undefined,
    stateFolder: fromFolder('state', value('state'), validated),
    logLevel: value('logLevel'),
  }
}

/** A relative path starts from the folder of the settings file where it stands there. */
function fromFolder(key: 'state' | 'pauseFile', path: string, { given, fileFolder, workingFolder }: Validated): string {
  return resolve(given(key)?.layer === 'file' ? fileFolder : workingFolder, path)
}

function selectionSettings({ value, given }: Validated): Selection {
  const indices = value('indices')
  // Leaving out takes something to leave out from.
  const patterns = indices.every(pattern => pattern.startsWith('-')) ? ['*', ...indices] : indices
  const rename = value('rename')
  const onlyName = patterns.length === 1 && !patterns[0]?.includes('*')
  if (rename !== undefined && !rename.includes('{index}') && !onlyName)
    throw new ShardferryError('settings-invalid', `${given('rename')?.named()} would give several indices the name ${rename}.`, {
      hint: 'Put {index} into it, such as {index}-v2, or select one index by its name.',
    })
  const query = value('query') as JsonObject | undefined
  const metadata = value('metadata')
  return {
    patterns,
    includeSystem: value('includeSystem'),
    ...(rename === undefined ? {} : { rename }),
    renames: value('renames') ?? {},
    dataStreams: value('dataStreams'),
    toDataStreams: value('toDataStreams') ?? [],
    filters: (value('filters') ?? {}) as Readonly<Record<string, JsonObject>>,
    ...(query === undefined ? {} : { query }),
    ...(metadata === undefined
      ? {}
      : { metadata: metadata.includes('all') ? metadataParts : metadataParts.filter(part => metadata.includes(part)) }),
  }
}

function sideSettings(side: Side, validated: Validated, request: SettingsRequest): SideSettings {
  return {
    side,
    value: key => validated.connectionValue(side, key),
    given: key => validated.given(`${side}.${key}`),
    env: request.env,
    ask: askOf(request),
    fileFolder: validated.fileFolder,
    workingFolder: validated.workingFolder,
  }
}

function askOf({ ask }: SettingsRequest): AskSecret | undefined {
  return ask === false ? undefined : (ask ?? terminalAsk())
}

/** Without the settings that are not given. */
function onlyGiven<T extends Record<string, unknown>>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
