// Index settings: any nesting in, flat text inside, and the servers' refusals of what is not a setting.
import { ApiError, illegalArgument, invalidRequest } from './errors.ts'
import { asText, isObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import type { ClusterKind } from './store.ts'

export type Settings = Map<string, string | string[]>

/** Flattens a settings body; null stands for a setting to remove. */
export function flatten(body: JsonObject): Map<string, string | string[] | null> {
  const flat = new Map<string, string | string[] | null>()
  const walk = (object: JsonObject, prefix: string): void => {
    for (const [key, value] of Object.entries(object)) {
      const name = prefix === '' ? key : `${prefix}.${key}`
      if (isObject(value)) walk(value, name)
      else flat.set(name.startsWith('index.') ? name : `index.${name}`, asSetting(value ?? null))
    }
  }
  walk(body, '')
  return flat
}

function asSetting(value: Json): string | string[] | null {
  return value === null ? null : Array.isArray(value) ? value.map(asText) : asText(value)
}

const PLAIN =
  /^index\.(number_of_(shards|replicas|routing_shards)|routing_partition_size|refresh_interval|gc_deletes|hidden|codec|priority|auto_expand_replicas|(default|final)_pipeline|max_\w+|soft_deletes\..+|blocks\.(write|read|read_only|read_only_allow_delete|metadata)|(translog|merge\.(policy|scheduler)|analysis|similarity|sort|mapping|routing\.(allocation|rebalance)|search\.(idle|slowlog|throttled)|indexing|query|unassigned|highlight|write|requests|store\.(type|preload)|allocation|warmer|mapper|fielddata|shard|verified_before_close)(\..+)?|load_fixed_bitset_filters_eagerly|optimize_auto_generated_id|data_path|format|version\.created)$/
const OF_FLAVOR = {
  elasticsearch: /^index\.lifecycle\./,
  opensearch: /^index\.(knn(\..+)?|plugins\..+|opendistro\..+|replication\.type|append_only\.enabled|derived_source\..+)$/,
}
const NEVER = /^index\.(mapping\.single_type|routing\.allocation\.initial_recovery\..+|merge\.enabled)$/
const STATIC =
  /^index\.(number_of_shards|number_of_routing_shards|routing_partition_size|codec|sort\..+|soft_deletes\..+|analysis\..+)$/
const BOOLEAN = /^index\.(hidden|blocks\..+|soft_deletes\.enabled|verified_before_close|search\.throttled)$/

/** Throws what a server answers to settings it does not take at the creation of an index. */
export function checkForCreate(names: Map<string, string | string[] | null>, kind: ClusterKind): void {
  checkKnown(names, kind)
  if (names.has('index.version.created')) {
    throw invalidRequest(['private index setting [index.version.created] can not be set explicitly'], 'validation_exception')
  }
  const shards = names.get('index.number_of_shards')
  if (typeof shards === 'string' && !(Number(shards) >= 1)) {
    throw illegalArgument(`Failed to parse value [${shards}] for setting [index.number_of_shards] must be >= 1`)
  }
}

/** The same for an existing, open index, named as servers name it. */
export function checkForUpdate(names: Map<string, string | string[] | null>, kind: ClusterKind, index: string): void {
  checkKnown(names, kind)
  if (names.has('index.version.created')) {
    throw illegalArgument('can not update private setting [index.version.created]; this setting is managed by Elasticsearch')
  }
  const fixed = [...names.keys()].filter(name => STATIC.test(name))
  if (fixed.length > 0)
    throw illegalArgument(`Can't update non dynamic settings [[${fixed.join(', ')}]] for open indices [[${index}]]`)
}

function checkKnown(names: Map<string, string | string[] | null>, kind: ClusterKind): void {
  const unknown = [...names.keys()].filter(name => !isKnown(name, kind)).sort()
  const messages = unknown.map(
    name =>
      `unknown setting [${name}] please check that any required plugins are installed, or check the breaking changes documentation for removed settings`,
  )
  const [first, ...others] = messages
  if (first !== undefined) {
    if (others.length === 0) throw illegalArgument(first)
    throw new UnknownSettings(first, others)
  }
  for (const [name, value] of names) {
    if (BOOLEAN.test(name) && value !== null && value !== 'true' && value !== 'false') {
      throw illegalArgument(`Failed to parse value [${asText(value)}] as only [true] or [false] are allowed.`)
    }
  }
}

function isKnown(name: string, kind: ClusterKind): boolean {
  if (name === 'index.creation_date') return kind.flavor === 'opensearch' && Number(kind.version.split('.')[0]) >= 3
  return !NEVER.test(name) && (PLAIN.test(name) || OF_FLAVOR[kind.flavor].test(name))
}

/** Several unknown settings at once: the first is the error, the others hang below it as suppressed. */
class UnknownSettings extends ApiError {
  readonly #others: readonly string[]

  constructor(first: string, others: readonly string[]) {
    super(400, 'illegal_argument_exception', first)
    this.#others = others
  }

  override get body(): JsonObject {
    const root = { type: this.type, reason: this.message }
    const suppressed = this.#others.map(reason => ({ type: this.type, reason }))
    return { error: { root_cause: [root], ...root, suppressed }, status: this.status }
  }
}

/** The settings as answers show them: nested below `index`, or flat when asked so. */
export function render(settings: Settings, flat: boolean): JsonObject {
  const sorted = [...settings].sort(([left], [right]) => (left < right ? -1 : 1))
  if (flat) return Object.fromEntries(sorted)
  const root: JsonObject = {}
  for (const [name, value] of sorted) {
    const path = name.split('.')
    const last = path.pop() ?? ''
    let at = root
    for (const part of path) {
      const next = at[part]
      at = isObject(next) ? next : (at[part] = {})
    }
    at[last] = value
  }
  return root
}
