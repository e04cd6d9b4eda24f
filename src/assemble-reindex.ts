/** As `assemble.ts`, for what `POST _reindex` asks for: a plan in, a run out that writes as the request says. */
import type { Cluster } from './cluster/cluster.ts'
import { askedEngine } from './copy/asked/engine.ts'
import { streamReader } from './copy/stream/reader.ts'
import { AdaptiveThrottler } from './flow/throttler.ts'
import { inProcessDispatcher } from './migration/dispatch/in-process.ts'
import type { Memory } from './migration/memory.ts'
import type { ReindexMigration } from './migration/run-reindex.ts'
import { Tally } from './migration/tally.ts'
import type { World } from './model/ports.ts'
import type { CopySettings } from './settings/settings.ts'

/** How long what may pass (429, 503, a node restarting) is waited for before the request ends. */
const giveUpAfterMs = 5 * 60_000

export interface ReindexParts {
  /** Its state has a plan, of one task that says how it is written. */
  readonly memory: Memory
  readonly copy: Pick<CopySettings, 'width' | 'readers' | 'partitionDocs' | 'partitionBytes' | 'pageBytes'>
  readonly source: Cluster
  readonly target: Cluster
  /** 0: no limit. */
  readonly docsPerSecond: number
  readonly world: World
}

export function assembleReindex(parts: ReindexParts): ReindexMigration {
  const { memory, copy, source, target, docsPerSecond, world } = parts
  const plan = memory.state.plan!
  const task = plan.indices[0]!
  const throttler = new AdaptiveThrottler(world, { maxWidth: copy.width, docsPerSecond })
  const tally = new Tally(plan, memory.state, throttler, world)
  const begunBefore = new Set(memory.state.indices.get(task.source)?.rounds[0]?.partitions.map(({ id }) => id))
  const reader = streamReader(source, copy)
  const engine = askedEngine({ reader, target, throttler, meter: tally, world, giveUpAfterMs }, task.write!, id =>
    begunBefore.has(id),
  )
  const dispatcher = inProcessDispatcher(
    ({ task: one, partition }, attempt, signal) => engine.copy(one, partition, attempt, signal),
    world,
    throttler,
    { readers: copy.readers, giveUpAfterMs },
  )
  return { plan, task, memory, engine, dispatcher, throttler, tally, world }
}
