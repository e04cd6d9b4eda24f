import { setTimeout as sleep } from 'node:timers/promises'
import { secureRecipeOf } from './dists.ts'
import { LabError } from './errors.ts'
import { ask } from './http.ts'
import { logTail } from './node.ts'
import { isRunning } from './process.ts'
import { runningNodes, type LabCluster, type LabNode } from './record.ts'

/**
 * Returns when every running node knows the admin's password, sees all running nodes in the cluster, and sees no index
 * whose primary shards are missing. Throws with the log's tail when a node in `started` ends or the time is over.
 */
export async function waitUntilUp(cluster: LabCluster, started: LabNode[], timeoutMs: number): Promise<void> {
  const endMs = Date.now() + timeoutMs
  for (;;) {
    const ended = started.find(node => !isRunning(node))
    if (ended !== undefined) throw notUp(cluster, ended, `node ${cluster.nodes.indexOf(ended)} ended while it was starting`)
    const unready = await firstUnready(cluster, runningNodes(cluster))
    if (unready === undefined) return
    if (Date.now() > endMs) {
      const { node, problem } = unready
      throw notUp(cluster, node, `node ${cluster.nodes.indexOf(node)} is not ready after ${timeoutMs / 1000} s (${problem})`)
    }
    await sleep(250)
  }
}

function notUp(cluster: LabCluster, node: LabNode, what: string): LabError {
  const tail = logTail(cluster, cluster.nodes.indexOf(node), 40)
  return new LabError(`${cluster.name} did not start: ${what}.`, `The end of its log:\n${tail}`)
}

/** One node after the other: nodes that are busy starting are not asked before it matters. */
async function firstUnready(cluster: LabCluster, nodes: LabNode[]): Promise<{ node: LabNode; problem: string } | undefined> {
  for (const node of nodes) {
    const problem = await nodeProblem(cluster, node, nodes.length)
    if (problem !== undefined) return { node, problem }
  }
  return undefined
}

/** What keeps this node from being ready; undefined when it is. */
async function nodeProblem(cluster: LabCluster, node: LabNode, expectedNodes: number): Promise<string | undefined> {
  try {
    await get(cluster, node, cluster.secure ? secureRecipeOf(cluster.dist).whoAmIPath : '/')
    const health = JSON.parse(await get(cluster, node, '/_cluster/health?local=true')) as {
      status: string
      number_of_nodes: number
    }
    if (health.number_of_nodes < expectedNodes) return `it sees ${health.number_of_nodes} of ${expectedNodes} nodes`
    return health.status === 'red' ? 'the cluster is red' : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The body of the node's answer; throws if that is not 200. */
async function get(cluster: LabCluster, node: LabNode, path: string): Promise<string> {
  const { status, body } = await ask(cluster, node, { path })
  if (status !== 200) throw new Error(`HTTP ${status} ${body.slice(0, 200)}`)
  return body
}
