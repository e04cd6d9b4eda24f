import type { Cluster } from '../../cluster/cluster.ts'
import type { Change, Json, JsonObject, MetadataPart, ObjectKindName } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import type { Choices } from '../rule.ts'

/** One kind of thing that a cluster has beside its indices. */
export interface ObjectKind {
  readonly name: ObjectKindName
  readonly part: MetadataPart
  /** Whether such a server has the kind at all. */
  known(server: Identity): boolean
  /** By name, as its server would take it again; without what a server makes for itself. */
  read(cluster: Cluster, signal: AbortSignal): Promise<Readonly<Record<string, JsonObject>>>
  convert(definition: JsonObject, from: Identity, to: Identity, choices: Choices): Converted
  /** Where one of them is written and deleted; undefined for what is only told. */
  path?(server: Identity, name: string): string
}

export interface Converted {
  readonly definition: JsonObject
  readonly changes: readonly Change[]
  readonly refusals: readonly string[]
}

export function unchanged(definition: JsonObject): Converted {
  return { definition, changes: [], refusals: [] }
}

/** Made by the server or a product of its makers, which makes it on the target too. */
export function isManaged(name: string, definition: JsonObject): boolean {
  const meta = definition['_meta']
  const managed = typeof meta === 'object' && meta !== null && (meta as JsonObject)['managed'] === true
  const { index_patterns: given, template } = definition
  const patterns = Array.isArray(given) ? (given as readonly Json[]) : typeof template === 'string' ? [template] : []
  // Of older versions only the names of the indices tell.
  const ofSystem = patterns.length > 0 && patterns.every(pattern => typeof pattern === 'string' && pattern.startsWith('.'))
  return managed || ofSystem || /^(\.|xpack_|ilm-history|logs@|metrics@|traces@|synthetics@|ecs@|data-streams)/.test(name)
}
