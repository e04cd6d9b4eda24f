/** One size, in a process of its own, whose memory is told at its end: `node one.ts INDICES SHARDS DOCS FOLDER`. Prints JSON. */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, realWorld, thisProcess } from '../../src/assemble.ts'
import { SqliteJournal } from '../../src/journal/sqlite.ts'
import { inProcessDispatcher } from '../../src/migration/dispatch/in-process.ts'
import { copyAll } from '../../src/migration/phases.ts'
import { takeAccount } from '../../src/migration/take-account.ts'
import { noCounts } from '../../src/model/documents.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { takeInventory } from '../../src/plan/inventory.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { peakBytes } from '../process-usage.ts'
import { simulated } from './simulated.ts'
import type { Size } from './simulated.ts'

export interface Measured {
  readonly size: Size
  readonly partitions: number
  /** Looking at all indices, and making the plan. */
  readonly planSeconds: number
  /** Cutting, handing out, journaling and counting everything. */
  readonly runSeconds: number
  readonly journalBytes: number
  readonly entries: number
  readonly peakBytes: number
  /** One look at how it stands, as a terminal draws five in a second. */
  readonly snapshotMs: number
  /** Taking up the journal, as a run that goes on does. */
  readonly resumeMs: number
}

const never = new AbortController().signal
const [indices = 1, shardsEach = 1, docs = 10] = process.argv.slice(2, 5).map(Number)
const folder = process.argv[5]!
const size = { indices, shardsEach, docs }
console.log(JSON.stringify(await measured()))

async function measured(): Promise<Measured> {
  const source = simulated('source', size)
  const target = simulated('target', size)
  const { selection, copy } = await loadSettings({ sourceUrl: source.address, targetUrl: target.address, flags: {}, env: {} })
  const [plan, planSeconds] = await timed(async () =>
    makePlan(await takeInventory(source, target, selection, never), { ...copy, name: 'scale' }),
  )
  mkdirSync(folder, { recursive: true })
  const journal = SqliteJournal.open(folder)
  journal.append({ type: 'planned', plan })
  journal.hold(thisProcess())
  const world = realWorld({})
  const parts = { plan, copy, source, target, journal, folder, world }
  const assembled = assemble(parts)
  const m = {
    ...assembled,
    dispatcher: inProcessDispatcher(
      async ({ task, partition }, attempts) => {
        const read = partition.estimatedDocs
        const counts = { ...noCounts, read, written: read, bytes: 1_000 * read }
        assembled.tally.read(task.source, read, counts.bytes)
        assembled.tally.wrote(task.source, { written: read, alreadyNewer: 0, rejected: [] })
        return {
          partition: partition.id,
          index: task.source,
          round: partition.round,
          counts,
          attempts,
          tookMs: 1_000,
          listed: read,
        }
      },
      world,
      assembled.throttler,
      { readers: copy.readers, giveUpAfterMs: 1_000 },
    ),
  }
  const [report, runSeconds] = await timed(async () => {
    await copyAll(m, never)
    return await takeAccount(m, never)
  })
  if (report.verdict !== 'exact')
    throw new Error(`The simulation ended with ${report.verdict}: ${report.indices[0]?.doubts.join()}`)
  const [, snapshots] = await timed(async () => {
    for (let n = 0; n < 5; n++) journal.publish(m.tally.snapshot(m.memory.state))
  })
  journal.append({ type: 'finished', report })
  const [again, resumeSeconds] = await timed(async () => assemble(parts))
  const entries = again.memory.state.lastNumber
  journal.close()
  return {
    size,
    partitions: report.partitions,
    planSeconds,
    runSeconds,
    journalBytes: statSync(join(folder, 'journal.db')).size,
    entries,
    peakBytes: peakBytes(process.pid) ?? 0,
    snapshotMs: snapshots * 200,
    resumeMs: resumeSeconds * 1000,
  }
}

async function timed<T>(act: () => Promise<T>): Promise<readonly [T, number]> {
  const startMs = performance.now()
  const result = await act()
  return [result, (performance.now() - startMs) / 1000]
}
