/** A node of either cluster dies as a crash would, the elected master or another: the run goes on where it can, waits where it cannot, and ends exact. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kill, revive } from '../../lab/cluster.ts'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { settled, startPair, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry, Status } from '../support/shardferry.ts'
import type { Site } from '../support/site.ts'

const documents = 3000
let pair: Pair

beforeAll(async () => {
  pair = await startPair('test-fault-outages', { source: { nodes: 2 }, target: { nodes: 2 } })
  await pair.source.json('PUT', '/stream?wait_for_active_shards=all', {
    settings: { number_of_shards: 2, number_of_replicas: 1 },
  })
  await load(pair.source, 'stream', people(documents))
})
afterAll(() => stop('test-fault-outages', pair?.source, pair?.target))

const nodes = ['master', 'other'] as const

test.each(nodes)(
  'a source is read to its end without its %s node, and the run ends once that, which knows no users at first, is back',
  async which => {
    const ferry = ferryOf(pair)
    const target = `stream-without-${which}`
    const { command, running } = await slowCopy(ferry, target)
    const node = await nodeOf(pair.source, which)
    try {
      await kill(pair.source.name, node)
      const left = partsOf(await ferry.status())
      expect(left.phase).toBe('copying')
      expect(left.partitionsDone).toBeLessThan(left.partitionsKnown)
      await ferry.statusWhen(
        status => partsOf(status).partitionsDone > left.partitionsDone + 1,
        'partitions to be settled without the node',
      )
      await fullSpeed(ferry)
      await ferry.statusWhen(
        status => partsOf(status).partitionsDone === left.partitionsKnown,
        'every partition to be settled without the node',
      )
    } finally {
      await revive(pair.source.name, node)
    }
    await endsExact(ferry, command, running, target)
  },
)

test.each(nodes)(
  'a target whose %s node dies and comes back has what it acknowledged before, and takes the rest',
  async which => {
    const ferry = ferryOf(pair)
    const target = `stream-into-${which}`
    const { command, running } = await slowCopy(ferry, target)
    const node = await nodeOf(pair.target, which)
    try {
      await kill(pair.target.name, node)
      const left = partsOf(await ferry.status())
      expect(left.phase).toBe('copying')
      // What is settled is not sent again: it must have outlived the node.
      expect(left.partitionsDone).toBeGreaterThan(0)
      expect(left.partitionsDone).toBeLessThan(left.partitionsKnown)
      await ferry.statusWhen(status => partsOf(status).retries > 0, 'the loss to be noticed')
    } finally {
      await settled([revive(pair.target.name, node), fullSpeed(ferry)])
    }
    await endsExact(ferry, command, running, target)
  },
)

/** Starts a copy that would take a while, and waits until some of it is settled. */
async function slowCopy(ferry: Ferry, target: string): Promise<Slow> {
  const shape = ['--page-bytes', '8kb', '--source-timeout', '5s', '--target-timeout', '5s']
  const command = ['copy', '--index', 'stream', '--rename', target, ...shape]
  const running = ferry.start([...command, '--docs-per-second', '200'])
  await ferry.statusWhen(({ progress }) => (progress?.partitionsDone ?? 0) > 0, 'a partition to be settled')
  return { command, running }
}

interface Slow {
  readonly command: readonly string[]
  readonly running: ReturnType<Ferry['start']>
}

async function endsExact(ferry: Ferry, command: readonly string[], running: Slow['running'], target: string): Promise<void> {
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'stream', { target })).toEqual({ documents, differences: [] })
  const exact = {
    state: 'done',
    report: { verdict: 'exact', balanced: true, total: { setAside: 0, filtered: 0 } },
  }
  const { report, ...status } = await ferry.status()
  expect({ report, ...status }).toMatchObject(exact)
  const { read = 0, written = 0, alreadyNewer = 0 } = report?.total ?? {}
  expect(written + alreadyNewer).toBe(read)
  // Where a primary of the source died, what its loss may have hidden is read once more.
  expect(read).toBeGreaterThanOrEqual(documents)
  expect(read).toBeLessThanOrEqual(2 * documents)
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.status()).toMatchObject(exact)
}

function partsOf({ progress }: Status): NonNullable<Status['progress']> {
  if (progress === null) throw new Error('The run has published nothing yet.')
  return progress
}

async function nodeOf(site: Site, which: (typeof nodes)[number]): Promise<number> {
  const [master] = await site.json<readonly { readonly node: string }[]>('GET', '/_cat/master?format=json&h=node')
  const elected = [0, 1].find(i => master?.node === `${site.name}-${i}`)
  if (elected === undefined) throw new Error(`${site.name} has no elected master.`)
  return which === 'master' ? elected : 1 - elected
}

async function fullSpeed(ferry: Ferry): Promise<void> {
  expect(await ferry.run(['throttle', '--docs-per-second', '0'])).toMatchObject({ code: 0 })
}
