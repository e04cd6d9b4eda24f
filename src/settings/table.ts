import type { Side } from '../model/connection.ts'

/**
 * Every setting there is. File keys, flags, environment variables, validation, help, the JSON schema and the reference page
 * all come from this table. It imports nothing that runs, because `--help` reads it.
 */

/**
 * `bytes` is written '5mb', `duration` '30s'. A `secret` is a reference (`env:NAME`, `file:PATH`, `prompt`), never the value, except in
 * its environment variable. `file` is a path whose content is the value. `map` maps text to text; `query` is Query DSL; `queries` maps
 * index names to Query DSL.
 */
export type SettingType =
  | 'string'
  | 'list'
  | 'addresses'
  | 'integer'
  | 'number'
  | 'bytes'
  | 'duration'
  | 'boolean'
  | 'secret'
  | 'choice'
  | 'file'
  | 'map'
  | 'query'
  | 'queries'

export type SettingGroup = Side | 'migration' | 'selection' | 'copying' | 'serving' | 'remote' | 'output'

export interface SettingRow {
  /** Where it stands in the file: `source.username`. */
  readonly key: string
  /** Without a flag and an environment variable, it stands in the file only. */
  readonly flag?: string
  readonly env?: string
  readonly group: SettingGroup
  readonly type: SettingType
  readonly choices?: readonly string[]
  /** As a person would write it. */
  readonly default?: string | number | boolean | readonly string[]
  /** In the type's own unit: bytes, milliseconds, or a plain number. */
  readonly min?: number
  readonly max?: number
  /** What a text must look like, and how a person says that: "must be …". */
  readonly pattern?: RegExp
  readonly patternText?: string
  readonly placeholder?: string
  readonly help: string
}

type RowFacts = Omit<SettingRow, 'flag' | 'env' | 'group'>

/** Written once, there for the source and for the target; SIDE in a help text becomes the one or the other. */
export const connectionRows = [
  {
    key: 'url',
    type: 'addresses',
    help: 'Addresses of nodes of the SIDE, with http:// or https://. The port is 9200 where none is given; managed services often want :443.',
  },
  { key: 'username', type: 'string', placeholder: 'name', help: 'User name on the SIDE.' },
  {
    key: 'password',
    type: 'secret',
    help: "The user's password, as env:NAME, file:PATH or prompt. Asked for on a terminal where it is missing.",
  },
  {
    key: 'apiKey',
    type: 'secret',
    help: 'API key instead of a user, as env:NAME, file:PATH or prompt: the encoded form, or id:key.',
  },
  { key: 'bearer', type: 'secret', help: 'Bearer token instead of a user, as env:NAME, file:PATH or prompt.' },
  {
    key: 'ca',
    type: 'file',
    help: "PEM file with the CA that signed the SIDE's certificates, such as http_ca.crt. The system's CAs are used where none is given.",
  },
  {
    key: 'fingerprint',
    type: 'string',
    placeholder: 'sha256',
    pattern: /^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/,
    patternText: 'must be a SHA-256 fingerprint: 64 hex digits, with or without colons',
    help: "SHA-256 fingerprint of the CA, as the SIDE's first start prints it; instead of a CA file.",
  },
  { key: 'cert', type: 'file', help: 'PEM file with a client certificate, for mutual TLS.' },
  { key: 'key', type: 'secret', help: "The client certificate's PEM key, as file:PATH or env:NAME." },
  {
    key: 'insecure',
    type: 'boolean',
    default: false,
    help: "Do not verify the SIDE's certificate. Anybody in between can then read the password.",
  },
  {
    key: 'timeout',
    type: 'duration',
    default: '90s',
    min: 1000,
    max: 3_600_000,
    help: "Longest wait for the first byte of the SIDE's answer, and between two of its parts.",
  },
] as const satisfies readonly RowFacts[]

/** Scheme, host and port are given word for word: allow-lists compare texts. */
const nodeAddress = /^https?:\/\/[^\s/@?#]+:\d{1,5}(?:\/[^\s@?#]*)?$/

const indexName = /^[^A-Z\\/*?"<>| ,#]{1,255}$/

/** `22:00-06:00` */
export const windowPattern = /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/

/** Everything else. */
export const generalRows = [
  {
    key: 'name',
    group: 'migration',
    type: 'string',
    placeholder: 'name',
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/,
    patternText: 'must be fit for a file name: letters, digits, dot, dash and underscore, 120 at most',
    help: "The migration's name in the state folder. Made of both clusters' hosts and ports where none is given.",
  },
  {
    key: 'state',
    group: 'migration',
    type: 'string',
    default: '.shardferry',
    placeholder: 'folder',
    help: 'Folder of the journals: what makes a migration resumable.',
  },
  {
    key: 'indices',
    flag: '--index',
    env: 'SHARDFERRY_INDEX',
    group: 'selection',
    type: 'list',
    default: ['*'],
    placeholder: 'patterns',
    help: "What to move: names and patterns of indices, aliases and data streams; -pattern leaves out. Such as 'logs-*,-logs-test'.",
  },
  {
    key: 'metadata',
    group: 'selection',
    type: 'list',
    placeholder: 'parts',
    pattern: /^(templates|pipelines|scripts|lifecycle|settings|all)$/,
    patternText: 'must be of templates, pipelines, scripts, lifecycle, settings, or all',
    help: 'What to move beside indices: templates, pipelines, scripts, lifecycle (policies), settings (of the cluster, which are only told), or all. Nothing where none is given.',
  },
  {
    key: 'includeSystem',
    group: 'selection',
    type: 'boolean',
    default: false,
    help: 'Take in dot indices and system indices where a pattern matches them.',
  },
  {
    key: 'rename',
    group: 'selection',
    type: 'string',
    placeholder: 'template',
    pattern: /^(?:\{index\}|[^A-Z\\/*?"<>| ,#{}]){1,255}$/,
    patternText: 'must be a lower-case index name that may hold {index}, such as {index}-v2',
    help: 'Name of each index on the target, such as {index}-v2.',
  },
  {
    key: 'renames',
    group: 'selection',
    type: 'map',
    pattern: indexName,
    patternText: 'must be the name of an index: lower case, no spaces, none of \\ / * ? " < > | , #',
    help: 'Names on the target for single indices, as old: new. Goes before rename.',
  },
  {
    key: 'dataStreams',
    group: 'selection',
    type: 'choice',
    choices: ['keep', 'aliases'],
    default: 'keep',
    help: 'What becomes of a data stream: keep makes it a data stream again, backing index by backing index; aliases makes plain indices behind an alias of its name.',
  },
  {
    key: 'toDataStreams',
    flag: '--to-data-stream',
    env: 'SHARDFERRY_TO_DATA_STREAM',
    group: 'selection',
    type: 'list',
    placeholder: 'names',
    help: 'Aliases, and indices, that become a data stream of their name on the target: their indices become its backing indices. Each document needs an @timestamp.',
  },
  {
    key: 'query',
    group: 'selection',
    type: 'query',
    placeholder: 'json',
    help: 'Move only the documents that match, in every index: Query DSL.',
  },
  {
    key: 'filters',
    group: 'selection',
    type: 'queries',
    help: 'Move only the documents that match, index by index: Query DSL. Goes before query.',
  },
  {
    key: 'intoExisting',
    group: 'copying',
    type: 'boolean',
    default: false,
    help: 'Write into indices that the target has already, as they are.',
  },
  {
    key: 'engine',
    group: 'copying',
    type: 'choice',
    choices: ['stream', 'reindex'],
    default: 'stream',
    help: "What moves the documents: stream reads and writes them itself; reindex has the target's nodes fetch them with the cluster's own _reindex from remote.",
  },
  {
    key: 'partitionField',
    group: 'copying',
    type: 'string',
    placeholder: 'field',
    help: 'Engine reindex: date or number field by whose ranges an index without usable sequence numbers is cut. Such an index goes as a whole where none is given.',
  },
  {
    key: 'remoteHost',
    group: 'copying',
    type: 'string',
    placeholder: 'address',
    pattern: nodeAddress,
    patternText: 'must be an address with its port, such as https://old.example:9200',
    help: "Engine reindex: address of the source as the target's nodes know it, word for word as in their allow-list. The source's first address where none is given.",
  },
  {
    key: 'reindexNode',
    group: 'copying',
    type: 'string',
    placeholder: 'address',
    pattern: nodeAddress,
    patternText: 'must be an address with its port, such as https://node-1.example:9200',
    help: "Engine reindex: address of the target's node that gets the requests. The elected master where none is given and it can be reached.",
  },
  {
    key: 'versionFrom',
    group: 'copying',
    type: 'choice',
    choices: ['seq-no', 'version'],
    default: 'seq-no',
    help: "What becomes a document's version on the target: its sequence number, or the version that the application gives it.",
  },
  {
    key: 'readBy',
    group: 'copying',
    type: 'choice',
    choices: ['auto', 'seq-no', 'slices'],
    default: 'auto',
    help: 'How an index is cut into partitions. auto takes sequence numbers wherever the source has them.',
  },
  {
    key: 'slices',
    group: 'copying',
    type: 'integer',
    min: 2,
    max: 1024,
    help: 'Number of slices of an index that is read by slices. Chosen from its shards and size where none is given.',
  },
  {
    key: 'deletes',
    group: 'copying',
    type: 'choice',
    choices: ['auto', 'manifest', 'sweep', 'off'],
    default: 'auto',
    help: 'How documents are found that the source deletes while it is copied, to delete them on the target too. manifest lists what is copied; sweep compares the ids of both sides; off leaves them. auto takes manifest wherever it can.',
  },
  {
    key: 'unknownTypes',
    group: 'copying',
    type: 'choice',
    choices: ['refuse', 'disable'],
    default: 'refuse',
    help: 'Fields of a type that the target has nothing for: refuse the index, or disable the field, so that its values stay in the documents and are not searched.',
  },
  {
    key: 'width',
    group: 'copying',
    type: 'integer',
    default: 4,
    min: 1,
    max: 256,
    help: 'Bulk requests under way at once, at most.',
  },
  { key: 'readers', group: 'copying', type: 'integer', default: 2, min: 1, max: 256, help: 'Partitions read at once.' },
  {
    key: 'partitionDocs',
    group: 'copying',
    type: 'integer',
    default: 200_000,
    min: 1,
    max: 100_000_000,
    help: 'Documents in a partition, about. A partition is what is read again after a failure.',
  },
  {
    key: 'partitionBytes',
    group: 'copying',
    type: 'bytes',
    default: '128mb',
    min: 1024,
    max: 64 * 1024 ** 3,
    help: 'Bytes of documents in a partition, about.',
  },
  {
    key: 'pageBytes',
    group: 'copying',
    type: 'bytes',
    default: '3mb',
    min: 1024,
    max: 64 * 1024 ** 2,
    help: 'Bytes of documents read, and written, with one request, about.',
  },
  {
    key: 'docsPerSecond',
    group: 'copying',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000_000,
    help: 'Documents written per second, at most. 0 sets no limit.',
  },
  {
    key: 'bytesPerSecond',
    group: 'copying',
    type: 'bytes',
    default: '0b',
    min: 0,
    max: 1024 ** 4,
    help: 'Bytes of documents written per second, at most. 0 sets no limit.',
  },
  {
    key: 'protect',
    group: 'copying',
    type: 'boolean',
    default: true,
    help: 'Watch both clusters while documents are copied, and slow down before those who use them suffer.',
  },
  {
    key: 'maxLoad',
    group: 'copying',
    type: 'number',
    default: 0,
    min: 0,
    max: 1000,
    help: 'Load average of one minute, per processor, above which a node of either cluster slows the copy down. 0: any load.',
  },
  {
    key: 'windows',
    flag: '--window',
    env: 'SHARDFERRY_WINDOW',
    group: 'copying',
    type: 'list',
    placeholder: 'times',
    pattern: windowPattern,
    patternText: 'must be times of day from and to, such as 22:00-06:00',
    help: "Times of day, of this machine's clock, in which documents are moved, such as 22:00-06:00. Outside of them the run rests. Always where none is given.",
  },
  {
    key: 'pauseFile',
    group: 'copying',
    type: 'string',
    placeholder: 'path',
    help: 'A path: while a file is there, the run rests.',
  },
  {
    key: 'maxSetAside',
    group: 'copying',
    type: 'integer',
    default: 10_000,
    min: 0,
    max: 1_000_000_000,
    help: 'Documents that the target may refuse before the run stops. They are kept with their reasons.',
  },
  {
    key: 'catchUpRounds',
    group: 'copying',
    type: 'integer',
    default: 10,
    min: 0,
    max: 10_000,
    help: 'Rounds that follow what the source still writes, at most.',
  },
  {
    key: 'follow',
    group: 'copying',
    type: 'boolean',
    default: false,
    help: 'Go on after the copy: follow what the source writes and deletes, until a cutover.',
  },
  {
    key: 'followBack',
    group: 'copying',
    type: 'boolean',
    default: true,
    help: 'After a cutover, carry what is written to the target back to the source, so that it can be rolled back.',
  },
  {
    key: 'tune',
    group: 'copying',
    type: 'boolean',
    default: true,
    help: 'Tune the target while documents are copied (refresh off, no replicas); it is restored afterwards.',
  },
  {
    key: 'serve.host',
    flag: '--host',
    group: 'serving',
    type: 'string',
    default: '127.0.0.1',
    placeholder: 'address',
    help: 'Address to listen at. One that other machines reach needs a token, or a CA of client certificates.',
  },
  {
    key: 'serve.port',
    flag: '--port',
    group: 'serving',
    type: 'integer',
    default: 9870,
    min: 0,
    max: 65_535,
    help: 'Port to listen at. 0: any that is free.',
  },
  {
    key: 'serve.hosts',
    group: 'serving',
    type: 'list',
    placeholder: 'names',
    help: 'Names by which browsers and clients reach the server, besides its address: others are refused, so that no foreign page gets through under a name of its own.',
  },
  {
    key: 'serve.viewerToken',
    group: 'serving',
    type: 'secret',
    help: 'Token of those who may look, as env:NAME, file:PATH or prompt; 20 characters or more.',
  },
  {
    key: 'serve.operatorToken',
    group: 'serving',
    type: 'secret',
    help: 'Token of those who may also start and steer migrations, cut over and roll back.',
  },
  {
    key: 'serve.adminToken',
    group: 'serving',
    type: 'secret',
    help: 'Token of those who may also change connections and read the audit.',
  },
  { key: 'serve.cert', group: 'serving', type: 'file', help: "PEM file with the server's certificate, for https." },
  { key: 'serve.key', group: 'serving', type: 'secret', help: "The certificate's PEM key, as file:PATH or env:NAME." },
  {
    key: 'serve.clientCa',
    group: 'serving',
    type: 'file',
    help: 'PEM file with the CA of client certificates: who has one needs no token.',
  },
  {
    key: 'serve.clients',
    group: 'serving',
    type: 'map',
    pattern: /^(?:viewer|operator|admin)$/,
    patternText: 'must be viewer, operator or admin',
    help: 'What the owners of client certificates may do, as common name: role. Those who are not named may look.',
  },
  {
    key: 'server',
    group: 'remote',
    type: 'string',
    placeholder: 'url',
    pattern: /^https?:\/\/[^\s/@?#]+\/?$/,
    patternText: 'must be the address of a server, such as https://ferry.example:9870',
    help: 'Ask a server (shardferry serve) instead of a state folder.',
  },
  {
    key: 'serverToken',
    group: 'remote',
    type: 'secret',
    help: 'Token for that server, as env:NAME, file:PATH or prompt.',
  },
  { key: 'serverCa', group: 'remote', type: 'file', help: "PEM file with the CA of that server's certificate." },
  {
    key: 'serve.reindexPort',
    group: 'serving',
    type: 'integer',
    min: 0,
    max: 65_535,
    help: 'Port of the Reindex API: the target as its clients know it, with `_reindex` from remote done by Shardferry. Without it there is none. 0: any that is free.',
  },
  {
    key: 'serve.reindexHost',
    group: 'serving',
    type: 'string',
    default: '127.0.0.1',
    placeholder: 'address',
    help: 'Address that the Reindex API listens at. Clients bring the login of the target; a target without security is open to all who reach it there.',
  },
  {
    key: 'serve.remotes',
    group: 'serving',
    type: 'list',
    placeholder: 'rules',
    help: 'From where the Reindex API may read: host:port, with * in it; `host:port as source` lends whoever may write to the target the login and the CA of source. None: from nowhere. They can be changed while it runs.',
  },
  {
    key: 'logLevel',
    group: 'output',
    type: 'choice',
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'info',
    help: 'What is told on the way.',
  },
] as const satisfies readonly (Omit<SettingRow, 'env' | 'flag'> & { flag?: string; env?: string })[]

export const sides = ['source', 'target'] as const satisfies readonly Side[]

export const settingsTable: readonly SettingRow[] = [
  ...sides.flatMap(side => (connectionRows as readonly RowFacts[]).map(row => connectionRow(side, row))),
  ...(generalRows as readonly SettingRow[]).map(withNames),
]

function connectionRow(side: Side, row: RowFacts): SettingRow {
  return withNames({ ...row, key: `${side}.${row.key}`, group: side, help: row.help.replaceAll('SIDE', side) })
}

/** `source.apiKey` is `--source-api-key` and `SHARDFERRY_SOURCE_API_KEY`. */
function withNames(row: SettingRow): SettingRow {
  if (row.type === 'map' || row.type === 'queries') return row
  const words = row.key.replaceAll('.', '-').replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  return { flag: `--${words}`, env: `SHARDFERRY_${words.replaceAll('-', '_').toUpperCase()}`, ...row }
}

/** The headings of help and reference page, and the commands that read a group's settings. */
export const settingGroups: Readonly<Record<SettingGroup, { readonly title: string; readonly commands: readonly string[] }>> = {
  source: { title: 'Source cluster', commands: ['copy', 'check', 'plan', 'run', 'verify'] },
  target: { title: 'Target cluster', commands: ['copy', 'check', 'plan', 'run', 'verify', 'rejected'] },
  migration: {
    title: 'Migration',
    commands: ['copy', 'check', 'plan', 'run', 'status', 'pause', 'resume', 'throttle', 'cancel', 'verify', 'rejected'],
  },
  selection: { title: 'What is moved', commands: ['copy', 'check', 'plan', 'verify'] },
  copying: { title: 'How it is copied', commands: ['copy', 'check', 'plan', 'run', 'verify'] },
  serving: { title: 'Server', commands: ['serve'] },
  remote: {
    title: 'Through a server',
    commands: ['list', 'status', 'pause', 'resume', 'throttle', 'cancel', 'verify', 'cutover', 'rollback'],
  },
  output: { title: 'Output', commands: ['every command'] },
}

interface ValueByType {
  readonly string: string
  readonly list: readonly string[]
  readonly addresses: readonly string[]
  readonly integer: number
  readonly number: number
  readonly bytes: number
  readonly duration: number
  readonly boolean: boolean
  readonly secret: string
  readonly choice: string
  readonly file: string
  readonly map: Readonly<Record<string, string>>
  readonly query: object
  readonly queries: Readonly<Record<string, object>>
}

type TypedRow = (typeof generalRows)[number] | (typeof connectionRows)[number]
export type GeneralKey = (typeof generalRows)[number]['key']
export type ConnectionKey = (typeof connectionRows)[number]['key']

/** The type of a setting once validated: sizes are bytes, durations milliseconds; undefined only where there is no default. */
export type SettingValue<Key extends GeneralKey | ConnectionKey, Row = Extract<TypedRow, { readonly key: Key }>> =
  | (Row extends { readonly choices: readonly (infer Choice)[] }
      ? Choice
      : Row extends { readonly type: infer Type extends SettingType }
        ? ValueByType[Type]
        : never)
  | (Row extends { readonly default: unknown } ? never : undefined)
