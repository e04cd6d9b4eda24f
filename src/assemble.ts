/** The only file that builds things: settings and a plan in, a migration ready to run out. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster/cluster.ts'
import { openConnection } from './cluster/connect.ts'
import { remoteHostOf } from './cluster/remote-source.ts'
import { identify } from './cluster/identify.ts'
import { pressureProbe } from './cluster/pressure.ts'
import { copyPartition } from './copy/copy-partition.ts'
import { manifestFolder } from './copy/manifest/folder.ts'
import { liveNumbers } from './copy/manifest/live-numbers.ts'
import { reindexEngine } from './copy/reindex/engine.ts'
import { taskMarks } from './copy/reindex/opaque-id.ts'
import { withReindexPartitions } from './copy/reindex/partitions.ts'
import { reindexTasks, reindexTasksStep } from './copy/reindex/tasks-step.ts'
import { setAsideFolder } from './copy/set-aside.ts'
import { refreshedCopies } from './copy/stream/copies.ts'
import type { Copies } from './copy/stream/copies.ts'
import { streamReader } from './copy/stream/reader.ts'
import { streamWriter } from './copy/stream/writer.ts'
import { Latencies } from './flow/latency.ts'
import { steadyNow } from './flow/steady-clock.ts'
import { AdaptiveThrottler } from './flow/throttler.ts'
import { timedReader } from './flow/timed-reader.ts'
import { fold } from './journal/fold.ts'
import type { MigrationState } from './journal/fold.ts'
import { accessKinds } from './access/steps.ts'
import type { StepKind } from './cluster/step-kind.ts'
import { aliasStep } from './metadata/alias-step.ts'
import { createdKind, createIndexStep } from './metadata/create.ts'
import { extendMappingKind, extendMappingStep } from './metadata/extend-mapping.ts'
import { attachKind, attachStep } from './metadata/data-streams/attach-step.ts'
import { dataStreamKind, openDataStreamStep, rollOverKind, rollOverStep } from './metadata/data-streams/open-step.ts'
import { rollOverHelperKind, rollOverHelperStep } from './metadata/data-streams/roll-over.ts'
import { dataStreamTemplateKind, dataStreamTemplateStep } from './metadata/data-streams/template-step.ts'
import { switchAliasesStep } from './metadata/switch-aliases.ts'
import { objectKind, objectStep } from './metadata/objects/object-step.ts'
import { tuneIndexStep, tuningKind } from './metadata/tune.ts'
import { writeBlockKind, writeBlockStep } from './metadata/write-block.ts'
import { inProcessDispatcher } from './migration/dispatch/in-process.ts'
import type { DeletesParts } from './migration/carry-deletes.ts'
import { baseAfter, firstEntries, nothingWritten, planBack, raising } from './migration/cutover/way-back.ts'
import { deletedLater } from './migration/deleted-later.ts'
import { withAliasesNow } from './migration/follow-definitions.ts'
import { Memory } from './migration/memory.ts'
import { fingerprintOf } from './migration/run-verification.ts'
import type { Comparison } from './migration/run-verification.ts'
import type { Migration } from './migration/migration.ts'
import { protect } from './migration/protect.ts'
import type { Protection } from './migration/protect.ts'
import { listSetAside } from './migration/retry-rejected.ts'
import { counting } from './migration/strays.ts'
import { Tally } from './migration/tally.ts'
import type { ConnectionSettings } from './model/connection.ts'
import {
  crashPoints,
  cutoverCrashPoints,
  deletesCrashPoints,
  reindexCrashPoints,
  verifyCrashPoints,
} from './model/crash-points.ts'
import type { AnyCrashPoint } from './model/crash-points.ts'
import type { Holder, ShardMark } from './model/entries.ts'
import { asShardferryError, ShardferryError } from './model/errors.ts'
import { movedTasks } from './model/plan.ts'
import type { IndexTask, Plan } from './model/plan.ts'
import type { Engine, Journal, Throttler, World, Writer } from './model/ports.ts'
import { objectDifferences } from './plan/object-differences.ts'
import { comparedIndices } from './plan/compared-indices.ts'
import type { SideReaders } from './plan/compared-indices.ts'
import { planRollover } from './plan/data-streams/plan-rollover.ts'
import { probeIndices } from './preflight/probe-index.ts'
import { withoutRole } from './preflight/without-role.ts'
import type { CopySettings } from './settings/settings.ts'
import type { CompareOptions, CompareParts } from './verify/compare-index.ts'
import { placeOf } from './verify/compared-index.ts'
import { Kept } from './verify/keep.ts'
import { patience } from './verify/patience.ts'
import type { AskedQuery } from './verify/query-file.ts'
import { CompareTally } from './verify/tally.ts'
import type { CompareUpTo } from './model/verification.ts'
import { version } from './version.ts'

/** How long something that may pass (429, 503, a node restarting) is waited for before a run stops. */
const giveUpAfterMs = 5 * 60_000

/** Partitions that a run may have in hand where the target moves them itself; the width says how many move. */
const tasksAtOnce = 32

export interface Parts {
  readonly plan: Plan
  readonly copy: CopySettings
  readonly source: Cluster
  readonly target: Cluster
  /** How the source is reached: what the target's nodes need where they read from it themselves. */
  readonly sourceAccess?: ConnectionSettings
  readonly journal: Journal
  /** Opens the journal of the way back, in a folder of its own in the migration's; there is no way back without it. */
  readonly openBack?: (folder: string) => Journal
  /** The migration's own folder. */
  readonly folder: string
  readonly world: World
}

/** What a way back shares with the migration that it belongs to. */
interface Shared {
  readonly memory: Memory
  readonly throttler: Throttler
  readonly protection: Protection
}

export function assemble(parts: Parts, shared?: Shared): Migration {
  const { plan, copy, source, target, sourceAccess, journal, folder, world } = parts
  const memory = new Memory(journal)
  const readLatencies = new Latencies()
  const { throttler, protection } = shared ?? protectedThrottler(parts, readLatencies)
  const versionBase = (): bigint => baseAfter((shared?.memory ?? memory).state.switches)
  const mode = { listing: false }
  const overwrites = (task: IndexTask): boolean => isNewestAsRead(task, (shared?.memory ?? memory).state.switches)
  const tally = new Tally(plan, memory.state, throttler, world)
  const copies = refreshedCopies(source)
  const reader = withReindexPartitions(timedReader(streamReader(source, copy, copies), readLatencies, world), source, copy)
  // Deletes, repairs and retries bring versions that were seen, or written, with what was added to them.
  const plain = (more: { readonly overwrites?: typeof overwrites; readonly replaces: boolean }): Writer =>
    counting(streamWriter(target, world, throttler, tally, { giveUpAfterMs, ...more }), tally.strays)
  const writer = plain({ replaces: true })
  const lateWriter = plain({ replaces: false })
  const alreadyKept = setAsideSoFar(memory)
  const setAside = setAsideFolder(rejectedFolder(folder), copy.maxSetAside, alreadyKept)
  const manifests = manifestFolder(manifestsFolder(folder))
  const copying = raising(plain({ overwrites, replaces: true }), versionBase)
  const streaming = { reader, writer: copying, setAside, manifests, meter: tally, world }
  const listing = { ...streaming, reader: streamReader(source, { ...copy, idsOnly: true }, copies), writer: nothingWritten }
  const stream: Engine = {
    copy: (task, partition, attempt, signal) =>
      copyPartition(task, partition, attempt, mode.listing ? listing : streaming, signal),
  }
  const marks = taskMarks(plan)
  const reindex = reindexEngine(
    {
      source,
      target,
      remote: {
        host: remoteHostOf({ addresses: [source.address] }, copy.remoteHost).host,
        auth: sourceAccess?.auth ?? { kind: 'none' },
        timeoutMs: sourceAccess?.requestTimeoutMs ?? 90_000,
      },
      stream,
      tasks: {
        taskOf: partition => memory.state.submitted.get(partition)?.task,
        remember: ({ id, index }, task) => memory.append({ type: 'submitted', index, partition: id, task }),
      },
      marks,
      throttler,
      meter: tally,
      world,
    },
    { batchBytes: copy.pageBytes, node: copy.reindexNode, giveUpAfterMs },
  )
  const byReindex = movedTasks(plan).some(task => task.engine === 'reindex')
  const dispatcher = inProcessDispatcher(
    ({ task, partition }, attempt, signal) =>
      (task.engine === 'reindex' ? reindex : stream).copy(task, partition, attempt, signal),
    world,
    throttler,
    // A _reindex task has one bulk request under way at a time: the width is the number of tasks, and the throttler keeps it.
    { readers: byReindex ? Math.max(copy.readers, tasksAtOnce) : copy.readers, giveUpAfterMs },
  )
  const migration: Migration = {
    get plan() {
      return memory.state.plan ?? plan
    },
    get tasks() {
      return movedTasks(this.plan)
    },
    source,
    target,
    memory,
    reader,
    writer,
    lateWriter,
    dispatcher,
    throttler,
    tally,
    world,
    setAside: task => setAsidePlaces(memory.state, task, folder),
    deletes: deletesParts({ plan, copy, source, target, folder, world }, { memory, throttler, tally, copies }),
    steps: {
      create: (task, onChange) => createIndexStep(target, task, onChange),
      tune: task => tuneIndexStep(target, task),
      aliases: task => aliasStep(target, task),
      extendMapping: ({ target: index }, growth) => extendMappingStep(target, index, growth),
      object: task => objectStep(target, task),
      block: task => writeBlockStep(source, task.source, world),
      rollOver: (stream, task) => rollOverStep(target, stream, task),
      dataStream: (stream, tasks) => ({
        template: stream.template && dataStreamTemplateStep(target, stream.template),
        helper: rollOverHelperStep(target, stream.target),
        open: openDataStreamStep(target, stream, tasks),
        attach: stream.by === 'attach' ? attachStep(target, stream) : undefined,
      }),
      switchAliases: (tasks, take) => switchAliasesStep(target, tasks, take),
    },
    planRollover: (index, stream, signal) =>
      planRollover(index, stream, { source, target, options: { ...copy, name: plan.name, intoExisting: false } }, signal),
    remoteTasks: byReindex ? reindexTasksStep(target, marks) : undefined,
    engineNotes: () => [...reindex.notes(), ...protection.notes()],
    protection,
    catchUpRounds: copy.catchUpRounds,
    follow: copy.follow,
    back: shared || !copy.followBack || !parts.openBack ? undefined : once(() => assembleBack(migration, parts)),
    shown: { current: undefined },
    mode,
    versionBase,
    giveUpAfterMs,
  }
  return migration
}

/** Makes something when it is first asked for; what could not be made is made when it is asked for again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => {
    try {
      return await (made ??= make())
    } catch (thrown) {
      made = undefined
      throw thrown
    }
  }
}

/** The way back of a migration: its plan is made when it is first needed, and journaled like any other. */
async function assembleBack(forward: Migration, parts: Parts): Promise<Migration> {
  const folder = backFolder(parts.folder)
  const journal = parts.openBack!(folder)
  const known = fold(journal.entries()).plan
  const plan = known ?? (await planBack(parts.plan, task => forward.deletes.compared(task, AbortSignal.timeout(giveUpAfterMs))))
  if (!known) for (const entry of firstEntries(parts.plan, plan, thisProcess())) journal.append(entry)
  const { source, target } = parts
  return assemble({ ...parts, plan, source: target, target: source, journal, folder }, forward)
}

/** One throttler for both ways, and what watches for it. */
function protectedThrottler({ copy, source, target, world }: Parts, readLatencies: Latencies): Omit<Shared, 'memory'> {
  const { width, docsPerSecond, bytesPerSecond, maxLoad, windows, pauseFile } = copy
  const throttler = new AdaptiveThrottler(world, { maxWidth: width, docsPerSecond, bytesPerSecond, maxLoad, windows })
  const probes = copy.protect ? [pressureProbe(source), pressureProbe(target)] : []
  return { throttler, protection: protect({ probes, readLatencies, throttler, pauseFile, world }) }
}

/**
 * A round reads what was written after the one before: in an index that this migration made, nothing newer can stand on
 * the target, although its `_version` may be higher. After a change of direction neither can it on the side that was left,
 * whatever versions applications have given there.
 */
function isNewestAsRead({ action, engine, read, versionFrom }: IndexTask, switches: number): boolean {
  return action === 'create' && engine !== 'reindex' && read.by === 'seq-no' && (versionFrom === 'version' || switches > 0)
}

/** How deletes are carried over: what lists, compares and looks. */
function deletesParts(
  { plan, copy, source, target, folder, world }: Omit<Parts, 'journal' | 'sourceAccess'>,
  own: { readonly memory: Memory; readonly throttler: Throttler; readonly tally: Tally; readonly copies: Copies },
): DeletesParts {
  const { memory, throttler, tally, copies } = own
  const patient = patience(world, giveUpAfterMs, reason => tally.retried(reason))
  return {
    manifests: { folder: manifestsFolder(folder), live: liveNumbers(source, copies), ...patient },
    compared: async (task, signal) => {
      const migration = { created: memory.state.created, finished: false, copied: undefined }
      const sides = { source: sideReaders(source, copy), target: sideReaders(target, copy), migration }
      const { indices, left } = await comparedIndices([task], sides, signal)
      const [index] = indices
      if (index) return index
      throw new ShardferryError('unsupported', `${task.source} cannot be compared: ${left[0]?.reason ?? ''}.`)
    },
    sweeping: () => ({
      ...patient,
      // What an earlier sweep has added up may hold what was deleted since.
      kept: new Kept(join(folder, 'sweep'), randomUUID(), world.now()),
      setAside: () => new Map(),
      dispatch: move => inProcessDispatcher(move, world, throttler, { readers: copy.readers, giveUpAfterMs }),
      meter: new CompareTally(plan, movedTasks(plan), copy.readers, world),
      world,
    }),
    hindrances: new Map(),
  }
}

function sideReaders(cluster: Cluster, copy: CopySettings): SideReaders {
  return { cluster, documents: streamReader(cluster, copy), ids: streamReader(cluster, { ...copy, idsOnly: true }) }
}

/**
 * Every kind of step there is, by its ids: what becomes of it when a migration ends.
 * @param made of a migration that is rolled back before a cutover: the indices that it made go too
 */
export function stepKinds(folder: string, made?: Pick<MigrationState, 'plan' | 'created'>): readonly StepKind[] {
  const uuidOf = (index: string): string | undefined => {
    const task = made?.plan?.indices.find(({ target }) => target === index)
    return task && made?.created.get(task.source)
  }
  return [
    made ? createdKind(uuidOf) : { prefix: 'create-index/', atEnd: 'kept' },
    { prefix: 'aliases/', atEnd: 'kept' },
    extendMappingKind,
    made ? objectKind : { prefix: objectKind.prefix, atEnd: 'kept' },
    dataStreamTemplateKind(made !== undefined),
    dataStreamKind(made !== undefined),
    rollOverHelperKind,
    rollOverKind,
    attachKind(made !== undefined),
    writeBlockKind('source'),
    writeBlockKind('target'),
    tuningKind('target'),
    tuningKind('source'),
    reindexTasks,
    probeIndices,
    ...accessKinds(folder),
  ]
}

function setAsideSoFar(memory: Memory): number {
  let sum = 0
  for (const { rounds } of memory.state.indices.values())
    for (const round of rounds) for (const settled of round.settled.values()) sum += settled.counts.setAside
  return sum
}

const isCutOverNote =
  'The migration is cut over, and nobody follows the target: applications write there, and the source may lack what they wrote.'
const isFollowedBackNote =
  'The migration is cut over: what applications use by now, its target, is compared with its source, to which it is carried back.'

export interface ComparisonParts {
  readonly plan: Plan
  /** Of the plan's, those that are compared. */
  readonly tasks: readonly IndexTask[]
  readonly copy: CopySettings
  readonly source: Cluster
  readonly target: Cluster
  /** Of the migration that moved the indices; undefined where something else did. */
  readonly state: MigrationState | undefined
  /** Where all of this is of a way back: the migration that it belongs to. */
  readonly forward?: { readonly state: MigrationState; readonly folder: string }
  /** As it stands while it is compared, where it may go on meanwhile. */
  readonly stateNow?: () => MigrationState
  /** The migration's own folder. */
  readonly folder: string
  readonly options: CompareOptions
  readonly upTo: CompareUpTo
  readonly queries: readonly AskedQuery[]
  readonly world: World
}

/** A comparison of both clusters, ready to run. Looks at the definitions on both sides. */
export async function assembleComparison(parts: ComparisonParts, signal: AbortSignal): Promise<Comparison> {
  const { plan, tasks, copy, source, target, state, folder, options, upTo, queries, world } = parts
  const throttler = new AdaptiveThrottler(world, { maxWidth: copy.width, docsPerSecond: 0 })
  const tally = new CompareTally(plan, tasks, copy.readers, world)
  const finished = state?.outcome?.kind === 'finished' || state?.outcome?.kind === 'completed'
  const found = await comparedIndices(
    state ? tasks.map(task => withAliasesNow(task, state)) : tasks,
    {
      source: sideReaders(source, copy),
      target: sideReaders(target, copy),
      migration: state && { created: state.created, finished, copied: upTo === 'copied' ? copiedSoFar(state) : undefined },
    },
    signal,
  )
  // An index that documents are carried back to was defined by its owner, not by the plan.
  const indices = parts.forward ? found.indices.map(one => ({ ...one, definition: [] })) : found.indices
  return {
    plan,
    indices,
    left: found.left,
    source,
    target,
    options,
    queries,
    notes: [...notesOn(parts), ...(finished && !parts.forward ? await objectDifferences(target, plan.objects, signal) : [])],
    shardferry: version,
    parts: {
      ...patience(world, giveUpAfterMs, reason => tally.retried(reason)),
      kept: new Kept(comparisonFolder(folder), fingerprintOf({ plan, options, indices }), world.now()),
      setAside: ({ task }) => setAsideEither(parts, task),
      ...(state && upTo === 'copied' ? { deletedLater: deletedLaterIn(state, parts.stateNow ?? (() => state), folder) } : {}),
      dispatch: move => inProcessDispatcher(move, world, throttler, { readers: copy.readers, giveUpAfterMs }),
      meter: tally,
      world,
    },
  }
}

function notesOn({ state, forward }: ComparisonParts): readonly string[] {
  if (forward) return [isFollowedBackNote]
  if (state?.cutover.phase === 'done') return [isCutOverNote]
  const ended = !state || state.outcome?.kind === 'finished' || state.outcome?.kind === 'completed'
  return ended ? [] : ['The migration has not come to its end.']
}

/** A migration that runs copies on while it is compared, and carries deletes over. */
function deletedLaterIn(
  before: MigrationState,
  stateNow: () => MigrationState,
  folder: string,
): NonNullable<CompareParts['deletedLater']> {
  return async ({ task, source }, extra, signal) => {
    const now = await source.ids.marks(source.task, signal)
    const { rounds = [] } = stateNow().indices.get(task.source) ?? {}
    const carriedUpTo = before.indices.get(task.source)?.deletes?.shards
    return deletedLater(task, { rounds, carriedUpTo, folder: manifestsFolder(folder) }, extra, now)
  }
}

/** By source index, where its last closed round ended. */
function copiedSoFar({ indices }: MigrationState): ReadonlyMap<string, readonly ShardMark[]> {
  const copied = new Map<string, readonly ShardMark[]>()
  for (const [index, { rounds }] of indices) {
    const last = rounds.findLast(round => round.closed)
    if (last) copied.set(index, last.shards)
  }
  return copied
}

/** What the target has refused stands on the source only, also when that is looked at from the other side. */
function setAsideEither({ state, folder, forward }: ComparisonParts, task: IndexTask): ReadonlyMap<string, string> {
  const own = setAsidePlaces(state, task, folder)
  const before = forward?.state.plan?.indices.find(({ target }) => target === task.source)
  return forward && before ? new Map([...setAsidePlaces(forward.state, before, forward.folder), ...own]) : own
}

function setAsidePlaces(state: MigrationState | undefined, task: IndexTask, folder: string): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const { lines } of listSetAside([task], state?.indices ?? new Map(), rejectedFolder(folder)))
    for (const { id, routing, type, reason } of lines) places.set(placeOf(id, routing), `${type}: ${reason}`)
  return places
}

/** Opens a connection and learns what answers there. @throws ShardferryError as `identify`, and for a user without a role */
export async function connect(settings: ConnectionSettings, signal: AbortSignal): Promise<Cluster> {
  const connection = openConnection(settings)
  try {
    return await identify(connection, signal)
  } catch (thrown) {
    const more = await withoutRole(connection, settings.auth, asShardferryError(thrown), signal)
    await connection.close()
    throw more ?? thrown
  }
}

export function migrationFolder(stateFolder: string, name: string): string {
  return join(stateFolder, name)
}

/** Of a migration's way back. */
export function backFolder(folder: string): string {
  return join(folder, 'back')
}

export function comparisonFolder(folder: string): string {
  return join(folder, 'verify')
}

export function manifestsFolder(folder: string): string {
  return join(folder, 'manifests')
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
    now: steadyNow,
    minuteOfDay: () => {
      const now = new Date()
      return 60 * now.getHours() + now.getMinutes()
    },
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    reached: point => {
      if (crash?.point === point && --crash.left === 0) process.kill(process.pid, 'SIGKILL')
    },
  }
}

function crashAt(text: string | undefined): { readonly point: AnyCrashPoint; left: number } | undefined {
  const [name, times] = text?.split(':') ?? []
  const point = [...crashPoints, ...reindexCrashPoints, ...deletesCrashPoints, ...cutoverCrashPoints, ...verifyCrashPoints].find(
    known => known === name,
  )
  return point && { point, left: Number(times ?? 1) }
}
