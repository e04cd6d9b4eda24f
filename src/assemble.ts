/** The only file that builds things: settings and a plan in, a migration ready to run out. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster/cluster.ts'
import { openConnection } from './cluster/connect.ts'
import { identify } from './cluster/identify.ts'
import { copyPartition } from './copy/copy-partition.ts'
import { setAsideFolder } from './copy/set-aside.ts'
import { streamReader } from './copy/stream/reader.ts'
import { streamWriter } from './copy/stream/writer.ts'
import { AdaptiveThrottler } from './flow/throttler.ts'
import type { SqliteJournal } from './journal/sqlite.ts'
import { accessKinds } from './access/steps.ts'
import type { StepKind } from './cluster/step-kind.ts'
import { aliasStep } from './metadata/alias-step.ts'
import { createIndexStep } from './metadata/create.ts'
import { tuneIndexStep, tuning } from './metadata/tune.ts'
import { inProcessDispatcher } from './migration/dispatch/in-process.ts'
import { Memory } from './migration/memory.ts'
import type { Migration } from './migration/migration.ts'
import { Tally } from './migration/tally.ts'
import type { ConnectionSettings } from './model/connection.ts'
import { crashPoints } from './model/crash-points.ts'
import type { CrashPoint } from './model/crash-points.ts'
import type { Holder } from './model/entries.ts'
import { movedTasks } from './model/plan.ts'
import type { Plan } from './model/plan.ts'
import type { World } from './model/ports.ts'
import type { CopySettings } from './settings/settings.ts'
import { version } from './version.ts'

/** How long something that may pass (429, 503, a node restarting) is waited for before a run stops. */
const giveUpAfterMs = 5 * 60_000

export interface Parts {
  readonly plan: Plan
  readonly copy: CopySettings
  readonly source: Cluster
  readonly target: Cluster
  readonly journal: SqliteJournal
  /** The migration's own folder. */
  readonly folder: string
  readonly world: World
}

export function assemble({ plan, copy, source, target, journal, folder, world }: Parts): Migration {
  const memory = new Memory(journal)
  const throttler = new AdaptiveThrottler(world, { maxWidth: copy.width, docsPerSecond: copy.docsPerSecond })
  const tally = new Tally(plan, memory.state, throttler, world)
  const reader = streamReader(source, copy)
  const writer = streamWriter(target, world, throttler, tally, { giveUpAfterMs })
  const alreadyKept = setAsideSoFar(memory)
  const setAside = setAsideFolder(rejectedFolder(folder), copy.maxSetAside, alreadyKept)
  const parts = { reader, writer, setAside, meter: tally, world }
  const dispatcher = inProcessDispatcher(
    ({ task, partition }, attempt, signal) => copyPartition(task, partition, attempt, parts, signal),
    world,
    throttler,
    { readers: copy.readers, giveUpAfterMs },
  )
  return {
    plan,
    tasks: movedTasks(plan),
    source,
    target,
    memory,
    reader,
    writer,
    dispatcher,
    throttler,
    tally,
    world,
    steps: {
      create: (task, onChange) => createIndexStep(target, task, onChange),
      tune: task => tuneIndexStep(target, task),
      aliases: task => aliasStep(target, task),
    },
    catchUpRounds: copy.catchUpRounds,
    giveUpAfterMs,
  }
}

/** Every kind of step there is, by its ids: what becomes of it when a migration ends. */
export function stepKinds(folder: string): readonly StepKind[] {
  return [{ prefix: 'create-index/', atEnd: 'kept' }, { prefix: 'aliases/', atEnd: 'kept' }, tuning, ...accessKinds(folder)]
}

function setAsideSoFar(memory: Memory): number {
  let sum = 0
  for (const { rounds } of memory.state.indices.values())
    for (const round of rounds) for (const settled of round.settled.values()) sum += settled.counts.setAside
  return sum
}

/** Opens a connection and learns what answers there. @throws ShardferryError as `identify` */
export async function connect(settings: ConnectionSettings, signal: AbortSignal): Promise<Cluster> {
  const connection = openConnection(settings)
  try {
    return await identify(connection, signal)
  } catch (thrown) {
    await connection.close()
    throw thrown
  }
}

export function migrationFolder(stateFolder: string, name: string): string {
  return join(stateFolder, name)
}

export function rejectedFolder(folder: string): string {
  return join(folder, 'rejected')
}

export function thisProcess(): Holder {
  return { pid: process.pid, host: hostname(), version }
}

/** Real time and chance. `SHARDFERRY_CRASH_AT=point[:n]` kills the process there, for the fault tests and the demo. */
export function realWorld(env: NodeJS.ProcessEnv): World {
  const crash = crashAt(env['SHARDFERRY_CRASH_AT'])
  return {
    now: Date.now,
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    reached: point => {
      if (crash?.point === point && --crash.left === 0) process.kill(process.pid, 'SIGKILL')
    },
  }
}

function crashAt(text: string | undefined): { readonly point: CrashPoint; left: number } | undefined {
  const [name, times] = text?.split(':') ?? []
  const point = crashPoints.find(known => known === name)
  return point && { point, left: Number(times ?? 1) }
}
