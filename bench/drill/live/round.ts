/**
 * One live round: applications are followed, moved to the target, back, and perhaps over again, while something goes wrong.
 * At each switch, before anybody has moved, and at each rest both sides must hold what was acknowledged.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openFerry } from '../../../test/support/command-line.ts'
import { seeded } from '../../../test/proxy/random.ts'
import type { Fault, Round, Stage } from '../fault.ts'
import type { Judged } from '../judge.ts'
import { makeWritten } from '../stage.ts'
import type { Written } from '../writers.ts'
import { Applications } from './applications.ts'
import { changesIn, entriesIn, journalLines } from './figures.ts'
import type { ChangeFigures } from './figures.ts'
import { drawStruck, plot } from './plot.ts'
import { LiveRun, endWord } from './run.ts'
import { Sides } from './sides.ts'
import { Strike } from './strike.ts'

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

export async function playLiveRound(stage: Stage, fault: Fault, seed: number): Promise<LiveResult> {
  const startMs = performance.now()
  const { source, target, truth } = stage
  const [writesBefore, refusedBefore] = [truth.acknowledged, truth.refused]
  const random = seeded(seed, 0)
  const timeline: Record<string, number> = {}
  const mark = (part: string): void => void (timeline[part] = rounded((performance.now() - startMs) / 1000))
  const undo: (() => void | Promise<void>)[] = []
  const env: Round['env'] = {}
  const faultyEnv: Round['faultyEnv'] = {}
  const written = ownIndices(seed)
  const ferry = openFerry({ source: source.site, target: target.site }, { ...timeouts, SHARDFERRY_PARTITION_DOCS: '250' })
  undo.push(() => ferry.close())
  const indices = written.map(({ index }) => index)
  let planned: readonly string[] = indices
  const copyOf = (index: string): string => `${index}-r${seed}`
  const command = (): string[] => ['copy', '--follow', '--index', planned.join(','), '--rename', `{index}-r${seed}`, '--json']
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
  const trouble: string[] = []
  const changes = plot(random)
  const struckChange = drawStruck(changes, fault.onSource === true, random)
  let strike: Strike | undefined
  let secondsToRecover = 0
  let sides: Sides | undefined
  try {
    for (const one of written) await makeWritten(stage, one, seed)
    await fault.prepare?.(round)
    // What the fault has made is followed too, and only that: not what it makes later.
    planned = [...indices]
    const more = planned.slice(written.length).map(index => ({ name: index, index }))
    sides = new Sides(round, applications, [...written, ...more])
    applications.write()
    run.start(faultyEnv)
    await run.follow()
    mark('follows')
    for (const [n, change] of changes.entries()) {
      const { what, to, flags, moved } = change
      if (change.verified) {
        await applications.rest()
        await sides.atRest(`before ${what} ${n + 1}`)
        await run.verify()
        applications.write()
      }
      await sleep(random.between(300, 1_500))
      await run.follow()
      const mine = change === struckChange ? (strike = new Strike(fault, round, random)) : undefined
      mine?.begin()
      const made = await run.make(what, flags, async () => mine?.over())
      await mine?.over()
      secondsToRecover = mine?.secondsSinceOver() ?? secondsToRecover
      mark(`${what} ${n + 1}`)
      // Nobody can write: the side that is left is blocked, and nobody knows of the other one yet.
      applications.side = to
      await sides.now(`at ${what} ${n + 1}`)
      await applications.move(to, change.lateMs)
      await made.release()
      await run.follow()
      if (moved === 'later' || (moved === 'in the hook' && !made.hooked)) await run.tellMoved(what)
      await sleep(random.between(500, 2_500))
      if (moved === 'never' && n < changes.length - 1) continue
      await applications.rest()
      await run.follow()
      if (moved === 'never') await run.tellMoved(what)
      await sides.atRest(`at rest after ${what} ${n + 1}`)
      mark(`rest ${n + 1}`)
      applications.write()
    }
    await applications.rest()
    await sides.atRest('at the end')
    await run.complete()
    await sides.now('after complete')
    await sides.requireFree()
    mark('completed')
  } catch (thrown) {
    trouble.unshift(thrown instanceof Error ? thrown.message : String(thrown))
  } finally {
    await applications.rest()
  }
  trouble.unshift(...run.trouble)
  trouble.push(...(sides?.examples ?? []))
  const kills = run.outcomes.filter(({ signal }) => signal === 'SIGKILL').length
  const result: LiveResult = {
    fault: fault.name,
    seed,
    struck: !missed && (fault.kills ? kills > 0 : strike?.struck === true || fault.begin === undefined),
    recovered: trouble.length === 0,
    changes: changesIn(entriesIn(run.journal)),
    secondsToRecover: rounded(secondsToRecover),
    kills,
    refused: truth.refused - refusedBefore,
    ends: run.outcomes.map(endWord),
    documents: sides?.documents ?? 0,
    lost: sides?.sum('lost') ?? 0,
    duplicated: sides?.sum('duplicated') ?? 0,
    wrong: sides?.sum('wrong') ?? 0,
    writes: truth.acknowledged - writesBefore,
    seconds: rounded((performance.now() - startMs) / 1000),
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

function ownIndices(seed: number): (Written & { readonly index: string })[] {
  return [
    { name: `orders-${seed}-now`, index: `orders-${seed}`, ids: 600, routed: false, shards: 2 },
    { name: `events-${seed}-now`, index: `events-${seed}`, ids: 300, routed: true, shards: 1 },
  ]
}

function rounded(seconds: number): number {
  return Math.round(10 * seconds) / 10
}
