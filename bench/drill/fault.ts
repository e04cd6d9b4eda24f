import type { Outcome, Running } from '../../test/support/command-line.ts'
import type { Random } from '../../test/proxy/random.ts'
import type { DrillCluster } from './cluster.ts'
import type { Truth } from './truth.ts'
import type { Written } from './writers.ts'

/** Both clusters under load. */
export interface Stage {
  readonly source: DrillCluster
  readonly target: DrillCluster
  readonly truth: Truth
  /** What the writers write to. */
  readonly written: readonly Written[]
}

/** One migration that something happens to, and what is needed to make it happen. */
export interface Round extends Stage {
  readonly seed: number
  readonly random: Random
  /** What `--index` says, and of which the truth is kept; a fault may add to it. */
  readonly indices: string[]
  /** Settings of Shardferry for all runs of the round. */
  readonly env: Record<string, string | undefined>
  /** Settings of the runs that the fault meets; not of the same command afterwards. */
  readonly faultyEnv: Record<string, string | undefined>
  /** Documents a second; a fault that takes long to come needs a slow copy. */
  docsPerSecond: number
  /** Where the migration's state is kept; may be read from `prepare` on. */
  readonly folder: string
  /** The run under way. */
  readonly running: Running
  /** Starts the same command again, where the one under way has ended. */
  restart(): Promise<void>
  /** The name on the target. */
  readonly copyOf: (index: string) => string
  /** Runs the command for these indices under another name of the migration. */
  anew(name: string, indices: readonly string[]): Promise<Outcome>
  /** To be called where the fault had no chance: no connection was reset, no request refused. */
  missed(): void
  /** To be undone when the round is over, last first. */
  after(undo: () => void | Promise<void>): void
}

/** What may go wrong. It lasts from `begin` to `end`, some seconds at most. */
export interface Fault {
  readonly name: string
  /** What it does, in one sentence. */
  readonly does: string
  /** It ends Shardferry's process: the documents read twice are bounded by what the process had in hand. */
  readonly kills?: true
  /** It takes long, as nodes start slowly: every third time only. */
  readonly slow?: true
  /** What it does to the source only makes sense while applications use it: a live round has it at a cutover. */
  readonly onSource?: true
  /** Why it cannot be done on these clusters; undefined where it can. */
  impossible?(stage: Stage): string | undefined
  /** Before Shardferry is started: settings, proxies, indices of its own. */
  prepare?(round: Round): Promise<void>
  /** Once documents are copied. */
  begin?(round: Round): Promise<void>
  /** Makes the world whole again, also where `begin` failed half-way. */
  end?(round: Round): Promise<void>
  /** Where the same command cannot heal it and must say so: what it answered is looked at, and what has to be done instead is done. */
  insteadOfExact?(round: Round, again: Outcome): Promise<Instead>
}

export interface Instead {
  /** Shardferry refused as it must. */
  readonly asItMust: boolean
  /** Names on the target of what was copied instead, by index. */
  readonly copies: ReadonlyMap<string, string>
}
