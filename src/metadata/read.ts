import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { inRequests } from '../cluster/together.ts'
import { exactJsonIfFound, json } from '../cluster/json.ts'
import { ShardferryError } from '../model/errors.ts'
import type { AliasDefinition, Json, JsonObject } from '../model/plan.ts'
import { atLeast } from '../model/version.ts'
import { isObject, setting } from './tree.ts'

/** An index as its cluster defines it. */
export interface IndexDefinition {
  readonly name: string
  readonly uuid: string
  /** As the server gives them: nested under `index`, values are strings. */
  readonly settings: JsonObject
  /** Without a type name. */
  readonly mappings: JsonObject
  /** The mapping types of a 5.x index that has more than one, with their mappings; `mappings` is empty then. */
  readonly severalTypes: Readonly<Record<string, JsonObject>>
  readonly aliases: Readonly<Record<string, AliasDefinition>>
  readonly open: boolean
  readonly shards: number
  /** Numbers of its definition that cannot be carried exactly, such as `mappings.properties.n.null_value: 9007199254740993`; none where it is not there. */
  readonly inexact?: readonly string[]
}

interface GetIndex {
  readonly settings: JsonObject
  readonly mappings: JsonObject
  readonly aliases: Readonly<Record<string, AliasDefinition>>
}

/** @throws ShardferryError `index-unknown` */
export async function readIndex(cluster: Cluster, name: string, signal: AbortSignal): Promise<IndexDefinition> {
  const found = await findIndex(cluster, name, signal)
  if (found.kind === 'index') return found.definition
  throw new ShardferryError('index-unknown', `The ${cluster.side} has no index ${name}.`, {
    hint: 'It may have been deleted meanwhile. Make the plan again.',
  })
}

export type Found =
  | { readonly kind: 'index'; readonly definition: IndexDefinition }
  /** The name is an alias or a data stream of these indices. */
  | { readonly kind: 'other-name'; readonly indices: readonly string[] }
  | { readonly kind: 'nothing' }

/** What a name stands for on a cluster. */
export async function findIndex(cluster: Cluster, name: string, signal: AbortSignal): Promise<Found> {
  const found = await exactJsonIfFound(cluster, {
    method: 'GET',
    path: `/${indexPath(name)}`,
    query: { flat_settings: false },
    signal,
  })
  const answer = found?.value as Readonly<Record<string, GetIndex>> | undefined
  if (found === undefined || answer === undefined || Object.keys(answer).length === 0) return { kind: 'nothing' }
  const own = answer[name]
  if (own === undefined) return { kind: 'other-name', indices: Object.keys(answer) }
  const { mappings, severalTypes } = typeless(cluster, own.mappings)
  return {
    kind: 'index',
    definition: {
      name,
      uuid: text(setting(own.settings, 'index.uuid')),
      settings: own.settings,
      mappings,
      severalTypes,
      aliases: own.aliases,
      open: await isOpen(cluster, name, own.settings, signal),
      shards: Number(setting(own.settings, 'index.number_of_shards') ?? 1),
      ...(found.inexact.length === 0 ? {} : { inexact: found.inexact.map(number => number.slice(name.length + 1)) }),
    },
  }
}

/** Mappings and aliases of many indices, those that are there, in few requests; `inexact` as in `IndexDefinition`. */
export async function readDefinitions(
  cluster: Cluster,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Pick<IndexDefinition, 'mappings' | 'aliases'> & { readonly inexact: readonly string[] }>> {
  const found = new Map<string, Pick<IndexDefinition, 'mappings' | 'aliases'> & { readonly inexact: readonly string[] }>()
  for (const some of inRequests(names, name => name)) {
    const answer = await exactJsonIfFound(cluster, {
      method: 'GET',
      path: `/${indexPath(some)}`,
      query: { ignore_unavailable: true },
      signal,
    })
    const indices = (answer?.value ?? {}) as Readonly<Record<string, GetIndex>>
    for (const [name, { mappings, aliases }] of Object.entries(indices)) {
      const inexact = (answer?.inexact ?? []).filter(number => number.startsWith(`${name}.`))
      found.set(name, { mappings: typeless(cluster, mappings).mappings, aliases, inexact })
    }
  }
  return found
}

/** Mappings of 5.x and 6.x carry their type's name; `_default_` is a template for types and no type itself. */
function typeless(cluster: Cluster, mappings: JsonObject): Pick<IndexDefinition, 'mappings' | 'severalTypes'> {
  if (!hasTypes(cluster)) return { mappings, severalTypes: {} }
  const types = Object.entries(mappings).flatMap(([type, inner]) =>
    type === '_default_' || !isObject(inner) ? [] : [[type, inner] as const],
  )
  if (types.length > 1) return { mappings: {}, severalTypes: Object.fromEntries(types) }
  return { mappings: types[0]?.[1] ?? {}, severalTypes: {} }
}

/** Elasticsearch before 7: every mapping has a type name. */
export function hasTypes(cluster: Cluster): boolean {
  return cluster.identity.flavor === 'elasticsearch' && !atLeast(cluster.identity.version, 7)
}

/** Closed indices carry `verified_before_close` since Elasticsearch 7.2; before that only `_cat` tells. */
async function isOpen(cluster: Cluster, name: string, settings: JsonObject, signal: AbortSignal): Promise<boolean> {
  if (setting(settings, 'index.verified_before_close') === 'true') return false
  if (cluster.identity.flavor === 'opensearch' || atLeast(cluster.identity.version, 7, 2)) return true
  const rows = await json<{ status: string }[]>(cluster, {
    method: 'GET',
    path: `/_cat/indices/${indexPath(name)}`,
    query: { format: 'json', h: 'status' },
    signal,
  })
  return rows.every(row => row.status !== 'close')
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
