// The creation of an index, on request or by the first write to it.
import { ApiError, illegalArgument } from './errors.ts'
import { readAlias } from './aliases.ts'
import { asObject } from './json.ts'
import type { JsonObject } from './json.ts'
import { checkMapping, mergeMapping } from './mapping.ts'
import { checkForCreate, flatten } from './settings.ts'
import { Index } from './store.ts'
import type { Store } from './store.ts'

/** Creates the index or throws the refusal; nothing is left behind then. */
export function createIndex(store: Store, name: string, body: JsonObject): Index {
  checkName(store, name)
  const unknown = Object.keys(body).find(key => key !== 'settings' && key !== 'mappings' && key !== 'aliases')
  if (unknown !== undefined) throw new ApiError(400, 'parse_exception', `unknown key [${unknown}] for create index`)
  const given = flatten(asObject(body['settings']))
  checkForCreate(given, store.kind)
  const mappings = asObject(body['mappings'])
  checkMapping(mappings, store.kind, true)
  const index = new Index(
    name,
    new Map<string, string | string[]>([
      ['index.number_of_shards', '1'],
      ['index.number_of_replicas', '1'],
      ['index.creation_date', String(Date.now())],
      ...tierPreference(store),
      ...[...given].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
      ['index.provided_name', name],
      ['index.version.created', String(versionId(store))],
    ]),
    mergeMapping({}, mappings),
  )
  for (const [alias, spec] of Object.entries(asObject(body['aliases']))) index.aliases.set(alias, readAlias(asObject(spec)))
  store.indices.set(name, index)
  return index
}

function checkName(store: Store, name: string): void {
  const refuse = (problem: string): never => {
    const details = { index_uuid: '_na_', index: name }
    throw new ApiError(400, 'invalid_index_name_exception', `Invalid index name [${name}], ${problem}`, details)
  }
  const existing = store.indices.get(name)
  if (existing) {
    const details = { index_uuid: existing.uuid, index: name }
    throw new ApiError(400, 'resource_already_exists_exception', `index [${name}/${existing.uuid}] already exists`, details)
  }
  if ([...store.indices.values()].some(index => index.aliases.has(name))) refuse('already exists as alias')
  if (name !== name.toLowerCase()) refuse('must be lowercase')
  if (/^[_+-]/.test(name)) refuse("must not start with '_', '-', or '+'")
  if (/[ "*\\<|,>/?#:]/.test(name)) refuse('must not contain the following characters [ , ", *, \\, <, |, ,, >, /, ?]')
  if (name === '') throw illegalArgument('index name is missing')
}

/** Elasticsearch adds a tier to every new index since 7.10. */
function tierPreference(store: Store): [string, string][] {
  const added = store.kind.flavor === 'elasticsearch' && (store.major > 7 || (store.major === 7 && store.minor >= 10))
  return added ? [['index.routing.allocation.include._tier_preference', 'data_content']] : []
}

/** The number a server writes for its version, which OpenSearch marks with a bit. */
function versionId(store: Store): number {
  const [major = 0, minor = 0, patch = 0] = store.kind.version.split('.').map(Number)
  const id = major * 1_000_000 + minor * 10_000 + patch * 100 + 99
  return store.kind.flavor === 'opensearch' ? id ^ 0x08000000 : id
}
