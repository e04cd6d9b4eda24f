/**
 * A source whose node dies takes back operations that were not on disk yet, although searches have shown them: what such
 * an operation hid from a round is read again. One copy and an asynchronous translog make that happen every time.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kill, revive } from '../../lab/cluster.ts'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Document } from '../support/documents.ts'
import { startPair, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry, Report } from '../support/shardferry.ts'
import { until } from '../support/until.ts'

const documents = 600
const syncedDeletes = ['p400', 'p401', 'p402']
const lostDeletes = ['p500', 'p501', 'p502', 'p503']
let pair: Pair

beforeAll(async () => {
  pair = await startPair('test-fault-primary')
})
afterAll(() => stop('test-fault-primary', pair?.source, pair?.target))

const copy = (index: string): string[] => ['copy', '--index', index, '--source-timeout', '5s']

test('an operation that is taken back, between two runs or during one, leaves nothing behind that is not on the target', async () => {
  const [between, during] = [ferryOf(pair), ferryOf(pair)]
  const both = [
    { ferry: between, index: 'between' },
    { ferry: during, index: 'during' },
  ]
  for (const { ferry, index } of both) {
    await copied(ferry, index)
    await hideSynced(index)
  }
  const cut = await between.run(copy('between'), { SHARDFERRY_CRASH_AT: 'round-closed' })
  expect(cut.signal).toBe('SIGKILL')
  const running = during.start(copy('during'))
  // It has read its round by then, and waits for the operations that are not on disk.
  await during.statusWhen(({ progress }) => progress?.phase === 'catching-up', 'the round to be read')
  await kill(pair.source.name, 0)
  await revive(pair.source.name, 0)
  for (const { index } of both) await restored(index)

  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await between.run(copy('between'))).toMatchObject({ code: 0, stderr: '' })
  for (const { ferry, index } of both) {
    expect(await compare(pair, index)).toEqual({ documents: documents - syncedDeletes.length, differences: [] })
    const report = reportIn(ferry)
    expect(report).toMatchObject({
      verdict: 'exact',
      indices: [{ deleted: { state: 'carried', carried: syncedDeletes.length } }],
    })
    expect(report.notes).toContainEqual(expect.stringContaining('read again'))
  }
})

/** An index of one copy that is not synced by itself, copied once. */
async function copied(ferry: Ferry, index: string): Promise<void> {
  await pair.source.json('PUT', `/${index}`, {
    settings: {
      number_of_shards: 1,
      number_of_replicas: 0,
      translog: { durability: 'async', sync_interval: '600s' },
    },
  })
  await load(pair.source, index, people(documents))
  await sync(index)
  expect(await ferry.run(copy(index))).toMatchObject({ code: 0, stderr: '' })
}

/**
 * Documents are changed, which is synced, and changed again, which is not: the first change cannot be seen any more. So with
 * deletes: some are synced, and some are not and will be taken back.
 */
async function hideSynced(index: string): Promise<void> {
  await load(pair.source, index, people(20).map(changed('synced')))
  await remove(index, syncedDeletes)
  await sync(index)
  await load(pair.source, index, people(20).map(changed('lost')))
  await remove(index, lostDeletes)
  expect(await count(index, 'lost')).toBe(20)
}

async function restored(index: string): Promise<void> {
  await pair.source.json('GET', `/_cluster/health/${index}?wait_for_status=green&timeout=60s`)
  expect([await count(index, 'lost'), await count(index, 'synced')]).toEqual([0, 20])
}

async function remove(index: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await pair.source.json('DELETE', `/${index}/_doc/${id}?refresh=true`)
}

function changed(how: string): (document: Document) => Document {
  return ({ id, source }) => ({ id, source: source.replace('{', `{"changed":"${how}", `) })
}

async function sync(index: string): Promise<void> {
  await pair.source.json('POST', `/${index}/_flush?force=true`)
  await until('everything to be on disk', async () => {
    const stats = await pair.source.json<{ indices: Record<string, { shards: Record<string, { seq_no: SeqNo }[]> }> }>(
      'GET',
      `/${index}/_stats?level=shards`,
    )
    const { max_seq_no, global_checkpoint } = stats.indices[index]!.shards['0']![0]!.seq_no
    return max_seq_no === global_checkpoint ? true : undefined
  })
}
interface SeqNo {
  readonly max_seq_no: number
  readonly global_checkpoint: number
}

async function count(index: string, how: string): Promise<number> {
  const query = { term: { 'changed.keyword': how } }
  return (await pair.source.json<{ count: number }>('POST', `/${index}/_count`, { query })).count
}

function reportIn(ferry: Ferry): Report {
  return JSON.parse(readFileSync(join(ferry.state, 'm', 'report.json'), 'utf8')) as Report
}
