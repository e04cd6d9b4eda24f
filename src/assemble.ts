/** The only file that builds things: settings and a plan in, a migration ready to run out. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster/cluster.ts'
import { openConnection } from './cluster/connect.ts'
import { identify } from './cluster/identify.ts'
import { copyPartition } from './copy/copy-partition.ts'
import { reindexEngine } from './copy/reindex/engine.ts'
import { taskMarks } from './copy/reindex/opaque-id.ts'
import { withReindexPartitions } from './copy/reindex/partitions.ts'
import { setAsideFolder } from './copy/set-aside.ts'
import { streamReader } from './copy/stream/reader.ts'
import { streamWriter } from './copy/stream/writer.ts'
import { AdaptiveThrottler } from './flow/throttler.ts'
import type { SqliteJournal } from './journal/sqlite.ts'
import { aliasStep } from './metadata/alias-step.ts'
import { createIndexStep } from './metadata/create.ts'
import { tuneIndexStep } from './metadata/tune.ts'
import { inProcessDispatcher } from './migration/dispatch/in-process.ts'
import { Memory } from './migration/memory.ts'
import type { Migration, RemoteTasks } from './migration/migration.ts'
import { Tally } from './migration/tally.ts'
import type { ConnectionSettings } from './model/connection.ts'
import { crashPoints, reindexCrashPoints } from './model/crash-points.ts'
import type { CrashPoint } from './model/crash-points.ts'
import type { Holder } from './model/entries.ts'
import type { Plan } from './model/plan.ts'
import type { Engine, World } from './model/ports.ts'
import type { CopySettings } from './settings/settings.ts'
import { version } from './version.ts'

/** How long something that may pass (429, 503, a node restarting) is waited for before a run stops. */
const giveUpAfterMs = 5 * 60_000

/** Partitions that a run may have in hand where the target moves them itself; the width says how many move. */
const tasksAtOnce = 32

const noRemoteTasks: RemoteTasks = { stop: () => Promise.resolve(0), notes: () => [] }

export interface Parts {
  readonly plan: Plan
  readonly copy: CopySettings
  readonly source: Cluster
  readonly target: Cluster
  /** How the source is reached: what the target's nodes need for reading from it themselves. */
  readonly sourceAccess: ConnectionSettings
  readonly journal: SqliteJournal
  /** The migration's own folder. */
  readonly folder: string
  readonly world: World
}

export function assemble({ plan, copy, source, target, sourceAccess, journal, folder, world }: Parts): Migration {
  const memory = new Memory(journal)
  const throttler = new AdaptiveThrottler(world, { maxWidth: copy.width, docsPerSecond: copy.docsPerSecond })
  const tally = new Tally(plan, memory.state, throttler, world)
  const reader = withReindexPartitions(streamReader(source, copy), source, copy)
  const writer = streamWriter(target, world, throttler, tally, { giveUpAfterMs })
  const alreadyKept = setAsideSoFar(memory)
  const setAside = setAsideFolder(rejectedFolder(folder), copy.maxSetAside, alreadyKept)
  const parts = { reader, writer, setAside, meter: tally, world }
  const stream: Engine = {
    copy: (task, partition, attempt, signal) => copyPartition(task, partition, attempt, parts, signal),
  }
  const reindex = reindexEngine(
    {
      source,
      target,
      remote: {
        host: copy.remoteHost ?? sourceAccess.addresses[0] ?? '',
        auth: sourceAccess.auth,
        timeoutMs: sourceAccess.requestTimeoutMs,
      },
      stream,
      tasks: {
        taskOf: partition => memory.state.submitted.get(partition),
        remember: ({ id, index }, task) => memory.append({ type: 'submitted', index, partition: id, task }),
      },
      marks: taskMarks(plan),
      throttler,
      meter: tally,
      world,
    },
    { batchBytes: copy.pageBytes, node: copy.reindexNode, giveUpAfterMs },
  )
  const byReindex = plan.indices.some(task => task.engine === 'reindex')
  const dispatcher = inProcessDispatcher(
    ({ task, partition }, attempt, signal) =>
      (task.engine === 'reindex' ? reindex : stream).copy(task, partition, attempt, signal),
    world,
    throttler,
    // A _reindex task has one bulk request under way at a time: the width is the number of tasks, and the throttler keeps it.
    { readers: byReindex ? Math.max(copy.readers, tasksAtOnce) : copy.readers, giveUpAfterMs },
  )
  return {
    plan,
    tasks: plan.indices.filter(task => task.action === 'create' || task.action === 'into-existing'),
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
    remoteTasks: byReindex ? reindex : noRemoteTasks,
    catchUpRounds: copy.catchUpRounds,
    giveUpAfterMs,
  }
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
  const point = [...crashPoints, ...reindexCrashPoints].find(known => known === name)
  return point && { point, left: Number(times ?? 1) }
}
