import { ShardferryError } from '../model/errors.ts'
import { atLeast, parseVersion } from '../model/version.ts'
import type { Flavor, Identity } from '../model/version.ts'
import type { Answer, Cluster, Connection } from './cluster.ts'
import { json } from './json.ts'
import { refusal } from './refusal.ts'

interface Root {
  readonly cluster_name?: string
  readonly cluster_uuid?: string
  readonly version?: { readonly number?: string; readonly distribution?: string; readonly build_flavor?: string }
  readonly tagline?: string
}

/**
 * Asks the root endpoint what the cluster is. No single sign is trusted: OpenSearch may be set to call itself 7.10.2
 * (`compatibility.override_main_response_version`), Elasticsearch sends `X-Elastic-Product` only from 7.14 on.
 */
export async function identify(connection: Connection, signal: AbortSignal): Promise<Cluster> {
  const request = { method: 'GET', path: '/', signal } as const
  const answer = await connection.exchange(request)
  if (answer.status >= 400) throw refusal(connection, request, answer)
  const root = parseRoot(connection, answer)
  const flavor = flavorOf(root, answer)
  const number = root.version?.number
  let version = number === undefined ? undefined : parseVersion(number)
  if (!flavor || !version) {
    const place = answer.from ?? connection.address
    throw new ShardferryError('not-a-cluster', `What answers at ${place} is neither Elasticsearch nor OpenSearch.`, {
      hint: `Look at what it says: curl ${place}/ . Give the address of a node or of a proxy that passes everything through.`,
    })
  }
  if (flavor === 'opensearch' && atLeast(version, 5)) version = (await nodeVersion(connection, signal)) ?? version
  const identity: Identity = { flavor, version, clusterName: root.cluster_name ?? '', clusterUuid: root.cluster_uuid ?? '' }
  return Object.create(connection, { identity: { value: identity, enumerable: true } }) as Cluster
}

function parseRoot(connection: Connection, answer: Answer): Root {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body)) as Root
  } catch (cause) {
    throw new ShardferryError('not-a-cluster', `What answers at ${answer.from ?? connection.address} does not answer in JSON.`, {
      cause,
      hint: 'Give the address of a node, or of a proxy that passes everything through.',
    })
  }
}

function flavorOf(root: Root, answer: Answer): Flavor | undefined {
  if (root.version?.distribution === 'opensearch' || root.tagline?.includes('OpenSearch')) return 'opensearch'
  if (answer.headers['x-elastic-product'] === 'Elasticsearch' || root.tagline === 'You Know, for Search') return 'elasticsearch'
  return undefined
}

/** The version a node gives of itself, where the root endpoint is set to tell another. */
async function nodeVersion(connection: Connection, signal: AbortSignal): Promise<Identity['version'] | undefined> {
  try {
    const answer = await json<{ nodes?: Record<string, { version?: string }> }>(connection, {
      method: 'GET',
      path: '/_nodes/_local',
      query: { filter_path: 'nodes.*.version' },
      signal,
    })
    const text = Object.values(answer.nodes ?? {})[0]?.version
    return text === undefined ? undefined : parseVersion(text)
  } catch {
    return undefined
  }
}
