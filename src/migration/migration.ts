import type { Cluster } from '../cluster/cluster.ts'
import type { Change, DataStreamTask, IndexTask, JsonObject, ObjectTask, Plan } from '../model/plan.ts'
import type { Dispatcher, Reader, Step, Throttler, World, Writer } from '../model/ports.ts'
import type { DeletesParts } from './carry-deletes.ts'
import type { Memory } from './memory.ts'
import type { Protection } from './protect.ts'
import type { Tally } from './tally.ts'

/** Everything one run works with; put together by `assemble.ts`. */
export interface Migration {
  /** With what was added to it since. */
  readonly plan: Plan
  /** The indices the plan moves. */
  readonly tasks: readonly IndexTask[]
  readonly source: Cluster
  readonly target: Cluster
  readonly memory: Memory
  readonly reader: Reader
  readonly writer: Writer
  /** For documents that were read long ago: what stands in a backing index of a data stream is newer. */
  readonly lateWriter: Writer
  readonly dispatcher: Dispatcher
  readonly throttler: Throttler
  readonly protection: Protection
  readonly tally: Tally
  readonly world: World
  readonly steps: Steps
  /** Of a backing index that a data stream of the source has got since the plan was made. */
  readonly planRollover: (index: string, stream: DataStreamTask, signal: AbortSignal) => Promise<IndexTask>
  /** Where the target moves documents itself: undone, none of its tasks for this migration runs any more. */
  readonly remoteTasks: Step | undefined
  /** What the report should say about how documents were moved. */
  readonly engineNotes: () => readonly string[]
  readonly deletes: DeletesParts
  /** Reasons by place (`placeOf`) of documents of an index that are set aside. */
  readonly setAside: (task: IndexTask) => ReadonlyMap<string, string>
  /** Rounds after the bulk copy, at most, before the account is taken of a source that does not rest. */
  readonly catchUpRounds: number
  /** Whether the run goes on after the copy, until a cutover. */
  readonly follow: boolean
  /** In the other direction, made when it is first needed; undefined for a way back itself, and where there is to be none. */
  readonly back: (() => Promise<Migration>) | undefined
  /** What is shown of it now: itself, or its way back. */
  readonly shown: { current: Pick<Migration, 'tally' | 'memory'> | undefined }
  /** While it lists, partitions are read and listed in manifests, and nothing is written. */
  readonly mode: { listing: boolean }
  /** Added to versions that are made of sequence numbers: each change of direction writes above all that was written before. */
  readonly versionBase: () => bigint
  /** How long a request that fails for a passing reason is repeated. */
  readonly giveUpAfterMs: number
}

/** The steps of one index, in the order they are applied. */
export interface Steps {
  create(task: IndexTask, onChange: (change: Change) => void): Step
  tune(task: IndexTask): Step
  aliases(task: IndexTask): Step
  /** Of the target's index, once it is made. */
  extendMapping(task: IndexTask, growth: JsonObject): Step
  object(task: ObjectTask): Step
  /** Of the source. */
  block(task: IndexTask): Step
  rollOver(stream: DataStreamTask, task: IndexTask): Step
  dataStream(stream: DataStreamTask, tasks: readonly IndexTask[]): DataStreamSteps
  /** Of all indices at once. `take`: also from other indices that have them. */
  switchAliases(tasks: readonly IndexTask[], take: boolean): Step
}

/** The steps of one data stream, in the order they are applied; those that are undefined are not needed. */
export interface DataStreamSteps {
  readonly template: Step | undefined
  /** Applied before `open`, and undone after it: what helped is gone then. */
  readonly helper: Step
  readonly open: Step
  readonly attach: Step | undefined
}
