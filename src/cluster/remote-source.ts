/** The source as the target's own `_reindex` is told of it: what checks ask with is what the engine sends. */
import type { Auth, ConnectionSettings } from '../model/connection.ts'
import type { Flavor } from '../model/version.ts'

export interface RemoteHost {
  /** `scheme://host:port/prefix`, as `source.remote.host` takes it: the servers want the port written out. */
  readonly host: string
  /** What allow-lists are compared with. */
  readonly hostPort: string
}

/** @param given the source as the target's nodes know it; its first address where it is missing */
export function remoteHostOf({ addresses }: Pick<ConnectionSettings, 'addresses'>, given: string | undefined): RemoteHost {
  const { protocol, hostname, port, pathname } = new URL(given ?? addresses[0] ?? '')
  const hostPort = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
  return { host: `${protocol}//${hostPort}${pathname.replace(/\/+$/, '')}`, hostPort }
}

/** The static node setting of hosts that may be read from; OpenSearch still reads the older name up to 2. */
export function allowListSetting(flavor: Flavor): string {
  return flavor === 'elasticsearch' ? 'reindex.remote.whitelist' : 'reindex.remote.allowlist'
}

/** For the wire only. A key or token travels as a header: only Elasticsearch 9.3 knows `api_key` here. */
export function remoteCredentials(auth: Auth): object {
  switch (auth.kind) {
    case 'none':
      return {}
    case 'basic':
      return { username: auth.username, password: auth.password.reveal() }
    case 'api-key':
      return { headers: { Authorization: `ApiKey ${auth.key.reveal()}` } }
    case 'bearer':
      return { headers: { Authorization: `Bearer ${auth.token.reveal()}` } }
  }
}
