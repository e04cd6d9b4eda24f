/** `--live`: how long a change of direction blocks, and how far the other side is behind, with a thousand writes a second. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SqliteJournal } from '../src/journal/sqlite.ts'
import type { CutoverFacts } from '../src/model/entries.ts'
import { seeded } from '../test/proxy/random.ts'
import type { Clusters } from './clusters.ts'
import { documents, mappings } from './documents.ts'
import { machine } from './machine.ts'
import { deleteIndex, type Node } from './node.ts'
import { keepResult } from './results.ts'

const bin = fileURLToPath(new URL('../bin/shardferry.mjs', import.meta.url))
const index = 'live'
const firstDocs = 100_000
const writesASecond = 1_000
const lanes = 4
const cycles = 5
/** Of writing on each side, before it is left. */
const secondsOfWriting = 20

export async function benchLive(clusters: Clusters, signal: AbortSignal): Promise<void> {
  const [source, target] = [clusters.source.node, clusters.target.node]
  const state = mkdtempSync(join(tmpdir(), 'shardferry-bench-'))
  const own = [source.url, target.url, '--index', index, '--name', 'bench', '--state', state]
  for (const node of [source, target]) await deleteIndex(node, index)
  await source.send('PUT', `/${index}`, { settings: { number_of_shards: 2, number_of_replicas: 0 }, mappings })
  const apps = applications(source)
  await apps.fill(firstDocs)
  const following = spawn(process.execPath, [bin, 'copy', ...own, '--follow', '--json'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    using journal = await opened(join(state, 'bench'), signal)
    await phase(journal, 'following', signal)
    await shardferry(['verify', ...own, '--json'], signal)
    const writing = apps.start()
    // Its own failure is told where it is waited for.
    writing.catch(() => undefined)
    const blocks: { readonly what: string; readonly blockedMs: number }[] = []
    const lags: { readonly phase: string; readonly seconds: number }[] = []
    for (let cycle = 1; cycle <= cycles; cycle++) {
      for (const [what, side, from, after] of [
        ['cutover', target, 'following', 'following-back'],
        ['rollback', source, 'following-back', 'following'],
      ] as const) {
        await phase(journal, from, signal)
        // What was held back while applications moved is no part of the lag of a side that is followed.
        await inStep(journal, signal)
        lags.push(...(await sampled(journal, from, secondsOfWriting, signal)))
        const facts = await shardferry<CutoverFacts>(
          [what, ...own.slice(0, 2), '--name', 'bench', '--state', state, '--yes', '--json'],
          signal,
        )
        apps.moveTo(side)
        await shardferry([what, ...own.slice(0, 2), '--name', 'bench', '--state', state, '--moved', '--json'], signal)
        blocks.push({ what, blockedMs: facts.blockedMs ?? 0 })
        console.log(
          `cycle ${cycle}  ${what.padEnd(8)}  blocked for ${((facts.blockedMs ?? 0) / 1_000).toFixed(2)} s, then ${after}`,
        )
      }
    }
    apps.stop()
    await writing
    await phase(journal, 'following', signal)
    await inStep(journal, signal)
    await sleep(15_000, undefined, { signal })
    const wrong = { source: await differing(source, apps.truth), target: await differing(target, apps.truth) }
    show(blocks, lags, apps, wrong)
  } finally {
    apps.stop()
    following.kill('SIGINT')
    rmSync(state, { recursive: true, force: true })
  }
}

interface Applications {
  /** What was acknowledged last, by id. */
  readonly truth: ReadonlyMap<string, string>
  readonly acknowledged: () => number
  fill(docs: number): Promise<void>
  start(): Promise<void>
  moveTo(side: Node): void
  stop(): void
}

/** Writers with documents of their own: what they write to one document comes one after the other. */
function applications(first: Node): Applications {
  const truth = new Map<string, string>()
  const more = documents(20_261_124)
  const run = { side: first, stopped: false, acknowledged: 0 }
  const send = async (writes: ReadonlyMap<string, string | undefined>): Promise<void> => {
    const lines = [...writes].flatMap(([id, doc]) =>
      doc === undefined ? [`{"delete":{"_id":"${id}"}}`] : [`{"index":{"_id":"${id}"}}`, doc],
    )
    const body = Buffer.from(`${lines.join('\n')}\n`)
    for (;;) {
      const answer = await run.side.ask<{ items: Record<string, { _id: string; status: number }>[] }>(
        'POST',
        `/${index}/_bulk?filter_path=items.*.status,items.*._id`,
        body,
      )
      let blocked = false
      for (const item of answer.items.flatMap(one => Object.values(one))) {
        const doc = writes.get(item._id)
        if (item.status === 403) blocked = true
        else if (item.status < 300 || (item.status === 404 && doc === undefined)) {
          run.acknowledged++
          if (doc === undefined) truth.delete(item._id)
          else truth.set(item._id, doc)
        } else throw new Error(`A write ends with ${item.status}.`)
      }
      if (!blocked) return
      await sleep(20)
    }
  }
  const lane = async (number: number): Promise<void> => {
    const random = seeded(1, number)
    const own = [...truth.keys()].filter((_, n) => n % lanes === number)
    const atOnce = 50
    const everyMs = (1_000 * lanes * atOnce) / writesASecond
    for (let n = 0, dueMs = performance.now(); !run.stopped; dueMs += everyMs) {
      const writes = new Map<string, string | undefined>()
      while (writes.size < atOnce) {
        const chance = random.next()
        const known = own[random.between(0, own.length - 1)]!
        if (chance < 0.5) {
          const id = `l${number}-${n++}`
          own.push(id)
          writes.set(id, more.next().value)
        } else writes.set(known, chance < 0.9 ? more.next().value : undefined)
      }
      await send(writes)
      await sleep(Math.max(0, dueMs + everyMs - performance.now()))
      // Who was blocked does not catch up with what was not written.
      dueMs = Math.max(dueMs, performance.now() - everyMs)
    }
  }
  return {
    truth,
    acknowledged: () => run.acknowledged,
    async fill(docs) {
      for (let n = 0; n < docs;) {
        const writes = new Map<string, string>()
        while (writes.size < 2_000 && n < docs) writes.set(`d${n++}`, more.next().value)
        await send(writes)
      }
    },
    async start() {
      await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
    },
    moveTo: side => void (run.side = side),
    stop: () => void (run.stopped = true),
  }
}

async function opened(folder: string, signal: AbortSignal): Promise<SqliteJournal> {
  for (;;) {
    try {
      const journal = SqliteJournal.open(folder)
      if (journal.published()) return journal
      journal.close()
    } catch {
      // It is made this very moment.
    }
    await sleep(200, undefined, { signal })
  }
}

async function phase(journal: SqliteJournal, wanted: string, signal: AbortSignal): Promise<void> {
  while (journal.published()?.progress.phase !== wanted) await sleep(100, undefined, { signal })
}

async function inStep(journal: SqliteJournal, signal: AbortSignal): Promise<void> {
  for (;;) {
    const lag = journal.published()?.progress.total.lag
    if (lag && (lag.operations === 0 || (lag.seconds ?? Infinity) < 3)) return
    await sleep(100, undefined, { signal })
  }
}

async function sampled(
  journal: SqliteJournal,
  during: string,
  seconds: number,
  signal: AbortSignal,
): Promise<{ readonly phase: string; readonly seconds: number }[]> {
  const found: { phase: string; seconds: number }[] = []
  let seenAtMs = 0
  for (const untilMs = performance.now() + 1_000 * seconds; performance.now() < untilMs;) {
    const live = journal.published()
    if (live && live.atMs !== seenAtMs && live.progress.total.lag)
      found.push({ phase: during, seconds: live.progress.total.lag.seconds ?? 0 })
    seenAtMs = live?.atMs ?? 0
    await sleep(200, undefined, { signal })
  }
  return found
}

async function shardferry<T>(args: readonly string[], signal: AbortSignal): Promise<T> {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'inherit'], signal })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>(resolve => void child.on('close', resolve))
  if (code !== 0) throw new Error(`shardferry ${args[0]} ended with ${code}: ${output.slice(-2_000)}`)
  const last = output.split('\n').findLast(line => line.startsWith('{'))
  return (last === undefined ? {} : JSON.parse(last)) as T
}

/** Documents that a side lacks, has in another form, or should not have. */
async function differing(node: Node, truth: ReadonlyMap<string, string>): Promise<number> {
  await node.send('POST', `/${index}/_refresh`)
  interface Page {
    readonly _scroll_id: string
    readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source: object }[] }
  }
  let wrong = 0
  let seen = 0
  let page = await node.ask<Page>('POST', `/${index}/_search?scroll=1m`, { size: 5_000, sort: ['_doc'] })
  while (page.hits.hits.length > 0) {
    for (const { _id, _source } of page.hits.hits) {
      const expected = truth.get(_id)
      seen++
      if (expected === undefined || JSON.stringify(JSON.parse(expected)) !== JSON.stringify(_source)) wrong++
    }
    page = await node.ask<Page>('POST', '/_search/scroll', { scroll: '1m', scroll_id: page._scroll_id })
  }
  return wrong + Math.max(0, truth.size - seen)
}

function show(
  blocks: readonly { readonly what: string; readonly blockedMs: number }[],
  lags: readonly { readonly phase: string; readonly seconds: number }[],
  { acknowledged, truth }: Applications,
  wrong: { readonly source: number; readonly target: number },
): void {
  const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)
  const at = (values: readonly number[], share: number): number =>
    sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN
  const row = (name: string, values: readonly number[], share: number, bound: number): string => {
    const value = at(values, share)
    return `| ${name} | ${value.toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}) | <= ${bound} | ${value <= bound ? 'met' : 'NOT met'} |`
  }
  const blocked = (what: string): number[] => blocks.filter(one => one.what === what).map(({ blockedMs }) => blockedMs / 1_000)
  const lag = (phase: string): number[] => lags.filter(one => one.phase === phase).map(({ seconds }) => seconds)
  console.log(
    [
      '',
      '| | measured | bound | |',
      '| --- | --- | --- | --- |',
      row('write block of a cutover, s, median', blocked('cutover'), 0.5, 5),
      row('write block of a rollback, s, median', blocked('rollback'), 0.5, 5),
      row('lag of the target, s, p99', lag('following'), 0.99, 3),
      row('lag of the source after a cutover, s, p99', lag('following-back'), 0.99, 3),
      '',
      `${acknowledged()} acknowledged writes, ${truth.size} documents; lacking or wrong on the source ${wrong.source}, on the target ${wrong.target}`,
      '',
    ].join('\n'),
  )
  console.log(
    keepResult('live', {
      at: new Date().toISOString(),
      machine: machine(),
      writesASecond,
      blocks,
      lags,
      wrong,
      acknowledged: acknowledged(),
    }),
  )
}
