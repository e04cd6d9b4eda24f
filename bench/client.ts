/** `node bench/client.ts`: the CPU that each step of the client takes for a gigabyte of documents, without servers. docs/performance.md */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import type { Answer } from '../src/cluster/cluster.ts'
import { exchangeOnce } from '../src/cluster/exchange.ts'
import { frameBulk } from '../src/cluster/frame-bulk.ts'
import { scanPage } from '../src/cluster/scan-page.ts'
import { markNamed } from '../src/cluster/source-mark.ts'
import type { SourceMark } from '../src/cluster/source-mark.ts'
import { RowWriter } from '../src/copy/manifest/rows.ts'
import type { Doc } from '../src/model/documents.ts'
import { documents } from './documents.ts'
import { keepResult } from './results.ts'
import { seed } from './source-index.ts'

const docsPerPage = 4000
const pageCount = 12
const mark = markNamed('mark-of-bench-01')

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, serve: { type: 'boolean', default: false } },
})

if (values.serve) serve()
else await measureSteps(Number(values.rounds))

/** In a process of its own, so that its CPU is not counted: answers each search with a page, and a bulk request with nothing. */
function serve(): void {
  const [page] = pages(1, mark)
  const server = createServer((request, response) => {
    const answer = request.url === '/_bulk' ? Buffer.from('{}') : page!
    request.resume().on('end', () => response.writeHead(200, { 'content-length': answer.length }).end(answer))
  })
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
}

async function measureSteps(rounds: number): Promise<void> {
  const marked = pages(pageCount, mark)
  const gigabytes = marked.reduce((sum, page) => sum + sourceBytes(page), 0) / 1e9
  const docs = marked.map(page => docsOf(page, mark))
  const server = fork(fileURLToPath(import.meta.url), ['--serve'])
  const [port] = (await once(server, 'message')) as [number]
  const pool = new Pool(`http://127.0.0.1:${port}`)
  const signal = new AbortController().signal
  const ask = (body?: Uint8Array): Promise<Answer> => {
    const request = {
      method: 'POST',
      path: body ? '/_bulk' : '/_search',
      headers: {},
      body,
      timeoutMs: 60_000,
      maxBytes: Infinity,
      signal,
    } as const
    return exchangeOnce(pool, request)
  }
  const wholeWay = async (by?: SourceMark): Promise<void> => {
    const rows = new RowWriter('seq-no', () => undefined)
    for (let i = 0; i < pageCount; i++) {
      const page = await ask()
      const found = docsOf(page.body, by)
      for (const doc of found) rows.add(doc)
      const body = frameBulk(found)
      ;(await ask(body.bytes)).release()
      body.release()
      page.release()
    }
  }
  const steps: Record<string, () => void | Promise<void>> = {
    'finding documents by their mark': () => marked.forEach(page => void scanPage(page, mark)),
    'finding documents by their letters': () => marked.forEach(page => void scanPage(page)),
    'framing bulk bodies': () => docs.forEach(list => frameBulk(list).release()),
    'listing documents for deletes': () => {
      const rows = new RowWriter('seq-no', () => undefined)
      for (const doc of docs.flat()) rows.add(doc)
      rows.end()
    },
    'receiving pages': async () => {
      for (let i = 0; i < pageCount; i++) (await ask()).release()
    },
    'all of it, and sending, by mark': () => wholeWay(mark),
    'all of it, and sending, by letters': () => wholeWay(),
  }
  const seconds = new Map(Object.keys(steps).map(name => [name, [] as number[]]))
  for (let round = -2; round < rounds; round++) {
    for (const [name, step] of Object.entries(steps)) {
      const before = process.cpuUsage()
      await step()
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) seconds.get(name)!.push((user + system) / 1e6 / gigabytes)
    }
  }
  await pool.destroy()
  server.kill()
  console.log(`| step | CPU s per GB of \`_source\` |\n| --- | --- |`)
  for (const [name, all] of seconds) console.log(`| ${name} | ${medianAndRange(all)} |`)
  console.log(keepResult('client', { at: new Date().toISOString(), rounds, gigabytes, seconds: Object.fromEntries(seconds) }))
}

function medianAndRange(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b)
  return `${sorted[sorted.length >> 1]!.toFixed(2)} (${sorted[0]!.toFixed(2)}–${sorted.at(-1)!.toFixed(2)})`
}

/** Answers as a source with sequence numbers gives them, in memory that begins at a multiple of four as the reader's does. */
function pages(count: number, { name }: SourceMark): Uint8Array[] {
  const more = documents(seed)
  return Array.from({ length: count }, (_, page) => {
    const hits = Array.from({ length: docsPerPage }, (_, i) => {
      const id = `${String(page).padStart(8, 'x')}-${String(i).padStart(11, 'y')}`
      const head = `{"_index":"logs-400000","_type":"_doc","_id":"${id}","_seq_no":${page * docsPerPage + i},"_primary_term":1,"_score":null`
      return `${head},"_source":${more.next().value},"sort":[${i}],"matched_queries":["${name}"]}`
    })
    const shards = '"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}'
    const total = `"total":{"value":${docsPerPage},"relation":"eq"}`
    const text = `{"took":3,"timed_out":false,${shards},"hits":{${total},"max_score":null,"hits":[${hits.join(',')}]}}`
    return new Uint8Array(new TextEncoder().encode(text))
  })
}

function docsOf(page: Uint8Array, by: SourceMark | undefined): Doc[] {
  return scanPage(page, by).hits.map((hit): Doc => hit.asDoc('seq-no')!)
}

function sourceBytes(page: Uint8Array): number {
  return scanPage(page).hits.reduce((sum, hit) => sum + hit.sourceBytes, 0)
}
