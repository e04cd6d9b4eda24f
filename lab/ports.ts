import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { LabError } from './errors.ts'
import { readClusters, runningNodes } from './record.ts'

const transportOffset = 1000

interface PortPair {
  port: number
  transportPort: number
}

function pairs(firstPort: number, count: number): PortPair[] {
  return Array.from({ length: count }, (_, i) => ({ port: firstPort + i, transportPort: firstPort + i + transportOffset }))
}

/** The ports from firstPort on, if all are free. */
export async function portsFrom(firstPort: number, count: number): Promise<PortPair[]> {
  const wanted = pairs(firstPort, count)
  const highest = 65_536 - transportOffset - count
  if (firstPort < 1 || firstPort > highest)
    throw new LabError(`Port ${firstPort} is out of range.`, `Choose one from 1 to ${highest}.`)
  for (const port of wanted.flatMap(pair => [pair.port, pair.transportPort])) {
    // A node that is just starting, or was killed to be revived, has its port though it does not listen.
    const owner = readClusters().find(cluster => runningNodes(cluster).length > 0 && portsOf(cluster.nodes).includes(port))
    if (owner === undefined && (await isFree(port))) continue
    const who = owner === undefined ? 'by a process that is not of this lab' : `by the lab cluster ${owner.name}`
    throw new LabError(`Port ${port} is taken ${who}.`, '"lab list" shows what the lab runs; choose other ports with --port.')
  }
  return wanted
}

/** Ports that nothing listens on and no recorded cluster claims, below the range systems give out by themselves. */
export async function freePorts(count: number): Promise<PortPair[]> {
  const claimed = new Set(readClusters().flatMap(cluster => portsOf(cluster.nodes)))
  for (let attempt = 0; attempt < 200; attempt++) {
    const wanted = pairs(randomInt(20_000, 30_000), count)
    const ports = portsOf(wanted)
    if (ports.some(port => claimed.has(port))) continue
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return wanted
  }
  throw new LabError(`The lab found no ${count} free ports in a row between 20000 and 30000.`, 'Name the first one with --port.')
}

function portsOf(pairs: PortPair[]): number[] {
  return pairs.flatMap(({ port, transportPort }) => [port, transportPort])
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
