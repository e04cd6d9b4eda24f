/**
 * What a grant creates, as the security APIs of both families know it. Invariant: only what carries the marker is changed
 * or deleted, so a user or role that somebody else made under the same name stays as it is.
 */
import type { Cluster, ClusterRequest } from '../cluster/cluster.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import { pluginApi, xPackApi } from '../cluster/security.ts'
import type { JsonObject } from '../model/plan.ts'

export type EntityKind = 'role' | 'user' | 'api-key' | 'plugin-role' | 'plugin-user' | 'plugin-mapping'

/** Stands in everything that is created. */
export const marker = 'made by shardferry access grant, removed by shardferry access revoke'

interface Entity {
  /** As a person reads it. */
  readonly noun: string
  path(cluster: Cluster, name: string): string
  /** The body with the marker in it. */
  marked(body: JsonObject): JsonObject
  hasMarker(found: JsonObject): boolean
}

const inMetadata: Pick<Entity, 'marked' | 'hasMarker'> = {
  marked: body => ({ ...body, metadata: { shardferry: marker } }),
  hasMarker: ({ metadata }) => (metadata as JsonObject | undefined)?.['shardferry'] === marker,
}
const inDescription: Pick<Entity, 'marked' | 'hasMarker'> = {
  marked: body => ({ ...body, description: marker }),
  hasMarker: ({ description }) => description === marker,
}

const entities: Readonly<Record<Exclude<EntityKind, 'api-key'>, Entity>> = {
  role: { noun: 'role', path: (cluster, name) => `${xPackApi(cluster)}/role/${encodeURIComponent(name)}`, ...inMetadata },
  user: { noun: 'user', path: (cluster, name) => `${xPackApi(cluster)}/user/${encodeURIComponent(name)}`, ...inMetadata },
  'plugin-role': {
    noun: 'role',
    path: (cluster, name) => `${pluginApi(cluster)}/api/roles/${encodeURIComponent(name)}`,
    ...inDescription,
  },
  'plugin-user': {
    noun: 'internal user',
    path: (cluster, name) => `${pluginApi(cluster)}/api/internalusers/${encodeURIComponent(name)}`,
    marked: body => ({ ...body, attributes: { shardferry: marker } }),
    hasMarker: ({ attributes }) => (attributes as JsonObject | undefined)?.['shardferry'] === marker,
  },
  'plugin-mapping': {
    noun: 'role mapping',
    path: (cluster, name) => `${pluginApi(cluster)}/api/rolesmapping/${encodeURIComponent(name)}`,
    ...inDescription,
  },
}

export function nounOf(kind: EntityKind): string {
  return kind === 'api-key' ? 'API key' : entities[kind].noun
}

/** Whether there is one of that name, and whose it is. A key that was invalidated or has expired counts as gone. */
export async function findEntity(
  cluster: Cluster,
  kind: EntityKind,
  name: string,
  signal: AbortSignal,
): Promise<'nothing' | 'ours' | 'foreign'> {
  if (kind === 'api-key') return (await hasKey(cluster, name, signal)) ? 'ours' : 'nothing'
  const path = entities[kind].path(cluster, name)
  const found = (await jsonIfFound<Readonly<Record<string, JsonObject>>>(cluster, { method: 'GET', path, signal }))?.[name]
  if (found === undefined) return 'nothing'
  return entities[kind].hasMarker(found) ? 'ours' : 'foreign'
}

export async function putEntity(
  cluster: Cluster,
  kind: Exclude<EntityKind, 'api-key'>,
  name: string,
  body: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  const entity = entities[kind]
  await json(cluster, { method: 'PUT', path: entity.path(cluster, name), body: entity.marked(body), signal })
}

/** Nothing where there is none. */
export async function removeEntity(cluster: Cluster, kind: EntityKind, name: string, signal: AbortSignal): Promise<void> {
  if (kind === 'api-key') {
    // No two keys of ours have one name: it ends with a random part.
    const request: ClusterRequest = { method: 'DELETE', path: `${xPackApi(cluster)}/api_key`, body: { name }, signal }
    await jsonIfFound(cluster, request)
  } else await jsonIfFound(cluster, { method: 'DELETE', path: entities[kind].path(cluster, name), signal })
}

async function hasKey(cluster: Cluster, name: string, signal: AbortSignal): Promise<boolean> {
  interface Key {
    readonly name: string
    readonly invalidated: boolean
    readonly expiration?: number
  }
  const request = { method: 'GET', path: `${xPackApi(cluster)}/api_key`, query: { name }, signal } as const
  const answer = await jsonIfFound<{ api_keys?: readonly Key[] }>(cluster, request)
  return (answer?.api_keys ?? []).some(
    key => key.name === name && !key.invalidated && (key.expiration === undefined || key.expiration > Date.now()),
  )
}
