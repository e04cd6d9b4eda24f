/** A cluster under drill: its nodes die and come back, and whoever asks it something asks a node that lives. */
import { setTimeout as sleep } from 'node:timers/promises'
import { kill, list, revive } from '../../lab/cluster.ts'
import type { Pair } from '../../test/support/pair.ts'
import { siteAt } from '../../test/support/site.ts'
import type { Body, Method, Reply, SecuredSite, Site } from '../../test/support/site.ts'
import { until } from '../../test/support/until.ts'

export interface DrillCluster {
  readonly site: SecuredSite
  /** Elasticsearch or OpenSearch of some version, as the lab calls it. */
  readonly dist: string
  readonly nodes: number
  /** Sends a request once; after a failure the next one goes to another node. */
  once(method: Method, path: string, body?: Body): Promise<Reply>
  /** Sends a request to a node that does not refuse the connection. @throws Error where none answers */
  send(method: Method, path: string, body?: Body): Promise<Reply>
  /** As `send`, again and again as long as a cluster may need to sort itself out. @throws Error for a status of 300 and above */
  json<T>(method: Method, path: string, body?: Body): Promise<T>
  /** A node that answered last. */
  alive(): Site
  kill(node: number): Promise<void>
  /** Starts every node that does not run. */
  revive(): Promise<void>
  /** The elected master's number. */
  master(): Promise<number>
  /** Waits until every copy of every shard is there. */
  green(): Promise<void>
  close(): Promise<void>
}

export function drillCluster(site: Pair['source']): DrillCluster {
  const lab = list().find(({ name }) => name === site.name)
  const { admin, caPath } = lab ?? {}
  if (!lab || !admin || !caPath) throw new Error(`The lab does not know ${site.name}.`)
  const each: readonly Site[] = lab.urls.map(url => siteAt(site.name, [url], { admin, caPath, user: site.user }))
  let first = 0
  const once: DrillCluster['once'] = async (method, path, body) => {
    const node = first
    try {
      return await each[node]!.send(method, path, body)
    } catch (thrown) {
      if (first === node) first = (node + 1) % each.length
      throw thrown
    }
  }
  const send: DrillCluster['send'] = async (method, path, body) => {
    let failure: unknown
    for (let turn = 0; turn < each.length; turn++) {
      const node = (first + turn) % each.length
      try {
        const reply = await each[node]!.send(method, path, body)
        first = node
        return reply
      } catch (thrown) {
        failure = thrown
      }
    }
    throw failure
  }
  return {
    site,
    dist: lab.dist,
    nodes: each.length,
    once,
    send,
    json: <T>(method: Method, path: string, body?: Body) =>
      until(`${site.name} to answer ${method} ${path}`, async () => {
        const reply = await send(method, path, body).catch(() => undefined)
        if (reply === undefined || reply.status === 429 || reply.status >= 500) return undefined
        if (reply.status < 300) return JSON.parse(reply.body.toString('utf8')) as T
        throw new Error(`${site.name} answers ${reply.status} to ${method} ${path}: ${reply.body.toString('utf8').slice(0, 400)}`)
      }),
    alive: () => each[first]!,
    kill: node => kill(site.name, node),
    revive: () => revive(site.name),
    master: async () => {
      const reply = await send('GET', '/_cat/master?format=json&h=node')
      const [elected] = JSON.parse(reply.body.toString('utf8')) as readonly { readonly node: string }[]
      return Number(elected?.node.split('-').at(-1))
    },
    green: async () => {
      const untilMs = performance.now() + longestHealingMs
      while (!(await isGreen(send, each.length))) {
        if (performance.now() > untilMs) throw new Error(`${site.name} does not become green: ${await explained(send)}`)
        await sleep(200)
        // A copy that could not be set up five times is not tried again by itself.
        if (performance.now() > untilMs - longestHealingMs / 2) {
          await send('POST', '/_cluster/reroute?retry_failed=true').catch(() => undefined)
          await sleep(5_000)
        }
      }
    },
    close: async () => {
      for (const one of each) await one.close()
    },
  }
}

const longestHealingMs = 180_000

async function isGreen(send: DrillCluster['send'], nodes: number): Promise<boolean> {
  const reply = await send('GET', '/_cluster/health').catch(() => undefined)
  if (reply?.status !== 200) return false
  const health = JSON.parse(reply.body.toString('utf8')) as {
    readonly status: string
    readonly number_of_nodes: number
    readonly relocating_shards: number
  }
  return health.status === 'green' && health.number_of_nodes === nodes && health.relocating_shards === 0
}

async function explained(send: DrillCluster['send']): Promise<string> {
  const [health, shard] = [await send('GET', '/_cluster/health'), await send('GET', '/_cluster/allocation/explain')]
  return `${health.body.toString('utf8')} ${shard.body.toString('utf8').slice(0, 3000)}`
}
