/** `make drill`: faults of every kind, one after the other, to a copy between two clusters under load. docs/reliability.md */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { faults, liveFaults } from './drill/faults.ts'
import type { Fault, Stage } from './drill/fault.ts'
import { playLiveRound } from './drill/live/round.ts'
import type { LiveResult } from './drill/live/round.ts'
import { playRound } from './drill/round.ts'
import type { RoundResult } from './drill/round.ts'
import { schedule } from './drill/schedule.ts'
import { openStage } from './drill/stage.ts'
import { liveTableOf, overBound, tableOf } from './drill/table.ts'
import { machine } from './machine.ts'
import { keepResult } from './results.ts'

const help = `Copies from one real cluster to another under load, lets something go wrong, gives the same command again, and holds the
target against a log of every write that the source has acknowledged.

  node bench/drill.ts [options]

  --live           applications move to the target and back meanwhile: cutovers and rollbacks
  --rounds N       rounds (200)
  --minutes M      begin no round after so many minutes (none)
  --seed N         of the first round, and of the order of faults (1); the next rounds have the next numbers
  --fault NAME     only this one; may be given again
  --source DIST    elasticsearch-7.10.2
  --target DIST    opensearch-2.19.4
  --nodes N        of each cluster (2)
  --ids N          documents that there may be (2400)
  --list           the faults
  --table FILE...  results of earlier runs, together

A round is run again by its seed and fault: node bench/drill.ts --fault 'kill at random' --seed 17 --rounds 1`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    live: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string', multiple: true },
    source: { type: 'string', default: 'elasticsearch-7.10.2' },
    target: { type: 'string', default: 'opensearch-2.19.4' },
    nodes: { type: 'string', default: '2' },
    ids: { type: 'string', default: '2400' },
    list: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const known = values.live ? liveFaults : faults

if (values.help) console.log(help)
else if (values.list) for (const { name, does } of known) console.log(`${name.padEnd(30)} ${does}`)
else if (values.table) console.log(values.live ? liveTableOf(resultsIn(positionals)) : tableOf(resultsIn(positionals)))
else await drill()

function resultsIn<R>(files: readonly string[]): R[] {
  return files.flatMap(file => (JSON.parse(readFileSync(file, 'utf8')) as { readonly results: readonly R[] }).results)
}

async function drill(): Promise<void> {
  const seed = Number(values.seed)
  const chosen = values.fault?.map(faultNamed) ?? known
  const untilMs = values.minutes === undefined ? Infinity : Date.now() + 60_000 * Number(values.minutes)
  let stopped = false
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => (stopped = true))
  const name = `drill-${process.pid}`
  const nodes = Number(values.nodes)
  console.log(`${values.source} to ${values.target}, ${nodes} nodes each, are started ...`)
  await using stage = await openStage({
    name,
    sourceDist: values.source,
    targetDist: values.target,
    nodes,
    ids: Number(values.ids),
    seed,
    indices: values.live ? 0 : 3,
  })
  const possible = chosen.filter(fault => canBeDone(fault, stage))
  const results: RoundResult[] = []
  const liveResults: LiveResult[] = []
  try {
    for (const [n, fault] of schedule(possible, Number(values.rounds), seed).entries()) {
      if (stopped || Date.now() > untilMs) break
      const result = values.live ? await playLiveRound(stage, fault, seed + n) : await playRound(stage, fault, seed + n)
      if ('changes' in result) liveResults.push(result)
      else results.push(result)
      console.log(lineOf(result))
      if (result.trouble.length > 0) keepTrouble(result, stage)
      else stage.truth.take()
    }
  } finally {
    const facts = { source: values.source, target: values.target, nodes, seed }
    if (values.live) summariseLive(liveResults, facts)
    else summarise(results, facts)
  }
}

function summarise(results: readonly RoundResult[], facts: object): void {
  const over = overBound(results)
  console.log(`\n${tableOf(results)}\n`)
  for (const one of over) console.log(`More than a partition for each worker was read again: ${named(one)}, ${one.readTwice}`)
  conclude('drill', results, facts)
  if (over.length > 0) process.exitCode = 1
}

function summariseLive(results: readonly LiveResult[], facts: object): void {
  console.log(`\n${liveTableOf(results)}\n`)
  conclude('drill-live', results, facts)
}

type Any = RoundResult | LiveResult

function conclude(kind: 'drill' | 'drill-live', results: readonly Any[], facts: object): void {
  const late = results.filter(({ struck }) => !struck)
  if (late.length > 0) console.log(`Not counted, as the fault came too late: ${late.map(named).join(', ')}`)
  console.log(keepResult(kind, { at: new Date().toISOString(), machine: machine(), ...facts, results }))
  if (results.some(({ struck, recovered }) => struck && !recovered)) process.exitCode = 1
}

function named({ fault, seed }: Any): string {
  return `${fault} (${seed})`
}

function canBeDone(fault: Fault, stage: Stage): boolean {
  const why = fault.impossible?.(stage)
  if (why !== undefined) console.log(`skipped: ${fault.name}: ${why}`)
  return why === undefined
}

function faultNamed(name: string): Fault {
  const fault = known.find(one => one.name === name)
  if (!fault) throw new Error(`There is no fault "${name}". --list names them.`)
  return fault
}

function lineOf(one: Any): string {
  const { lost, duplicated, wrong } = one
  const outcome = one.struck ? (one.recovered ? 'recovered' : 'NOT RECOVERED') : 'too late'
  const figures =
    'changes' in one
      ? `blocked ${one.changes.map(({ made, blockedMs, reason = '' }) => `${made ? '' : `undone (${reason}) `}${(blockedMs / 1000).toFixed(1)} s`).join(', ')}; ${one.refused} writes refused`
      : `read twice ${one.readTwice}`
  return (
    `${String(one.seed).padStart(4)}  ${one.fault.padEnd(30)} ${outcome} in ${one.secondsToRecover} s; ${figures}; ` +
    `lost ${lost}, duplicated ${duplicated}, wrong ${wrong}; ${one.documents} documents, ${one.writes} writes; ` +
    `ended ${one.ends.join(' ')}; ${one.seconds} s${one.trouble.map(words => `\n        ${words}`).join('')}`
  )
}

/** The log of what was acknowledged, and the journals of a live round, for whoever looks into it. */
function keepTrouble(result: Any, stage: Stage): void {
  const folder = fileURLToPath(new URL('results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, `drill-writes-${result.seed}.ndjson`), `${stage.truth.take()}\n`)
  if ('journals' in result) appendFileSync(join(folder, `drill-journals-${result.seed}.ndjson`), `${result.journals}\n`)
}
