import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'

/** Which hosts a node lets `_reindex` read from: a static setting of each node. */
export interface AllowList {
  readonly node: string
  /** `host:port` with `*` for anything. */
  readonly patterns: readonly string[]
}

/** Of every node; needs the cluster privilege `monitor`. */
export async function readAllowLists(target: Cluster, signal: AbortSignal): Promise<readonly AllowList[]> {
  interface Node {
    readonly name: string
    readonly settings?: {
      readonly reindex?: { readonly remote?: Readonly<Record<string, string | readonly string[] | undefined>> }
    }
  }
  const { nodes = {} } = await json<{ nodes?: Readonly<Record<string, Node>> }>(target, {
    method: 'GET',
    path: '/_nodes/settings',
    query: { filter_path: 'nodes.*.name,nodes.*.settings.reindex.remote' },
    signal,
  })
  return Object.values(nodes)
    .map(({ name, settings }) => ({
      node: name,
      patterns: [settings?.reindex?.remote?.['allowlist'] ?? settings?.reindex?.remote?.['whitelist'] ?? []].flat(),
    }))
    .sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }))
}

/** Compared as texts, as the servers do: `localhost` is not `127.0.0.1`. */
export function allows({ patterns }: AllowList, hostPort: string): boolean {
  return patterns.some(pattern =>
    new RegExp(`^${pattern.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '.*')}$`, 's').test(hostPort),
  )
}

/** An entry for the same machine under another name, which a person takes for the right one. */
export function nearMiss({ patterns }: AllowList, hostPort: string): string | undefined {
  const [host = '', port = ''] = splitPort(hostPort)
  return patterns.find(pattern => {
    const [otherHost = '', otherPort = ''] = splitPort(pattern.replace(/^https?:\/\//, ''))
    const samePort = otherPort === port || otherPort === '*' || otherPort === ''
    const sameHost = otherHost.toLowerCase() === host.toLowerCase()
    return (samePort && (sameHost || (isHere(host) && isHere(otherHost)))) || sameHost
  })
}

function splitPort(text: string): string[] {
  const at = text.lastIndexOf(':')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function isHere(host: string): boolean {
  return /^(localhost|127\..*|\[?::1\]?)$/i.test(host)
}
