import { count } from '../cluster/shards.ts'
import type { World } from '../model/ports.ts'
import type { IndexComparison, SideDigest, VerifyLevel } from '../model/verification.ts'
import type { ComparedIndex, SideOfIndex } from './compared-index.ts'
import { refreshBoth } from './look.ts'
import type { Patience } from './patience.ts'
import { verdictOf } from './verdict.ts'

/**
 * Compares numbers of documents only (`_count` after a refresh; nested documents do not count): all there is to compare
 * where the target has no such index.
 * @param setAside documents that the migration set aside
 */
export async function countBoth(
  index: ComparedIndex,
  level: VerifyLevel,
  setAside: number,
  parts: Patience & { readonly world: World },
  signal: AbortSignal,
): Promise<IndexComparison> {
  const startMs = parts.world.now()
  await refreshBoth(index, parts, signal)
  const [onSource = nothing, onTarget = nothing] = await Promise.all(
    [index.source, index.target].map(side => parts.patiently(() => counted(side, signal), signal)),
  )
  const missing = Math.max(0, onSource.docs - onTarget.docs)
  const result = {
    index: index.task.source,
    target: index.task.target,
    level,
    form: null,
    versions: false,
    onSource,
    onTarget,
    checkpoints: [],
    missing,
    stale: 0,
    extra: Math.max(0, onTarget.docs - onSource.docs),
    setAside: Math.min(missing, setAside),
    equalByValue: 0,
    afterCheckpoint: 0,
    deletedLater: 0,
    behind: 0,
    lookedAt: 0,
    looks: 0,
    cut: false,
    definition: index.definition,
    notes: index.notes,
    comparedAt: new Date(startMs).toISOString(),
    tookMs: parts.world.now() - startMs,
  }
  return { ...result, verdict: index.target ? verdictOf(index, result) : 'differs' }
}

const nothing: SideDigest = { docs: 0, bytes: 0, digest: '' }

async function counted(side: SideOfIndex | undefined, signal: AbortSignal): Promise<SideDigest> {
  if (!side) return nothing
  const { cluster, task } = side
  const docs = await count(cluster, task.source, task.query ?? { match_all: {} }, { shards: task.shards }, signal)
  return { docs, bytes: 0, digest: '' }
}
