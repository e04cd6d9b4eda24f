/** One round: a copy under load, a fault in the middle of it, the same command again, and the target held against the truth. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fold } from '../../src/journal/fold.ts'
import type { MigrationState } from '../../src/journal/fold.ts'
import { SqliteJournal } from '../../src/journal/sqlite.ts'
import { eventsOf, openFerry } from '../../test/support/command-line.ts'
import type { Outcome, Running } from '../../test/support/command-line.ts'
import { seeded } from '../../test/proxy/random.ts'
import type { Fault, Round, Stage } from './fault.ts'
import { judge, settleDoubts } from './judge.ts'
import type { Judged } from './judge.ts'
import { startWriters } from './writers.ts'

export interface RoundResult extends Omit<Judged, 'examples'> {
  readonly fault: string
  readonly seed: number
  /** The fault met a run that was under way; a round whose fault came too late is not counted. */
  readonly struck: boolean
  readonly recovered: boolean
  /** How long the same command took afterwards. */
  readonly secondsToRecover: number
  /** Documents read in partitions that were not settled by that. */
  readonly readTwice: number
  /** Times that Shardferry's process was killed, and documents in the largest partition. */
  readonly kills: number
  readonly largestPartition: number
  /** How the runs ended: exit codes or signals, in turn. */
  readonly ends: readonly string[]
  readonly writes: number
  readonly seconds: number
  /** Seconds from the start of the round to the end of each of its parts. */
  readonly timeline: Readonly<Record<string, number>>
  /** What went wrong, in words; empty for a good round. */
  readonly trouble: readonly string[]
}

/** Partitions read at once, by default of the command. */
export const readers = 2

const shape = ['--partition-docs', '250', '--page-bytes', '4kb', '--catch-up-rounds', '1']
const timeouts = { SHARDFERRY_SOURCE_TIMEOUT: '4s', SHARDFERRY_TARGET_TIMEOUT: '4s' }
const preload = new URL('../drill-preload.ts', import.meta.url).href

/** A run that has not ended so long after its fault has: it hangs. */
const longestRunMs = 150_000

export async function playRound(stage: Stage, fault: Fault, seed: number): Promise<RoundResult> {
  const startMs = performance.now()
  const writesBefore = stage.truth.acknowledged
  const { source, target, truth, written } = stage
  const random = seeded(seed, 0)
  const timeline: Record<string, number> = {}
  const mark = (part: string): void => void (timeline[part] = rounded((performance.now() - startMs) / 1000))
  const undo: (() => void | Promise<void>)[] = []
  const faultyEnv: Round['faultyEnv'] = {}
  const env: Round['env'] = {}
  const indices = written.map(({ name }) => name)
  const ferry = openFerry({ source: source.site, target: target.site }, timeouts)
  undo.push(() => ferry.close())
  const reads = join(ferry.folder, 'reads')
  Object.assign(env, { NODE_OPTIONS: `--import=${preload}`, DRILL_READS: reads })
  const copyOf = (index: string): string => `${index}-r${seed}`
  const command = (names: readonly string[], suffix = ''): string[] => [
    'copy',
    '--index',
    names.join(','),
    '--rename',
    `{index}-r${seed}${suffix}`,
    '--json',
    ...shape,
    '--docs-per-second',
    String(round.docsPerSecond),
  ]
  let running: Running | undefined
  let missed = false
  const hung: string[] = []
  const outcomes: Outcome[] = []
  const start = (more: Round['env']): Running => {
    const one = ferry.start(command(indices), { ...env, ...more })
    running = one
    return one
  }
  const round: Round = {
    ...stage,
    seed,
    random,
    indices,
    env,
    faultyEnv,
    docsPerSecond: 500,
    folder: ferry.folder,
    get running() {
      if (!running) throw new Error('Nothing runs yet.')
      return running
    },
    restart: async () => {
      if (running) outcomes.push(await running.outcome)
      await copying(start(faultyEnv))
    },
    copyOf,
    anew: (name, names) => ferry.run([...command(names, `-${name}`), '--name', name], { ...env, DRILL_READS: undefined }),
    missed: () => (missed = true),
    after: one => void undo.push(one),
  }
  try {
    await fault.prepare?.(round)
    mark('prepared')
    const writers = startWriters(
      () => source,
      truth,
      () => written,
      seed,
    )
    let struck = false
    try {
      await copying(start(faultyEnv))
      mark('copying')
      await sleep(random.between(0, 800))
      try {
        await fault.begin?.(round)
        struck = await stillRuns(round.running)
        mark('begun')
        await Promise.race([sleep(random.between(500, 2500)), round.running.outcome])
      } finally {
        await fault.end?.(round)
        mark('ended')
      }
      // What is written after the fault is caught up with too; then the run may come to its end.
      await Promise.race([sleep(1_000), round.running.outcome])
      await writers.stop()
      const met = await endOf(round.running, hung)
      outcomes.push(met)
      // A run that the fault has ended before it was wholly there was met too.
      struck ||= met.code !== 0 && met.code !== 5
      mark('run over')
    } finally {
      await writers.stop()
      await Promise.all([source.green(), target.green()])
    }
    mark('green')
    for (const index of indices) await settleDoubts(source, truth, index)
    const againMs = performance.now()
    const again = await endOf(start({}), hung)
    const secondsToRecover = (performance.now() - againMs) / 1000
    outcomes.push(again)
    mark('again')
    const instead = await fault.insteadOfExact?.(round, again)
    const judged: Judged[] = []
    for (const index of indices) {
      const copy = { cluster: target, index: instead?.copies.get(index) ?? copyOf(index) }
      judged.push(await judge(truth.of(index), { cluster: source, index }, copy))
    }
    mark('judged')
    const kills = outcomes.filter(({ signal }) => signal === 'SIGKILL').length
    const state = stateIn(ferry.state, env)
    const trouble = [...hung, ...judged.flatMap(({ examples }) => examples)]
    const ended = instead ? instead.asItMust : again.code === 0
    if (!ended) trouble.unshift(`the same command ended with ${endWord(again)}: ${lastError(again)}`)
    const sum = (what: Exclude<keyof Judged, 'examples'>): number => judged.reduce((total, one) => total + one[what], 0)
    const lost = sum('lost')
    const duplicated = sum('duplicated')
    const wrong = sum('wrong')
    return {
      fault: fault.name,
      seed,
      struck: !missed && (fault.kills ? kills > 0 : struck || fault.begin === undefined),
      recovered: ended && hung.length === 0 && lost + duplicated + wrong === 0,
      secondsToRecover: rounded(secondsToRecover),
      readTwice: readIn(reads) - settledReads(state),
      kills,
      largestPartition: largestPartition(state),
      ends: outcomes.map(endWord),
      documents: sum('documents'),
      lost,
      duplicated,
      wrong,
      sourceLost: sum('sourceLost'),
      writes: truth.acknowledged - writesBefore,
      seconds: rounded((performance.now() - startMs) / 1000),
      trouble,
      timeline,
    }
  } finally {
    for (const one of undo.toReversed()) await one()
    await target.send('DELETE', `/*-r${seed},*-r${seed}-*`)
  }
}

/** Waits until the run copies, or has ended. */
async function copying(running: Running): Promise<void> {
  const ended = running.outcome.then(() => true)
  while (!running.stdout.includes('"phase":"copying"')) if (await Promise.race([sleep(30, false), ended])) return
}

async function stillRuns(running: Running): Promise<boolean> {
  return await Promise.race([running.outcome.then(() => false), sleep(0, true)])
}

/** One that hangs is stopped, and said to hang. */
async function endOf(running: Running, hung: string[]): Promise<Outcome> {
  const timer = setTimeout(() => {
    hung.push(`a run did not end within ${longestRunMs / 1000} s of the end of its fault`)
    running.kill('SIGTERM')
  }, longestRunMs)
  const outcome = await running.outcome
  clearTimeout(timer)
  return outcome
}

function endWord({ code, signal }: Outcome): string {
  return signal ?? String(code)
}

function lastError(outcome: Outcome): string {
  const events = eventsOf(outcome)
  const report = events.findLast(({ event }) => event === 'report')
  if (report) return JSON.stringify([report['notes'], report['indices']])
  const error = events.findLast(({ event }) => event === 'error')
  return error ? `${String(error['code'])}: ${String(error['message'])}` : outcome.stderr.slice(-400)
}

function stateIn(state: string, env: Round['env']): MigrationState {
  using journal = SqliteJournal.open(join(env['SHARDFERRY_STATE'] ?? state, 'm'))
  return fold(journal.entries())
}

function settledOf(state: MigrationState): readonly number[] {
  const rounds = [...state.indices.values()].flatMap(index => index.rounds)
  return rounds.flatMap(({ settled }) => [...settled.values()].map(({ counts }) => counts.read))
}

function settledReads(state: MigrationState): number {
  return settledOf(state).reduce((sum, read) => sum + read, 0)
}

function largestPartition(state: MigrationState): number {
  return Math.max(0, ...settledOf(state))
}

function readIn(file: string): number {
  if (!existsSync(file)) return 0
  return readFileSync(file, 'utf8')
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0)
}

function rounded(seconds: number): number {
  return Math.round(10 * seconds) / 10
}
