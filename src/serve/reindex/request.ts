/**
 * What a `_reindex` request asks for. Only what is understood to the last field is carried out here; the target's own
 * `_reindex` gets all the rest, as its makers know what it means.
 */
import { inexactNumbers } from '../../cluster/json.ts'
import type { Json, JsonObject, WriteAs } from '../../model/plan.ts'
import { remoteHost } from './remotes.ts'
import type { RemoteHost } from './remotes.ts'

export type Params = Readonly<Record<string, string>>

/** Without secrets: what the journal remembers of a request, and makes a job of. */
export interface Asked {
  readonly params: Params
  readonly body: JsonObject
}

export interface RemoteLogin {
  readonly username?: string
  readonly password?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reindex {
  readonly remote: RemoteHost
  readonly username: string | undefined
  readonly socketTimeoutMs: number
  /** As they are asked for: names, wildcards, aliases, data streams. */
  readonly indices: readonly string[]
  readonly query: JsonObject | undefined
  readonly fields: Json | undefined
  readonly sort: Json | undefined
  readonly size: number | undefined
  readonly maxDocs: number | undefined
  /** 'auto', or how many. */
  readonly slices: number | 'auto' | undefined
  readonly dest: string
  readonly write: WriteAs
  /** 0: no limit. */
  readonly docsPerSecond: number
  readonly refresh: boolean
  readonly waits: boolean
}

/** A request to carry out here, and the secrets it brought. */
export interface Understood {
  readonly asked: Asked
  readonly reindex: Reindex
  readonly login: RemoteLogin
}

/** The request; undefined where it is not from remote, or holds what only a server knows. */
export function understand(params: Params, text: string): Understood | undefined {
  const parsed = parsedObject(text)
  const remote = parsed && objectIn(objectIn(parsed, 'source') ?? {}, 'remote')
  if (!parsed || !remote || inexactNumbers(text).length > 0) return undefined
  const { password, headers = {}, ...shown } = remote
  if (password !== undefined && typeof password !== 'string') return undefined
  if (!isObject(headers) || !Object.values(headers).every(value => typeof value === 'string')) return undefined
  const body = { ...parsed, source: { ...objectIn(parsed, 'source'), remote: shown } }
  const reindex = reindexOf({ params, body })
  if (!reindex || (reindex.username === undefined) !== (password === undefined)) return undefined
  const login: RemoteLogin = {
    ...(reindex.username === undefined ? {} : { username: reindex.username }),
    ...(password === undefined ? {} : { password }),
    headers: headers as Record<string, string>,
  }
  return { asked: { params, body }, reindex, login }
}

const known = {
  params: [
    'wait_for_completion',
    'wait_for_active_shards',
    'requests_per_second',
    'slices',
    'max_docs',
    'refresh',
    'timeout',
    'require_alias',
    'scroll',
    'pretty',
    'human',
    'error_trace',
  ],
  body: ['conflicts', 'max_docs', 'size', 'source', 'dest'],
  source: ['index', 'query', 'size', 'sort', '_source', 'remote'],
  remote: ['host', 'username', 'socket_timeout', 'connect_timeout'],
  dest: ['index', 'op_type', 'version_type', 'routing', 'pipeline'],
}

/** @throws nothing: undefined for what is not understood */
export function reindexOf({ params, body }: Asked): Reindex | undefined {
  const source = objectIn(body, 'source') ?? {}
  const remote = objectIn(source, 'remote') ?? {}
  const dest = objectIn(body, 'dest') ?? {}
  const strange = (object: object, names: readonly string[]): boolean => Object.keys(object).some(key => !names.includes(key))
  if (strange(params, known.params) || strange(body, known.body) || strange(source, known.source)) return undefined
  if (strange(remote, known.remote) || strange(dest, known.dest)) return undefined

  const host = typeof remote['host'] === 'string' ? remoteHost(remote['host']) : undefined
  const indices = namesIn(source['index'])
  const { query, size, sort, _source: fields } = source
  const { index, op_type: opType = 'index', version_type: versionType = 'internal', routing = 'keep', pipeline } = dest
  const conflicts = body['conflicts'] ?? 'abort'
  const maxDocs = numberOnce(params['max_docs'], body['max_docs'], body['size'])
  const docsPerSecond = rate(params['requests_per_second'])
  const slices = params['slices'] === 'auto' ? 'auto' : count(params['slices'])
  const flags = ['wait_for_completion', 'refresh', 'require_alias'].map(name => flag(params[name]))
  const socketTimeoutMs = milliseconds(remote['socket_timeout'] ?? '30s')
  const ok =
    host !== undefined &&
    indices !== undefined &&
    (query === undefined || isObject(query)) &&
    (size === undefined || (Number.isInteger(size) && (size as number) > 0 && (size as number) <= 10_000)) &&
    maxDocs !== 'strange' &&
    docsPerSecond !== undefined &&
    slices !== 'strange' &&
    !flags.includes('strange') &&
    socketTimeoutMs !== undefined &&
    typeof index === 'string' &&
    index !== '' &&
    (opType === 'index' || opType === 'create') &&
    isVersionType(versionType) &&
    typeof routing === 'string' &&
    (routing === 'keep' || routing === 'discard' || routing.startsWith('=')) &&
    (pipeline === undefined || typeof pipeline === 'string') &&
    (conflicts === 'abort' || conflicts === 'proceed')
  if (!ok) return undefined
  const [waits = true, refresh = false] = flags as (boolean | undefined)[]
  const username = remote['username']
  if (username !== undefined && typeof username !== 'string') return undefined
  return {
    remote: host,
    username,
    socketTimeoutMs,
    indices,
    query,
    fields,
    sort,
    size: size as number | undefined,
    maxDocs,
    slices,
    dest: index,
    write: {
      opType,
      versionType,
      routing,
      conflicts,
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(params['timeout'] === undefined ? {} : { timeout: params['timeout'] }),
      ...(params['wait_for_active_shards'] === undefined ? {} : { waitForActiveShards: params['wait_for_active_shards'] }),
    },
    docsPerSecond,
    refresh,
    waits,
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectIn(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key]
  return isObject(value) ? value : undefined
}

function parsedObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `a,b`, `["a", "b"]`; undefined for none. */
function namesIn(value: Json | undefined): readonly string[] | undefined {
  const list = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(list) || list.length === 0 || !list.every(name => typeof name === 'string' && name !== '')) return undefined
  return list as string[]
}

function isVersionType(value: Json): value is WriteAs['versionType'] {
  return value === 'internal' || value === 'external' || value === 'external_gt' || value === 'external_gte'
}

function count(value: string | number | undefined): number | undefined | 'strange' {
  if (value === undefined) return undefined
  return /^[1-9]\d{0,8}$/.test(String(value)) ? Number(value) : 'strange'
}

/** A number that is given in one place at most; -1 is none. */
function numberOnce(...places: (Json | undefined)[]): number | undefined | 'strange' {
  const given = places.filter(value => value !== undefined)
  if (given.length > 1) return 'strange'
  const [one] = given
  if (one === undefined || one === -1 || one === '-1') return undefined
  return typeof one === 'number' || typeof one === 'string' ? count(one) : 'strange'
}

function flag(value: string | undefined): boolean | undefined | 'strange' {
  if (value === undefined) return undefined
  if (value === '' || value === 'true') return true
  return value === 'false' ? false : 'strange'
}

/** Documents a second; 0 for no limit. */
export function rate(value: string | undefined): number | undefined {
  if (value === undefined || value === '-1') return 0
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0
  return number > 0 ? number : undefined
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

export function milliseconds(value: Json): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(typeof value === 'string' ? value : '') ?? []
  return digits === undefined || Number(digits) === 0 ? undefined : Math.min(Number(digits) * units[unit]!, 2_147_483_647)
}
