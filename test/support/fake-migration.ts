/** A whole migration inside the test process: two fake clusters, a journal in a list, and time that passes only when somebody sleeps. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { assemble } from '../../src/assemble.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { virtualWorld } from '../../src/flow/virtual-world.test-part.ts'
import { journalOf } from '../../src/journal/list-journal.test-part.ts'
import type { ListJournal } from '../../src/journal/list-journal.test-part.ts'
import { holder, indexTask, plan } from '../../src/journal/sample-entries.test-part.ts'
import type { Migration } from '../../src/migration/migration.ts'
import type { Entry } from '../../src/model/entries.ts'
import type { IndexTask } from '../../src/model/plan.ts'
import type { World } from '../../src/model/ports.ts'
import type { CopySettings } from '../../src/settings/settings.ts'
import { connectTo, send } from '../contract/connect-to.ts'
import { startFake } from '../fake/fake.ts'
import type { FakeCluster, FakeOptions } from '../fake/fake.ts'
import type { Shard } from '../fake/shard.ts'

export interface FakeMigration {
  readonly source: FakeCluster
  readonly target: FakeCluster
  readonly journal: ListJournal
  /** Of the way back. */
  readonly back: ListJournal
  readonly folder: string
  readonly task: IndexTask
  /** The only shard of the source index. */
  readonly shard: Shard
  /** What a process makes of the journal as it stands. */
  process(world?: World): Migration
  /** Writes documents `n` to the source, with `text` in them. */
  write(text: string, ...numbers: readonly number[]): Promise<void>
  remove(n: number): Promise<void>
  /** What a cluster holds now, by id. */
  documents(side: 'source' | 'target'): Map<string, string>
  types(): Entry['type'][]
}

const copy: CopySettings = {
  engine: 'stream',
  intoExisting: false,
  versionFrom: 'seq-no',
  readBy: 'auto',
  width: 2,
  readers: 1,
  partitionDocs: 10,
  partitionBytes: 1_000_000,
  pageBytes: 100_000,
  docsPerSecond: 0,
  bytesPerSecond: 0,
  protect: true,
  maxLoad: 0,
  windows: [],
  maxSetAside: 1_000,
  catchUpRounds: 5,
  follow: false,
  followBack: true,
  tune: true,
  deletes: 'auto',
  unknownTypes: 'refuse',
}

/** The index `cities` of one shard goes to `towns`, and `beside` others of three documents to their own names; ended with the test. */
export async function fakeMigration(
  more: {
    readonly docs?: number
    readonly beside?: number
    readonly task?: Partial<IndexTask>
    readonly source?: FakeOptions
    readonly copy?: Partial<CopySettings>
  } = {},
): Promise<FakeMigration> {
  const source = await startFake(more.source)
  const target = await startFake({ flavor: 'opensearch' })
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  const clusters: Cluster[] = [await connectTo(source.url), await connectTo(target.url, 'target')]
  onTestFinished(async () => {
    for (const cluster of clusters) await cluster.close()
    await source.close()
    await target.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const put = (address: string, name: string): Promise<unknown> =>
    send(address, 'PUT', `/${name}`, { settings: { number_of_shards: 1 } })
  await put(source.url, 'cities')
  if (more.task?.action === 'into-existing') await put(target.url, 'towns')
  const task = indexTask('cities', {
    target: 'towns',
    uuid: source.store.index('cities').uuid,
    settings: { index: { number_of_shards: '1' } },
    tuning: { 'index.refresh_interval': '-1' },
    deletes: { by: 'manifest', reason: '' },
    ...more.task,
  })
  const settings = { number_of_shards: '1', number_of_replicas: '0' }
  const others = await Promise.all(
    Array.from({ length: more.beside ?? 0 }, async (_, n) => {
      const name = `beside-${n}`
      await send(source.url, 'PUT', `/${name}`, { settings })
      await send(source.url, 'POST', `/${name}/_bulk`, '{"index":{}}\n{"n":1}\n'.repeat(3))
      return indexTask(name, {
        uuid: source.store.index(name).uuid,
        settings: { index: settings },
        tuning: task.tuning,
        deletes: task.deletes!,
      })
    }),
  )
  const planned = plan(task, ...others)
  const journal = journalOf([
    { type: 'planned', plan: planned },
    { type: 'started', holder },
  ])
  const back = journalOf()
  const write: FakeMigration['write'] = async (text, ...numbers) => {
    const lines = numbers.map(n => `{"index":{"_id":"d${n}"}}\n{"n":${n},"text":"${text}"}\n`)
    if (lines.length > 0) await send(source.url, 'POST', '/cities/_bulk', lines.join(''))
  }
  await write('first', ...Array.from({ length: more.docs ?? 25 }, (_, n) => n))
  return {
    source,
    target,
    journal,
    back,
    folder,
    task,
    shard: source.store.index('cities').shards[0]!,
    process: (world = virtualWorld({ restless: true })) =>
      assemble({
        plan: planned,
        copy: { ...copy, ...more.copy },
        source: clusters[0]!,
        target: clusters[1]!,
        journal,
        openBack: () => back,
        folder,
        world,
      }),
    write,
    remove: async n => void (await send(source.url, 'DELETE', `/cities/_doc/d${n}`)),
    documents: side => {
      const index = side === 'source' ? source.store.index('cities') : target.store.index('towns')
      return new Map(index.shards.flatMap(shard => [...shard.live.values()].map(doc => [doc.id, doc.source.toString()] as const)))
    },
    types: () => journal.kept.map(entry => entry.type),
  }
}
