/**
 * One live round: applications are followed, moved to the target, back, and perhaps over again, while something goes wrong.
 * At each switch, before anybody has moved, and at each rest both sides must hold what was acknowledged.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openFerry } from '../../../test/support/command-line.ts'
import { seeded } from '../../../test/proxy/random.ts'
import type { Random } from '../../../test/proxy/random.ts'
import type { Fault, Round, Stage } from '../fault.ts'
import { judge, settleDoubts } from '../judge.ts'
import type { Judged, Place } from '../judge.ts'
import { makeWritten } from '../stage.ts'
import { writers } from '../writers.ts'
import type { Written } from '../writers.ts'
import { Applications } from './applications.ts'
import { changesIn, entriesIn } from './figures.ts'
import type { Change, ChangeFigures } from './figures.ts'
import { LiveRun, endWord } from './run.ts'

export interface LiveResult extends Pick<Judged, 'documents' | 'lost' | 'duplicated' | 'wrong'> {
  readonly fault: string
  readonly seed: number
  /** The fault met a change of direction, or the run that was to make it. */
  readonly struck: boolean
  readonly recovered: boolean
  readonly changes: readonly ChangeFigures[]
  /** From the end of the fault until the change was made. */
  readonly secondsToRecover: number
  readonly kills: number
  /** Writes that a block refused. */
  readonly refused: number
  readonly ends: readonly string[]
  readonly writes: number
  readonly seconds: number
  readonly timeline: Readonly<Record<string, number>>
  readonly trouble: readonly string[]
  /** Where there was trouble: the journals of both directions, one JSON line for each entry. */
  readonly journals: string
}

const timeouts = { SHARDFERRY_SOURCE_TIMEOUT: '4s', SHARDFERRY_TARGET_TIMEOUT: '4s' }

/** Until both sides are equal, at rest; deletes come last. */
const longestRestMs = 90_000

export async function playLiveRound(stage: Stage, fault: Fault, seed: number): Promise<LiveResult> {
  const startMs = performance.now()
  const { source, target, truth } = stage
  const [writesBefore, refusedBefore] = [truth.acknowledged, truth.refused]
  const random = seeded(seed, 0)
  const timeline: Record<string, number> = {}
  const mark = (part: string): void => void (timeline[part] = secondsSince(startMs))
  const undo: (() => void | Promise<void>)[] = []
  const env: Round['env'] = {}
  const faultyEnv: Round['faultyEnv'] = {}
  const written = ownIndices(seed)
  const ferry = openFerry({ source: source.site, target: target.site }, { ...timeouts, SHARDFERRY_PARTITION_DOCS: '250' })
  undo.push(() => ferry.close())
  const indices = written.map(({ index }) => index)
  const copyOf = (index: string): string => `${index}-r${seed}`
  const command = ['copy', '--follow', '--index', indices.join(','), '--rename', `{index}-r${seed}`, '--json']
  const run = new LiveRun({ ferry, command, env, faultyEnv })
  let missed = false
  const round: Round = {
    ...stage,
    written,
    seed,
    random,
    indices,
    env,
    faultyEnv,
    docsPerSecond: 0,
    folder: ferry.folder,
    get running() {
      return run.running
    },
    restart: () => run.restart(),
    copyOf,
    anew: () => Promise.reject(new Error('A live round copies nothing anew.')),
    missed: () => (missed = true),
    after: one => void undo.push(one),
  }
  const applications = new Applications(stage, written, seed)
  const judgedAt: Judged[] = []
  const trouble: string[] = []
  const keep = (when: string, judged: Judged): void => {
    judgedAt.push(judged)
    trouble.push(...judged.examples.map(words => `${when}: ${words}`))
  }
  const changes = plot(random)
  const struckAt = random.between(0, changes.length - 1)
  let struck = false
  let secondsToRecover = 0
  try {
    for (const one of written) await makeWritten(stage, one, seed)
    await fault.prepare?.(round)
    applications.write()
    run.start(faultyEnv)
    await run.follow()
    mark('follows')
    for (const [n, change] of changes.entries()) {
      const strike = n === struckAt ? new Strike(fault, round, random) : undefined
      if (change.verified) {
        await applications.rest()
        await evenOut(round, applications, longestRestMs)
        await run.verify()
        applications.write()
      }
      await sleep(random.between(300, 1_500))
      await run.follow()
      const flags = flagsOf(change)
      strike?.begin()
      const made = await run.make(change.what, flags, async () => strike?.over())
      await strike?.over()
      if (strike) {
        struck = strike.struck
        secondsToRecover = strike.secondsSinceOver()
      }
      mark(`${change.what} ${n}`)
      // Nobody can write: the side that is left is blocked, and nobody knows of the other one yet.
      applications.side = otherSide(change.what)
      keep(`at ${change.what} ${n + 1}`, await judgeBoth(round, applications))
      const latest = change.moved === 'in the hook' ? 0 : 1_500
      await applications.move(
        otherSide(change.what),
        Array.from({ length: writers }, () => random.between(0, latest)),
      )
      await made.release()
      await run.follow()
      if (change.moved === 'later' || (change.moved === 'in the hook' && !made.hooked)) await run.tellMoved(change.what)
      await sleep(random.between(500, 2_500))
      mark(`moved ${n}`)
      if (change.moved === 'never') continue
      await applications.rest()
      await run.follow()
      keep(`at rest after ${change.what} ${n + 1}`, await evenOut(round, applications, longestRestMs))
      mark(`rest ${n}`)
      applications.write()
    }
    await applications.rest()
    if (changes.at(-1)?.moved === 'never') await run.tellMoved(changes.at(-1)!.what)
    await run.follow()
    keep('at the end', await evenOut(round, applications, longestRestMs))
    await run.complete()
    keep('after complete', await judgeBoth(round, applications))
    for (const place of written.flatMap(one => placesOf(round, one)))
      if (await isBlocked(place)) trouble.push(`after complete ${place.index} of ${place.cluster.site.name} is blocked`)
    mark('completed')
  } catch (thrown) {
    trouble.unshift(thrown instanceof Error ? thrown.message : String(thrown))
  } finally {
    await applications.rest()
  }
  trouble.unshift(...run.trouble)
  const sum = (what: 'lost' | 'duplicated' | 'wrong'): number => judgedAt.reduce((total, one) => total + one[what], 0)
  const kills = run.outcomes.filter(({ signal }) => signal === 'SIGKILL').length
  const result: LiveResult = {
    fault: fault.name,
    seed,
    struck: !missed && (fault.kills ? kills > 0 : struck || fault.begin === undefined),
    recovered: trouble.length === 0,
    changes: changesIn(entriesIn(run.journal)),
    secondsToRecover,
    kills,
    refused: truth.refused - refusedBefore,
    ends: run.outcomes.map(endWord),
    documents: judgedAt.at(-1)?.documents ?? 0,
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    wrong: sum('wrong'),
    writes: truth.acknowledged - writesBefore,
    seconds: secondsSince(startMs),
    timeline,
    trouble,
    journals: trouble.length === 0 ? '' : journalLines(run.journal),
  }
  for (const one of undo.toReversed()) await one()
  await target.send('DELETE', `/*-r${seed}`)
  for (const { name, index } of written) {
    await source.send('DELETE', `/${index}`)
    // What somebody has made under the name of an alias.
    await target.send('DELETE', `/${name}`)
    truth.forget(name)
  }
  return result
}

interface PlottedChange {
  readonly what: Change
  readonly verified: boolean
  /** How the run is told that applications have moved. */
  readonly moved: 'later' | 'in the hook' | 'never'
}

/** There and back, and sometimes there again. */
function plot(random: Random): PlottedChange[] {
  const all: readonly Change[] = ['cutover', 'rollback', 'cutover']
  return all.slice(0, random.chance(0.5) ? 2 : 3).map(what => ({
    what,
    verified: what === 'cutover' && random.chance(0.3),
    moved: random.chance(0.15) ? 'never' : random.chance(0.3) ? 'in the hook' : 'later',
  }))
}

function flagsOf({ what, moved }: PlottedChange): string[] {
  // Also where it was verified: the fault may come between.
  return [...(what === 'cutover' ? ['--accept-unverified'] : []), ...(moved === 'in the hook' ? ['--moved'] : [])]
}

function otherSide(what: Change): 'source' | 'target' {
  return what === 'cutover' ? 'target' : 'source'
}

/** A fault that comes before a change is asked for, or in the middle of it. */
class Strike {
  readonly #fault: Fault
  readonly #round: Round
  readonly #beforeMs: number
  readonly #lastsMs: number
  #over: Promise<void> = Promise.resolve()
  #overAtMs = 0
  struck = false

  constructor(fault: Fault, round: Round, random: Random) {
    this.#fault = fault
    this.#round = round
    this.#beforeMs = random.chance(0.3) ? 0 : random.between(500, 5_000)
    this.#lastsMs = random.between(500, 3_000)
  }

  begin(): void {
    this.#over = this.#strike()
    this.#over.catch(() => undefined)
  }

  /** When everything is whole again. @throws what the fault threw */
  async over(): Promise<void> {
    await this.#over
  }

  secondsSinceOver(): number {
    return secondsSince(this.#overAtMs)
  }

  async #strike(): Promise<void> {
    const { source, target, running } = this.#round
    await sleep(this.#beforeMs)
    try {
      this.struck = await Promise.race([running.outcome.then(() => false), sleep(0, true)])
      await this.#fault.begin?.(this.#round)
      await sleep(this.#lastsMs)
    } finally {
      await this.#fault.end?.(this.#round)
      await Promise.all([source.green(), target.green()])
      this.#overAtMs = performance.now()
    }
  }
}

function ownIndices(seed: number): (Written & { readonly index: string })[] {
  return [
    { name: `orders-${seed}-now`, index: `orders-${seed}`, ids: 600, routed: false, shards: 2 },
    { name: `events-${seed}-now`, index: `events-${seed}`, ids: 300, routed: true, shards: 1 },
  ]
}

function placesOf({ source, target, copyOf }: Round, { name, index = name }: Written): readonly [Place, Place] {
  return [
    { cluster: source, index },
    { cluster: target, index: copyOf(index) },
  ]
}

/** Each side against the truth and against the other. */
async function judgeBoth(round: Round, applications: Applications): Promise<Judged> {
  const found: Judged[] = []
  for (const one of round.written) {
    await settleDoubts(applications.cluster, round.truth, one.name)
    const known = round.truth.of(one.name)
    const [here, there] = placesOf(round, one)
    found.push(await judge(known, here, there), await judge(known, there, here))
  }
  const sum = (what: Exclude<keyof Judged, 'examples'>): number => found.reduce((total, one) => total + one[what], 0)
  return {
    documents: sum('documents') / 2,
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    wrong: sum('wrong'),
    sourceLost: 0,
    // What one side lost the other one's judge calls lost by its source.
    examples: found.flatMap(({ examples }) => examples.filter(words => !words.startsWith('sourceLost'))),
  }
}

/** Waits until what was written last is on both sides; what is not after a long while never comes. */
async function evenOut(round: Round, applications: Applications, withinMs: number): Promise<Judged> {
  for (const untilMs = performance.now() + withinMs; ;) {
    const judged = await judgeBoth(round, applications)
    if (judged.examples.length === 0 || performance.now() > untilMs) return judged
    await sleep(1_000)
  }
}

async function isBlocked({ cluster, index }: Place): Promise<boolean> {
  const { body } = await cluster.send('GET', `/${index}/_settings/index.blocks.*?flat_settings=true`)
  return /"index\.blocks\.[a-z_]+" ?: ?"true"/.test(body.toString('utf8'))
}

function journalLines(folder: string): string {
  const lines = (from: string): string[] => {
    try {
      return entriesIn(from).map(entry => JSON.stringify(entry))
    } catch {
      return ['there is none']
    }
  }
  return [...lines(folder), 'the way back:', ...lines(`${folder}/back`)].join('\n')
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10
}
