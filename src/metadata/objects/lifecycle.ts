import { json } from '../../cluster/json.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import type { Identity } from '../../model/version.ts'
import { isObject, without } from '../tree.ts'
import { ilmToIsm } from './ilm-to-ism.ts'
import { ismToIlm } from './ism-to-ilm.ts'
import { isManaged, unchanged } from './object-kind.ts'
import type { ObjectKind } from './object-kind.ts'

/** ILM policies of Elasticsearch, ISM policies of OpenSearch. Indices get theirs when everything is moved, by hand: a policy would act on half of a copy. */
export const lifecyclePolicies: ObjectKind = {
  name: 'lifecycle-policy',
  part: 'lifecycle',
  known: ({ flavor, version }) => flavor === 'opensearch' || atLeast(version, 6, 6),
  read: async (cluster, signal) => {
    const found = await unlessMissing(
      cluster.identity.flavor === 'opensearch' ? readIsm(cluster, signal) : readIlm(cluster, signal),
    )
    return Object.fromEntries(Object.entries(found).filter(([name, { policy }]) => !isObject(policy) || !isManaged(name, policy)))
  },
  convert: (definition, from, to) => {
    if (from.flavor === to.flavor) return unchanged(definition)
    return to.flavor === 'opensearch' ? ilmToIsm(definition) : ismToIlm(definition)
  },
  path: (server, name) => `${folder(server)}/${encodeURIComponent(name)}`,
}

function folder({ flavor }: Identity): string {
  return flavor === 'opensearch' ? '/_plugins/_ism/policies' : '/_ilm/policy'
}

async function readIlm(cluster: Cluster, signal: AbortSignal): Promise<Record<string, JsonObject>> {
  const found = await json<Record<string, JsonObject>>(cluster, { method: 'GET', path: folder(cluster.identity), signal })
  return Object.fromEntries(Object.entries(found).map(([name, { policy }]) => [name, { policy: policy ?? {} }]))
}

/** What the server adds to a policy. */
const own = ['policy_id', 'last_updated_time', 'schema_version', 'error_notification', 'user']

async function readIsm(cluster: Cluster, signal: AbortSignal): Promise<Record<string, JsonObject>> {
  const found = await json<{ policies?: readonly { _id: string; policy: JsonObject }[] }>(cluster, {
    method: 'GET',
    path: folder(cluster.identity),
    query: { size: 1000 },
    signal,
  })
  return Object.fromEntries((found.policies ?? []).map(({ _id, policy }) => [_id, { policy: without(policy, ...own) }]))
}

/** A server without the plugin or the licence knows no such path. */
async function unlessMissing(found: Promise<Record<string, JsonObject>>): Promise<Record<string, JsonObject>> {
  try {
    return await found
  } catch (thrown) {
    if (thrown instanceof ShardferryError && [400, 404, 405].includes(thrown.status ?? 0)) return {}
    throw thrown
  }
}
