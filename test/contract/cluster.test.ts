/** What `src/cluster` promises to the rest, kept by real servers and by the fake that stands for them elsewhere. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BulkItem } from '../../src/cluster/bulk.ts'
import { bulk } from '../../src/cluster/bulk.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { indexPath } from '../../src/cluster/cluster.ts'
import { json, jsonIfFound } from '../../src/cluster/json.ts'
import { closeScroll, firstPage, nextPage } from '../../src/cluster/scroll.ts'
import type { HeldPage, PageLimits, Scroll } from '../../src/cluster/scroll.ts'
import { primaryCopies, primaryTimes } from '../../src/cluster/primaries.ts'
import { count, indexUuid, indexWriteBlocked, primaryMarks, refresh, standing } from '../../src/cluster/shards.ts'
import { indexTask } from '../../src/journal/sample-entries.test-part.ts'
import { tuneIndexStep } from '../../src/metadata/tune.ts'
import type { Doc } from '../../src/model/documents.ts'
import type { JsonObject } from '../../src/model/plan.ts'
import { connectTo, send } from './connect-to.ts'
import { maxContentBytes, participants } from './participants.ts'
import type { Running } from './participants.ts'

const signal = new AbortController().signal
const all: JsonObject = { match_all: {} }
const roomy: PageLimits = { shards: 1, maxBytes: Infinity }

function doc(id: string, more: Partial<Doc> & { readonly text?: string } = {}): Doc {
  return { id, routing: undefined, version: 1n, source: Buffer.from(more.text ?? `{"id":${JSON.stringify(id)}}`), ...more }
}

function docs(total: number, from = 0): Doc[] {
  return Array.from({ length: total }, (_, i) => doc(`d${from + i}`, { text: `{"n":${from + i}}` }))
}

function hitsOf(page: HeldPage): { id: string; source: string }[] {
  const hits = page.hits.map(hit => ({ id: hit.id, source: Buffer.from(hit.source ?? []).toString() }))
  page.release()
  return hits
}

function scrollOf({ scroll }: HeldPage): Scroll {
  if (!scroll) throw new Error('The page belongs to no scroll.')
  return scroll
}

function idsOf(hits: readonly { readonly id: string }[]): string[] {
  return hits.map(({ id }) => id).toSorted()
}

for (const participant of participants) {
  describe(`with ${participant.name}`, () => {
    let running: Running | undefined
    let address: string
    let cluster: Cluster
    let index: string
    let made = 0

    beforeAll(async () => {
      running = await participant.start()
      address = running.address
      cluster = await connectTo(address)
    })
    afterAll(async () => {
      await cluster?.close()
      await running?.stop()
    })
    beforeEach(() => {
      index = `promise-${made++}`
    })

    async function create(
      settings: JsonObject = {},
      mappings: JsonObject = { properties: { n: { type: 'long' } } },
    ): Promise<void> {
      const defaults = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' }
      await send(address, 'PUT', `/${indexPath(index)}`, { settings: { ...defaults, ...settings }, mappings })
    }

    async function fill(documents: readonly Doc[]): Promise<void> {
      expect(await write(documents)).toEqual(documents.map(() => accepted))
      await refresh(cluster, index, signal)
    }

    const accepted: BulkItem = { status: 200, type: '', reason: '' }
    const write = (documents: readonly Doc[]): Promise<readonly BulkItem[]> => bulk(cluster, index, documents, signal)
    const pageOf = (body: object, more: { preference?: string; keepAlive?: string } = {}, limits = roomy): Promise<HeldPage> =>
      firstPage(
        cluster,
        index,
        {
          body: { query: all, sort: ['_doc'], track_total_hits: true, seq_no_primary_term: true, version: true, ...body },
          ...more,
        },
        limits,
        signal,
      )

    describe('identify', () => {
      test('tells family, version, name and uuid of the cluster', () => {
        const { flavor, version, clusterName, clusterUuid } = cluster.identity
        expect({ flavor, version }).toEqual({ flavor: participant.flavor, version: participant.version })
        expect(clusterName).not.toBe('')
        expect(clusterUuid).toMatch(/^[\w-]{22}$/)
      })
    })

    describe('a page', () => {
      test('has each document with id, routing, sequence number, version, and its bytes as they were sent', async () => {
        await create({}, { dynamic: false })
        const sources = [
          ' {"n": 1.50, "m": 1E+2, "big": 12345678901234567890123, "tiny": 0.10000000000000000001, "zero": -0.0} ',
          '{"text":"\\u00e9 é 漢 😀 \\"quoted\\" \\\\ a\\/b","a":{"b":1},"a.c":[ ]}',
          '{"z":1,"a":2, /* } not an end */ "b" : "/* no comment */"}',
        ]
        const written = sources.map((text, i) => doc(`é"${i}`, { text, routing: i === 1 ? 'r"1' : undefined, version: 7n }))
        await fill(written)
        const page = await pageOf({ size: 10, query: all })
        expect(page).toMatchObject({ total: 3, timedOut: false, scrollId: undefined, shards: { total: 1, failed: 0 } })
        expect(page.hits.map(({ id, routing, seqNo, version }) => ({ id, routing, seqNo, version }))).toEqual(
          written.map(({ id, routing }, i) => ({ id, routing, seqNo: BigInt(i), version: 7n })),
        )
        expect(page.hits.map(hit => hit.unusual)).toEqual([false, false, false])
        expect(hitsOf(page).map(hit => hit.source)).toEqual(sources)
      })

      test('keeps raw line breaks and comments of documents that were not written by bulk', async () => {
        await create()
        const source = '{\n  "n": 1, // a comment }\r\n  /* another\n one */ "m": [1,\n2]\n}\n'
        await send(address, 'PUT', `/${index}/_doc/a?refresh=true`, source)
        expect(hitsOf(await pageOf({ size: 1, query: all }))).toEqual([{ id: 'a', source }])
      })

      test('has documents that end in a comment beside others, each with its own bytes', async () => {
        await create({}, { dynamic: false })
        const sources = [
          '{"n":1}//',
          '{"n":2} //,"sort":[2]}]}}',
          '{"n":3}',
          '{"n":4} // "next to the one before',
          '{"n":5} /* ended */',
        ]
        await fill(sources.map((text, i) => doc(`d${i}`, { text })))
        const page = await pageOf({ size: 10 })
        expect(hitsOf(page)).toEqual(sources.map((source, i) => ({ id: `d${i}`, source })))
      })

      test('is read as well where its query has names of its own', async () => {
        await create()
        await fill(docs(3))
        const query = { bool: { should: [{ match_all: { _name: 'mine' } }, { ids: { values: ['d1'], _name: 'one' } }] } }
        expect(hitsOf(await pageOf({ size: 10, query }))).toEqual(
          docs(3).map(({ id, source }) => ({ id, source: source.toString() })),
        )
      })

      test('is of one shard where the preference says so, and the shards together give every document once', async () => {
        await create({ number_of_shards: 3 })
        await fill(docs(60))
        const pages = await Promise.all(
          [0, 1, 2].map(shard => pageOf({ size: 60, query: all }, { preference: `_shards:${shard}` })),
        )
        expect(pages.every(page => page.hits.length === page.total && page.hits.length > 0)).toBe(true)
        expect(idsOf(pages.flatMap(hitsOf))).toEqual(idsOf(docs(60)))
      })

      test('is of one range of sequence numbers, both ends included', async () => {
        await create()
        await fill(docs(20))
        const page = await pageOf({ size: 20, query: { bool: { filter: [{ range: { _seq_no: { gte: 5, lte: 7 } } }] } } })
        expect(hitsOf(page).map(hit => hit.id)).toEqual(['d5', 'd6', 'd7'])
      })

      test('has a rewritten document at its new sequence number only, and a deleted one not at all', async () => {
        await create()
        await fill(docs(4))
        await fill([doc('d1', { version: 2n })])
        await send(address, 'DELETE', `/${index}/_doc/d2?refresh=true`)
        const page = await pageOf({ size: 10, query: { range: { _seq_no: { gte: 0, lte: 5 } } } })
        expect(page.hits.map(({ id, seqNo }) => [id, seqNo])).toEqual([
          ['d0', 0n],
          ['d3', 3n],
          ['d1', 4n],
        ])
        page.release()
      })

      test('of a shard that is not there is an error, not an empty page', async () => {
        await create({ number_of_shards: 2 })
        await expect(pageOf({ query: all }, { preference: '_shards:7' })).rejects.toMatchObject({
          code: 'response-partial',
          recovery: 'redo',
        })
      })

      test('of fewer shards than were asked is an error', async () => {
        await create({ number_of_shards: 2 })
        await expect(pageOf({ query: all }, {}, { ...roomy, shards: 3 })).rejects.toMatchObject({ code: 'response-partial' })
      })

      test('larger than the memory set aside for it is given up', async () => {
        await create()
        await fill(docs(50))
        await expect(pageOf({ size: 50, query: all }, {}, { ...roomy, maxBytes: 1_000 })).rejects.toMatchObject({
          code: 'page-too-large',
          recovery: 'redo',
        })
      })

      test('with more documents than the index allows is refused with the reason', async () => {
        await create()
        await expect(pageOf({ size: 10_001, query: all }, { keepAlive: '1m' })).rejects.toMatchObject({
          code: 'request-refused',
          status: 400,
          message: expect.stringContaining('max_result_window') as string,
        })
      })

      test('two documents of one id under different routings are two', async () => {
        await create({ number_of_shards: 5 })
        const routings = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
        await fill(routings.map(routing => doc('same', { routing })))
        const page = await pageOf({ size: 100, query: all }, {}, { ...roomy, shards: 5 })
        expect(page.hits.length).toBeGreaterThan(1)
        expect(new Set(page.hits.map(hit => `${hit.id} ${hit.routing}`)).size).toBe(page.hits.length)
        page.release()
      })
    })

    describe('a scroll', () => {
      async function readOn(first: HeldPage): Promise<string[]> {
        const ids = hitsOf(first).map(hit => hit.id)
        let scroll = scrollOf(first)
        for (;;) {
          const page = await nextPage(cluster, scroll, '1m', roomy, signal)
          scroll = page.scroll ?? scroll
          expect(page.total).toBe(first.total)
          const more = hitsOf(page).map(hit => hit.id)
          if (more.length === 0) break
          ids.push(...more)
        }
        await closeScroll(cluster, scroll)
        return ids
      }

      test('gives every document once, page by page, and ends with an empty page', async () => {
        await create()
        await fill(docs(25))
        const first = await pageOf({ size: 10, query: all }, { keepAlive: '1m', preference: '_shards:0' })
        expect(first.scrollId).toEqual(expect.any(String))
        expect(first.total).toBe(25)
        expect((await readOn(first)).toSorted()).toEqual(idsOf(docs(25)))
      })

      test('shows the index as it was when it was opened', async () => {
        await create()
        await fill(docs(25))
        const first = await pageOf({ size: 10, query: all }, { keepAlive: '1m' })
        await fill([...docs(5, 20).map(one => ({ ...one, version: 2n })), ...docs(5, 100)])
        await send(address, 'DELETE', `/${index}/_doc/d15?refresh=true`)
        expect((await readOn(first)).toSorted()).toEqual(idsOf(docs(25)))
      })

      test.each([2, 3, 5])('may be cut into %d slices, which together give every document once', async max => {
        await create({ number_of_shards: 3 })
        await fill(docs(60))
        const pages = await Promise.all(
          Array.from({ length: max }, (_, id) =>
            pageOf({ size: 60, query: all, slice: { id, max } }, { keepAlive: '1m' }, { ...roomy, shards: 'some' }),
          ),
        )
        expect(pages.reduce((sum, page) => sum + (page.total ?? 0), 0)).toBe(60)
        for (const page of pages) {
          expect(page.hits.length).toBe(page.total)
          const last = await nextPage(cluster, scrollOf(page), '1m', { ...roomy, shards: 'some' }, signal)
          expect(hitsOf(last)).toEqual([])
          await closeScroll(cluster, scrollOf(page))
        }
        expect(idsOf(pages.flatMap(hitsOf))).toEqual(idsOf(docs(60)))
      })

      test('that was closed is lost, so that its partition is read again; closing it twice is no error', async () => {
        await create()
        await fill(docs(5))
        const page = await pageOf({ size: 2, query: all }, { keepAlive: '1m' })
        page.release()
        const scroll = scrollOf(page)
        await closeScroll(cluster, scroll)
        await expect(nextPage(cluster, scroll, '1m', roomy, signal)).rejects.toMatchObject({
          code: 'cursor-lost',
          recovery: 'redo',
        })
        await closeScroll(cluster, scroll)
      })
    })

    test('a first page that came back in part leaves no scroll open, which would hold the shard on its node', async () => {
      await create({ number_of_shards: 2 })
      await fill(docs(20))
      const opened = async (): Promise<number> => {
        const answer = await send(address, 'GET', `/${index}/_stats/search`)
        const { indices } = answer as { indices: Record<string, { total: { search: { open_contexts: number } } }> }
        return indices[index]!.total.search.open_contexts
      }
      const page = await pageOf({ size: 2, query: all }, { keepAlive: '1m' }, { ...roomy, shards: 2 })
      expect(await opened()).toBe(2)
      await closeScroll(cluster, scrollOf(page))
      page.release()
      const partial = pageOf({ size: 2, query: all }, { keepAlive: '1m' }, { ...roomy, shards: 3 })
      await expect(partial).rejects.toMatchObject({ code: 'response-partial' })
      expect(await opened()).toBe(0)
    })

    describe('primaryMarks', () => {
      test('stand at -1 for an empty shard, and at the last operation for others; deletes are counted', async () => {
        await create()
        expect(await primaryMarks(cluster, index, 1, signal)).toMatchObject([{ shard: 0, upTo: -1, deletes: 0 }])
        await fill(docs(10))
        await send(address, 'DELETE', `/${index}/_doc/d3`)
        await send(address, 'DELETE', `/${index}/_doc/d4`)
        expect(await primaryMarks(cluster, index, 1, signal)).toMatchObject([{ shard: 0, upTo: 11, deletes: 2 }])
      })

      test('are one per shard, in order, and cover every document', async () => {
        await create({ number_of_shards: 3 })
        await fill(docs(60))
        const marks = await primaryMarks(cluster, index, 3, signal)
        expect(marks.map(mark => mark.shard)).toEqual([0, 1, 2])
        expect(marks.reduce((sum, mark) => sum + mark.upTo + 1, 0)).toBe(60)
      })

      test('carry a history that stays with the index, and is another one when the index is made anew', async () => {
        await create()
        const [first] = await primaryMarks(cluster, index, 1, signal)
        await fill(docs(3))
        const [later] = await primaryMarks(cluster, index, 1, signal)
        expect(first?.historyUuid).toMatch(/^[\w-]{22}$/)
        expect(later?.historyUuid).toBe(first?.historyUuid)
        await send(address, 'DELETE', `/${index}`)
        await create()
        const [anew] = await primaryMarks(cluster, index, 1, signal)
        expect(anew?.historyUuid).not.toBe(first?.historyUuid)
      })

      test('tell one primary’s time from the next: the same while nothing happens, another one after the index was closed and opened', async () => {
        await create()
        const primaries = async (): Promise<readonly unknown[]> => [
          (await primaryMarks(cluster, index, 1, signal))[0]?.primary,
          (await primaryCopies(cluster, index, signal))?.get(0),
        ]
        const [term, copy] = await primaries()
        expect([term, copy]).toEqual([expect.stringMatching(/^term \d+$/), expect.stringMatching(/^on [\w-]+ since \d+$/)])
        await fill(docs(3))
        expect(await primaries()).toEqual([term, copy])
        if (participant.name.includes('fake')) return
        await send(address, 'POST', `/${index}/_close`)
        await send(address, 'POST', `/${index}/_open?wait_for_active_shards=1`)
        const [later, laterCopy] = await primaries()
        expect([later, laterCopy]).toEqual([expect.stringMatching(/^term \d+$/), expect.stringMatching(/^on [\w-]+ since \d+$/)])
        expect([later === term, laterCopy === copy]).toEqual([false, false])
      })

      test('name the nodes that hold a started copy, whom a search can be confined to', async () => {
        await create()
        await fill(docs(3))
        const { nodes, started } = await standing(cluster, index, 1, primaryTimes, signal)
        expect([nodes.length, nodes[0]?.length, started]).toEqual([1, 1, 1])
        const among = (list: readonly string[]): Promise<number> =>
          count(cluster, index, all, { shards: 1, preference: `_shards:0|_only_nodes:${list.join(',')}` }, signal)
        expect(await among(nodes[0]!)).toBe(3)
        expect(await among([...nodes[0]!, 'elsewhere'])).toBe(3)
        await expect(among(['elsewhere'])).rejects.toThrow('no data nodes with criteri')
        await expect(among(['elsewhere', 'anywhere'])).rejects.toThrow('no data nodes with criteri')
      })

      test('count operations: each write is one, and a block of the index keeps them where they are', async () => {
        await create()
        expect(await indexWriteBlocked(cluster, index, signal)).toBe(false)
        await fill(docs(4))
        await send(address, 'DELETE', `/${index}/_doc/d1`)
        expect(await primaryMarks(cluster, index, 1, signal)).toMatchObject([{ operations: 5, deletes: 1 }])
        await send(address, 'PUT', `/${index}/_settings`, { 'index.blocks.write': true })
        expect(await indexWriteBlocked(cluster, index, signal)).toBe(true)
        await expect(send(address, 'PUT', `/${index}/_doc/d9`, {})).rejects.toThrow('403')
        expect(await primaryMarks(cluster, index, 1, signal)).toMatchObject([{ operations: 5, deletes: 1 }])
      })

      test('of a shard that the index does not have wait for it: its primary is not started', async () => {
        await create()
        await expect(primaryMarks(cluster, index, 2, signal)).rejects.toMatchObject({ code: 'unavailable', recovery: 'retry' })
      })
    })

    describe('many indices, asked about at once', () => {
      const many = async (): Promise<readonly string[]> => {
        const names = [`${index}-a`, `${index}-b`, `${index}-c`]
        for (const [n, name] of names.entries()) {
          const settings = { number_of_shards: n + 1, number_of_replicas: 0, refresh_interval: '-1' }
          await send(address, 'PUT', `/${name}`, { settings })
          for (let doc = 0; doc <= n; doc++) await send(address, 'PUT', `/${name}/_doc/d${doc}`, {})
        }
        return names
      }

      test('each is told of as if it were asked about alone, with a few requests for all', async () => {
        const names = await many()
        const before = cluster.requestsSent
        const together = await Promise.all([
          Promise.all(names.map(name => indexUuid(cluster, name, signal))),
          Promise.all(names.map((name, n) => standing(cluster, name, n + 1, primaryTimes, signal))),
        ])
        expect(cluster.requestsSent - before).toBe(4)
        const alone: typeof together = [[], []]
        for (const [n, name] of names.entries()) {
          alone[0].push(await indexUuid(cluster, name, signal))
          alone[1].push(await standing(cluster, name, n + 1, primaryTimes, signal))
        }
        expect(together).toEqual(alone)
        expect(new Set(together[0]).size).toBe(3)
      })

      test('one that is not there does not keep the others from being told of', async () => {
        const [a, , c] = await many()
        const found = await Promise.all([a!, 'nowhere', c!].map(name => indexUuid(cluster, name, signal)))
        expect(found).toEqual([expect.any(String), undefined, expect.any(String)])
        const stands = await Promise.allSettled([a!, 'nowhere'].map(name => primaryMarks(cluster, name, 1, signal)))
        expect(stands).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'index-unknown' } }])
      })

      test('a refresh of all reaches each, and says so only where no copy of any is missing', async () => {
        const names = await many()
        await Promise.all(names.map((name, n) => refresh(cluster, name, signal, n + 1)))
        const counts = await Promise.all(names.map(name => count(cluster, name, all, {}, signal)))
        expect(counts).toEqual([1, 2, 3])
        await send(address, 'PUT', `/${names[1]}/_settings`, { 'index.number_of_replicas': 1 })
        const again = await Promise.allSettled(
          names.map((name, n) => refresh(cluster, name, signal, name === names[1] ? 4 : n + 1)),
        )
        expect(again.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      })

      test('all are tuned with one change, and each has its own settings again afterwards', async () => {
        const names = await many()
        await send(address, 'PUT', `/${names[2]}/_settings`, { 'index.refresh_interval': '7s' })
        const tuning = { 'index.refresh_interval': '-1', 'index.gc_deletes': '12h' }
        const steps = [...names, 'nowhere'].map(target => tuneIndexStep(cluster, indexTask('any', { target, tuning })))
        const saved = await Promise.all(steps.slice(0, 3).map(step => step.capture(signal)))
        const before = cluster.requestsSent
        await Promise.all(steps.slice(0, 3).map(step => step.apply(signal)))
        expect(cluster.requestsSent - before).toBe(2)
        const tuned = await Promise.allSettled(steps.map(step => step.apply(signal)))
        expect(tuned.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
        const intervals = async (): Promise<unknown[]> => {
          const found = await json<Record<string, { settings: Record<string, string> }>>(cluster, {
            method: 'GET',
            path: `/${indexPath(names)}/_settings`,
            query: { flat_settings: true },
            signal,
          })
          return names.map(name => [found[name]?.settings['index.refresh_interval'], found[name]?.settings['index.gc_deletes']])
        }
        expect(await intervals()).toEqual([
          ['-1', '12h'],
          ['-1', '12h'],
          ['-1', '12h'],
        ])
        await Promise.all(steps.map((step, n) => step.undo(saved[n] ?? { 'index.gc_deletes': null }, signal)))
        expect(await intervals()).toEqual([
          ['-1', undefined],
          ['-1', undefined],
          ['7s', undefined],
        ])
      })
    })

    describe('refresh and count', () => {
      test('a refresh that reached fewer copies than it had to is an error', async () => {
        await create()
        await refresh(cluster, index, signal, 1)
        await expect(refresh(cluster, index, signal, 2)).rejects.toMatchObject({ code: 'response-partial', recovery: 'retry' })
      })

      test('a document is counted when the index was refreshed after it was written', async () => {
        await create()
        await write(docs(3))
        expect(await count(cluster, index, all, { shards: 1 }, signal)).toBe(0)
        await refresh(cluster, index, signal)
        expect(await count(cluster, index, all, { shards: 1 }, signal)).toBe(3)
      })

      test('counts by query, by range of sequence numbers and by shard, and as many shards as were asked', async () => {
        await create({ number_of_shards: 2 })
        await fill(docs(40))
        expect(await count(cluster, index, { range: { n: { gte: 10, lt: 15 } } }, { shards: 2 }, signal)).toBe(5)
        const byShard = await Promise.all(
          [0, 1].map(shard =>
            count(cluster, index, { range: { _seq_no: { gte: 0 } } }, { shards: 1, preference: `_shards:${shard}` }, signal),
          ),
        )
        expect(byShard[0]! + byShard[1]!).toBe(40)
        await expect(count(cluster, index, all, { shards: 3 }, signal)).rejects.toMatchObject({
          code: 'response-partial',
          recovery: 'retry',
        })
      })

      test('nested documents are not counted by themselves', async () => {
        await create({}, { properties: { parts: { type: 'nested' } } })
        await fill([doc('a', { text: '{"parts":[{"n":1},{"n":2}]}' }), doc('b', { text: '{"parts":[]}' })])
        expect(await count(cluster, index, all, { shards: 1 }, signal)).toBe(2)
        expect((await pageOf({ size: 10, query: all })).total).toBe(2)
      })
    })

    describe('bulk', () => {
      test('accounts for each document by position: written, refused by the mapping, already newer', async () => {
        await create()
        await write([doc('old', { version: 5n })])
        const items = await write([doc('a'), doc('bad', { text: '{"n":"many"}' }), doc('old', { version: 4n }), doc('b')])
        expect(items.map(item => item.status)).toEqual([200, 400, 409, 200])
        expect(items[1]).toMatchObject({
          type: 'mapper_parsing_exception',
          reason: expect.stringMatching(/\[n\].*For input string: "many"/s) as string,
        })
        expect(items[2]?.type).toBe('version_conflict_engine_exception')
        await refresh(cluster, index, signal)
        expect(await count(cluster, index, all, { shards: 1 }, signal)).toBe(3)
      })

      test('writes the same version again, a higher one over it, and never a lower one', async () => {
        await create()
        expect((await write([doc('a', { version: 5n })]))[0]?.status).toBe(200)
        expect((await write([doc('a', { version: 5n, text: '{"n":1}' })]))[0]?.status).toBe(200)
        expect((await write([doc('a', { version: 9n, text: '{"n":2}' })]))[0]?.status).toBe(200)
        expect((await write([doc('a', { version: 8n, text: '{"n":3}' })]))[0]?.status).toBe(409)
        await refresh(cluster, index, signal)
        expect(hitsOf(await pageOf({ query: all }))).toEqual([{ id: 'a', source: '{"n":2}' }])
      })

      test('within one request the last of two writes of a document with the same version stays', async () => {
        await create()
        await fill([doc('a', { text: '{"n":1}' }), doc('a', { text: '{"n":2}' })])
        expect(hitsOf(await pageOf({ query: all })).map(hit => hit.source)).toEqual(['{"n":2}'])
      })

      test('keeps ids and routings with every legal character, and 512 bytes of them', async () => {
        await create({}, { dynamic: false })
        const ids = ['a"b', 'back\\slash', 'new\nline', '\u0001', 'é漢😀', 'a/b?c=d&e#f', '%41', ' ', '\u2028', 'x'.repeat(512)]
        await fill(ids.map(id => doc(id, { routing: `r${id.slice(0, 20)}` })))
        const page = await pageOf({ size: 20, query: all })
        expect(page.hits.map(({ id, routing }) => [id, routing])).toEqual(ids.map(id => [id, `r${id.slice(0, 20)}`]))
        page.release()
      })

      test('a document that spoils the request is refused with it, reason and all, and nothing is written', async () => {
        await create()
        await expect(write([doc('a'), doc('x'.repeat(513)), doc('b')])).rejects.toMatchObject({
          code: 'request-refused',
          status: 400,
          message: expect.stringContaining('is too long') as string,
        })
        await refresh(cluster, index, signal)
        expect(await count(cluster, index, all, { shards: 1 }, signal)).toBe(0)
      })

      test('a request above the limit is refused as too large', async () => {
        await create({}, { dynamic: false })
        const half = `{"t":"${'x'.repeat(maxContentBytes / 2)}"}`
        await expect(write([doc('a', { text: half }), doc('b', { text: half })])).rejects.toMatchObject({
          code: 'payload-too-large',
          status: 413,
        })
        expect((await write([doc('a', { text: half })]))[0]).toEqual(accepted)
      })

      test('a blocked index refuses each document with the block, and takes them when the block is gone', async () => {
        await create()
        await send(address, 'PUT', `/${index}/_settings`, { 'index.blocks.write': true })
        expect(await write(docs(2))).toMatchObject([
          { status: 403, type: 'cluster_block_exception', reason: expect.stringContaining('FORBIDDEN') as string },
          { status: 403, type: 'cluster_block_exception' },
        ])
        await send(address, 'PUT', `/${index}/_settings`, { 'index.blocks.write': null })
        await fill(docs(2))
      })

      test('goes past the default pipeline of the index', async () => {
        await create({ default_pipeline: 'there-is-none' })
        expect(await write(docs(1))).toEqual([accepted])
      })

      test('reaches an index whose name has characters that mean something in a path', async () => {
        index = `städte+50%-${made}`
        await create()
        await fill(docs(3))
        expect(await count(cluster, index, all, { shards: 1 }, signal)).toBe(3)
        expect(await primaryMarks(cluster, index, 1, signal)).toMatchObject([{ upTo: 2 }])
        expect(await indexUuid(cluster, index, signal)).toMatch(/^[\w-]{22}$/)
        expect((await pageOf({ query: all })).total).toBe(3)
      })
    })

    describe('indexUuid', () => {
      test('is the one the settings show, another one for an index made anew, and undefined for none', async () => {
        expect(await indexUuid(cluster, index, signal)).toBeUndefined()
        await create()
        const first = await indexUuid(cluster, index, signal)
        const settings = (await send(address, 'GET', `/${index}/_settings`)) as Record<
          string,
          { settings: { index: { uuid: string } } }
        >
        expect(first).toBe(settings[index]?.settings.index.uuid)
        await send(address, 'DELETE', `/${index}`)
        expect(await indexUuid(cluster, index, signal)).toBeUndefined()
        await create()
        expect(await indexUuid(cluster, index, signal)).not.toBe(first)
      })
    })

    describe('a refusal', () => {
      test('of an index that is not there says so, whatever was asked of it', async () => {
        const unknown = { code: 'index-unknown', status: 404, message: expect.stringContaining(index) as string }
        await expect(pageOf({ query: all })).rejects.toMatchObject(unknown)
        await expect(primaryMarks(cluster, index, 1, signal)).rejects.toMatchObject(unknown)
        await expect(refresh(cluster, index, signal)).rejects.toMatchObject(unknown)
        await expect(count(cluster, index, all, { shards: 1 }, signal)).rejects.toMatchObject(unknown)
        const request = { method: 'GET', path: `/${index}/_mapping`, signal } as const
        await expect(json(cluster, request)).rejects.toMatchObject(unknown)
        expect(await jsonIfFound(cluster, request)).toBeUndefined()
      })

      test('of a second index of the same name carries the server’s own type and words', async () => {
        await create()
        await expect(json(cluster, { method: 'PUT', path: `/${index}`, body: {}, signal })).rejects.toMatchObject({
          code: 'request-refused',
          status: 400,
          serverType: 'resource_already_exists_exception',
          recovery: 'fatal',
          message: expect.stringContaining('already exists') as string,
        })
      })

      test('of a setting or a query that is not known names it', async () => {
        await expect(
          json(cluster, { method: 'PUT', path: `/${index}`, body: { settings: { 'index.no_such': 1 } }, signal }),
        ).rejects.toMatchObject({
          code: 'request-refused',
          message: expect.stringContaining('index.no_such') as string,
        })
        await create()
        await expect(pageOf({ query: { no_such: {} } })).rejects.toMatchObject({
          code: 'request-refused',
          message: expect.stringContaining('no_such') as string,
        })
      })

      test('of a version that is older is no error of the request', async () => {
        await create()
        const put = (version: number): Promise<unknown> =>
          json(cluster, {
            method: 'PUT',
            path: `/${index}/_doc/a`,
            query: { version, version_type: 'external_gte' },
            body: { n: 1 },
            signal,
          })
        await put(5)
        await expect(put(4)).rejects.toMatchObject({ status: 409, serverType: 'version_conflict_engine_exception' })
      })

      test('is told whole, also where the answer was to be filtered', async () => {
        const request = { method: 'GET', path: `/${index}/_mapping`, query: { filter_path: 'no.such' }, signal } as const
        await expect(json(cluster, request)).rejects.toMatchObject({ serverType: 'index_not_found_exception' })
      })
    })
  })
}
