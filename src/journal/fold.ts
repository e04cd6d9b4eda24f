import { grown } from '../model/definition.ts'
import type { Definition } from '../model/definition.ts'
import type { Partition, SeqNoRange, Settled } from '../model/documents.ts'
import type {
  Ask,
  CutoverConditions,
  CutoverFacts,
  DeletesCarried,
  Entry,
  LaterChange,
  Pace,
  ReindexAnswered,
  ReindexAsked,
  RollbackConditions,
  RoundsMerged,
  ShardMark,
  StoredEntry,
  Verified,
} from '../model/entries.ts'
import type { IndexTask, Json, Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { Unconfirmed } from './unconfirmed.ts'

/** What a migration's journal says about it. There is no other truth: the first start and every resume read this. */
export interface MigrationState {
  readonly plan: Plan | undefined
  readonly startedAtMs: number | undefined
  /** Time that runs were under way, from each start to its last entry; a process that hangs about counts only as far as it wrote. */
  readonly activeMs: number
  readonly steps: ReadonlyMap<string, StepState>
  readonly indices: ReadonlyMap<string, IndexState>
  /** Target indices this migration made, by source index, with the uuid they got. */
  readonly created: ReadonlyMap<string, string>
  /** Source indices that came to the plan after it was made. */
  readonly added: ReadonlySet<string>
  /** Documents that a target index held before anything was copied into it, by source index. */
  readonly docsBefore: ReadonlyMap<string, number>
  /** What became otherwise than planned when a target index was made, and what its source got since it was planned, by source index. */
  readonly changes: ReadonlyMap<string, readonly LaterChange[]>
  /** The definitions of source indices that are followed, as the target would have them: as seen first, and last. */
  readonly definitions: ReadonlyMap<string, { readonly first: Definition; readonly last: Definition }>
  /** Tasks of the target by the partition they move, as long as it is not settled, with the number of the entry that says so. */
  readonly submitted: ReadonlyMap<string, { readonly task: string; readonly number: number }>
  readonly paused: string | undefined
  readonly cancelled: boolean
  readonly throttle: Pace
  readonly outcome: Outcome | undefined
  readonly report: Report | undefined
  /** Some run has ended without a difference: whoever was told so may use the target since. */
  readonly handedOver: boolean
  /** By source index, how the last comparison found it. */
  readonly verified: ReadonlyMap<string, Verified>
  readonly cutover: CutoverState
  /** Applications may not all have left the side that the last change of direction has blocked; nothing is carried over to it. */
  readonly held: boolean
  /** Cutovers and rollbacks that were made. */
  readonly switches: number
  /** The last cutover was made with a way back: what the target has is listed. */
  readonly hasWayBack: boolean
  /** The request that it was asked for by, where `POST _reindex` did. */
  readonly reindex: ReindexState | undefined
  readonly lastNumber: number
}

export interface ReindexState {
  readonly asked: ReindexAsked
  readonly askedAtMs: number
  readonly answered?: ReindexAnswered
  readonly answeredAtMs?: number
}

/**
 * none: not asked for, or the last one was refused or undone, for a reason. asked: the run is to do it. begun: its steps may
 * have been applied; whoever finds it so undoes them. done: applications are to use the target. rollback-…: the same for
 * the way back, after which it is none again.
 */
export type CutoverState =
  | { readonly phase: 'none'; readonly reason?: string }
  | { readonly phase: 'asked' | 'begun'; readonly conditions: CutoverConditions }
  | { readonly phase: 'done'; readonly facts: CutoverFacts; readonly reason?: string }
  | {
      readonly phase: 'rollback-asked' | 'rollback-begun'
      readonly facts: CutoverFacts
      readonly conditions: RollbackConditions
    }

export interface StepState {
  readonly saved: Json
  readonly phase: 'captured' | 'applied' | 'undone'
}

export interface IndexState {
  readonly rounds: readonly RoundState[]
  /** How far deletes are carried over; undefined where it was never looked, or what was written since has to be looked at too. */
  readonly deletes: Omit<DeletesCarried, 'type' | 'index'> | undefined
  readonly unconfirmed: Pick<Unconfirmed, 'toReadAgain' | 'any' | 'worth'>
}

export interface RoundState {
  readonly round: number
  /** The number of the entry that opened it. */
  readonly openedAt: number
  readonly shards: readonly ShardMark[]
  readonly partitions: readonly Partition[]
  readonly again: readonly SeqNoRange[]
  readonly writeBlocked: boolean
  readonly settled: ReadonlyMap<string, Settled>
  readonly closed: boolean
}

export type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint: string | undefined }

const tellsHowItStands = {
  planned: true,
  started: true,
  opened: true,
  captured: false,
  applied: false,
  undone: false,
  created: false,
  changed: true,
  'definition-seen': false,
  'backing-added': true,
  'reindex-asked': true,
  'reindex-answered': true,
  audited: false,
  'round-opened': false,
  observed: false,
  submitted: false,
  settled: false,
  'round-closed': false,
  'rounds-merged': false,
  'deletes-carried': true,
  retried: true,
  asked: true,
  verified: true,
  'cutover-begun': true,
  'cutover-undone': true,
  'cut-over': true,
  'rollback-begun': true,
  'rollback-undone': true,
  'rolled-back': true,
  stopped: true,
  failed: true,
  finished: true,
  completed: true,
} satisfies Readonly<Record<Entry['type'], boolean>>

export const entryTypes = Object.keys(tellsHowItStands) as readonly Entry['type'][]

/** Entries of these types fold to all that a state says but for what was moved: few, however much was moved. */
export const standingTypes: readonly Entry['type'][] = entryTypes.filter(type => tellsHowItStands[type])

/** The state after these entries. */
export function fold(entries: Iterable<StoredEntry>): MigrationState {
  const state = new FoldingState()
  for (const stored of entries) state.apply(stored.entry, stored.number, stored.atMs)
  return state
}

/** Whether another plan may take the place of this one: the last run ended as the target refused to make an index, and nothing was copied. */
export function mayPlanAnew({ outcome, indices }: Pick<MigrationState, 'outcome' | 'indices'>): boolean {
  const refused = outcome?.kind === 'failed' && outcome.code === 'metadata-refused'
  return refused && [...indices.values()].every(({ rounds }) => rounds.length === 0)
}

/** What other processes than the run journal. */
const besideRuns: readonly Entry['type'][] = ['asked', 'verified', 'audited']

/** A state that takes entries one by one, for the process that writes them. */
export class FoldingState implements MigrationState {
  plan: Plan | undefined
  startedAtMs: number | undefined
  activeMs = 0
  #lastAtMs = 0
  readonly steps: Map<string, StepState> = new Map()
  readonly indices: Map<string, FoldingIndex> = new Map()
  readonly created: Map<string, string> = new Map()
  readonly added: Set<string> = new Set()
  readonly docsBefore: Map<string, number> = new Map()
  readonly changes: Map<string, LaterChange[]> = new Map()
  readonly definitions: Map<string, { readonly first: Definition; readonly last: Definition }> = new Map()
  readonly submitted: Map<string, { readonly task: string; readonly number: number }> = new Map()
  paused: string | undefined
  cancelled = false
  throttle: Pace = {}
  outcome: Outcome | undefined
  report: Report | undefined
  handedOver = false
  readonly verified: Map<string, Verified> = new Map()
  cutover: CutoverState = { phase: 'none' }
  held = false
  switches = 0
  hasWayBack = false
  reindex: ReindexState | undefined
  lastNumber = 0

  apply(entry: Entry, number: number, atMs: number): void {
    this.lastNumber = number
    if (this.startedAtMs !== undefined && !['started', 'opened', ...besideRuns].includes(entry.type))
      this.activeMs += Math.max(0, atMs - this.#lastAtMs)
    if (!besideRuns.includes(entry.type)) this.#lastAtMs = atMs
    switch (entry.type) {
      case 'planned':
        // The first one stands: a second start at the same moment may have journaled its own before it was refused.
        if (this.plan === undefined || mayPlanAnew(this)) this.plan = entry.plan
        return
      case 'started':
        this.startedAtMs ??= atMs
        this.paused = undefined
        this.cancelled = false
        this.outcome = undefined
        this.#forgetAsk()
        return
      case 'backing-added':
        if (this.plan) this.plan = withBacking(this.plan, entry.stream, entry.task)
        this.added.add(entry.task.source)
        return
      case 'captured':
        this.steps.set(entry.step, { saved: entry.saved, phase: 'captured' })
        return
      case 'applied':
      case 'undone': {
        const step = this.steps.get(entry.step)
        if (step) this.steps.set(entry.step, { saved: step.saved, phase: entry.type })
        return
      }
      case 'created':
        this.created.set(entry.index, entry.uuid)
        if (entry.docsBefore !== undefined) this.docsBefore.set(entry.index, entry.docsBefore)
        return
      case 'opened':
      case 'audited':
        return
      case 'changed':
        this.changes.set(entry.index, [...(this.changes.get(entry.index) ?? []), entry.change])
        return
      case 'definition-seen': {
        const { index, mappings, aliases } = entry
        const known = this.definitions.get(index)
        const last = { mappings: grown(known?.last.mappings ?? {}, mappings), aliases }
        this.definitions.set(index, { first: known?.first ?? last, last })
        return
      }
      case 'round-opened':
        this.#index(entry.index).rounds.push({
          round: entry.round,
          openedAt: number,
          shards: entry.shards,
          partitions: entry.partitions,
          again: entry.again ?? [],
          writeBlocked: entry.writeBlocked ?? false,
          settled: new Map(),
          closed: false,
        })
        this.#index(entry.index).unconfirmed.opened(entry, number)
        return
      case 'observed':
        this.#index(entry.index).unconfirmed.observed(entry.shards, entry.asOf, number)
        return
      case 'submitted':
        this.submitted.set(entry.partition, { task: entry.task, number })
        return
      case 'settled':
        this.submitted.delete(entry.settled.partition)
        this.#round(entry.settled.index, entry.settled.round)?.settled.set(entry.settled.partition, entry.settled)
        this.#index(entry.settled.index).unconfirmed.settled(entry.settled, entry.begun, number)
        return
      case 'round-closed': {
        const round = this.#round(entry.index, entry.round)
        if (round) round.closed = true
        return
      }
      case 'rounds-merged':
        this.#merged(entry)
        return
      case 'deletes-carried':
        this.#index(entry.index).deletes = entry
        return
      case 'retried': {
        // What is written late may have been deleted long before.
        if (entry.written > 0) this.#index(entry.index).deletes = undefined
        for (const round of this.#index(entry.index).rounds) {
          const settled = round.settled.get(entry.partition)
          if (settled) round.settled.set(entry.partition, afterRetry(settled, entry))
        }
        return
      }
      case 'asked':
        this.#asked(entry.ask)
        return
      case 'verified':
        for (const one of entry.indices) this.verified.set(one.index, one)
        return
      case 'cutover-begun':
        if (this.cutover.phase === 'asked') this.cutover = { ...this.cutover, phase: 'begun' }
        return
      case 'cutover-undone':
        this.cutover = { phase: 'none', reason: entry.reason }
        return
      case 'cut-over':
        this.cutover = { phase: 'done', facts: entry.facts }
        this.hasWayBack = entry.wayBack
        this.switches++
        this.held = true
        return
      case 'rollback-begun':
        if (this.cutover.phase === 'rollback-asked') this.cutover = { ...this.cutover, phase: 'rollback-begun' }
        return
      case 'rollback-undone':
        if ('facts' in this.cutover) this.cutover = { phase: 'done', facts: this.cutover.facts, reason: entry.reason }
        return
      case 'rolled-back':
        this.cutover = { phase: 'none' }
        // What the cutover finished is to be done again: the target has no aliases, and is followed to.
        this.outcome = undefined
        this.switches++
        this.held = true
        return
      case 'stopped':
        this.outcome = { kind: 'stopped', reason: entry.reason }
        return
      case 'failed':
        this.outcome = { kind: 'failed', code: entry.code, message: entry.message, hint: entry.hint }
        return
      case 'finished':
        this.report = entry.report
        this.handedOver ||= entry.report.verdict !== 'differs'
        this.outcome = { kind: 'finished' }
        return
      case 'completed':
        this.outcome = { kind: 'completed' }
        return
      case 'reindex-asked':
        this.reindex ??= { asked: entry, askedAtMs: atMs }
        return
      case 'reindex-answered':
        if (this.reindex) this.reindex = { ...this.reindex, answered: entry, answeredAtMs: atMs }
        return
    }
  }

  /** What was asked of a run that ended before it began is not done by a later one, when nobody expects it any more. */
  #forgetAsk(): void {
    const reason = 'The run ended before it began with it.'
    if (this.cutover.phase === 'asked') this.cutover = { phase: 'none', reason }
    if (this.cutover.phase === 'rollback-asked') this.cutover = { phase: 'done', facts: this.cutover.facts, reason }
  }

  #merged({ index, from, to, partitions, settled }: RoundsMerged): void {
    const { rounds } = this.#index(index)
    const first = rounds.findIndex(({ round }) => round === from)
    const end = rounds.findIndex(({ round }) => round === to)
    const last = rounds[end]
    if (first < 0 || !last) return
    const done = new Map(settled.map(one => [one.partition, one]))
    rounds.splice(first, end - first + 1, { ...last, partitions, again: [], settled: done })
  }

  #asked(ask: Ask): void {
    switch (ask.what) {
      case 'pause':
        this.paused = ask.reason
        return
      case 'resume':
        this.paused = undefined
        return
      case 'throttle': {
        const { what: _, ...pace } = ask
        this.throttle = { ...this.throttle, ...pace }
        return
      }
      case 'cancel':
        this.cancelled = true
        return
      case 'cutover':
        if (this.cutover.phase === 'none') this.cutover = { phase: 'asked', conditions: ask.conditions }
        return
      case 'moved':
        if (ask.switches === this.switches) this.held = false
        return
      case 'rollback':
        if (this.cutover.phase === 'done')
          this.cutover = { phase: 'rollback-asked', facts: this.cutover.facts, conditions: ask.conditions }
        return
    }
  }

  #index(name: string): FoldingIndex {
    const known = this.indices.get(name)
    if (known) return known
    const fresh: FoldingIndex = { rounds: [], deletes: undefined, unconfirmed: new Unconfirmed() }
    this.indices.set(name, fresh)
    return fresh
  }

  #round(index: string, round: number): FoldingRound | undefined {
    return this.#index(index).rounds.find(candidate => candidate.round === round)
  }
}

interface FoldingIndex {
  readonly rounds: FoldingRound[]
  deletes: DeletesCarried | undefined
  readonly unconfirmed: Unconfirmed
}

interface FoldingRound {
  readonly round: number
  readonly openedAt: number
  readonly shards: readonly ShardMark[]
  readonly partitions: readonly Partition[]
  readonly again: readonly SeqNoRange[]
  readonly writeBlocked: boolean
  readonly settled: Map<string, Settled>
  closed: boolean
}

function withBacking(plan: Plan, stream: string, task: IndexTask): Plan {
  const streams = plan.dataStreams?.map(one => (one.target === stream ? { ...one, indices: [...one.indices, task.target] } : one))
  return { ...plan, indices: [...plan.indices, task], ...(streams ? { dataStreams: streams } : {}) }
}

/** What is no longer set aside and was not already newer was written, also where an earlier retry was killed before it could say so. */
function afterRetry(settled: Settled, retried: { alreadyNewer: number; remaining: number }): Settled {
  const { counts } = settled
  const { alreadyNewer, remaining } = retried
  const written = counts.setAside - alreadyNewer - remaining
  return {
    ...settled,
    counts: {
      ...counts,
      written: counts.written + written,
      alreadyNewer: counts.alreadyNewer + alreadyNewer,
      setAside: remaining,
    },
  }
}
