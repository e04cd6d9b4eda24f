import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import type { Plan } from '../model/plan.ts'
import type { Difference, IndexComparison, RepairReport, Verification, VerifyVerdict } from '../model/verification.ts'
import { describeIdentity } from '../model/version.ts'
import { exactPart } from '../metadata/tune.ts'
import { comparedOf } from '../verify/compare-index.ts'
import { compareQueries, meansTheSame } from '../verify/compare-queries.ts'
import type { CompareOptions, CompareParts } from '../verify/compare-index.ts'
import type { ComparedIndex } from '../verify/compared-index.ts'
import { differencesIn } from '../verify/extra-places.ts'
import type { AskedQuery } from '../verify/query-file.ts'
import { nothingRepaired, repairIndex } from '../verify/repair.ts'
import type { RepairOptions } from '../verify/repair.ts'
import { SideChange } from '../verify/side-change.ts'
import type { CompareTally } from '../verify/tally.ts'
import { verdictOf, worst } from '../verify/verdict.ts'
import { compareAll } from '../verify/verify.ts'
import type { Migration } from './migration.ts'
import { restoreTuning, tuneTargets } from './phases.ts'

/** Everything one verification works with; put together by `assemble.ts`. */
export interface Comparison {
  readonly plan: Plan
  readonly indices: readonly ComparedIndex[]
  readonly left: readonly { readonly index: string; readonly reason: string }[]
  readonly source: Cluster
  readonly target: Cluster
  readonly options: CompareOptions
  readonly parts: CompareParts & { readonly meter: CompareTally }
  readonly queries: readonly AskedQuery[]
  readonly notes: readonly string[]
  readonly shardferry: string
}

/** How differences are repaired: with the writer of this migration, its targets tuned as exact writing needs. */
export interface Repairing extends RepairOptions {
  readonly migration: Migration
}

/**
 * Compares both sides, runs the searches, repairs where that is asked for, and says in one word how it stands.
 * @returns the report; the differences found stand in `differences.ndjson` of the comparison's folder, what a repair left in `remaining.ndjson`
 */
export async function runVerification(
  c: Comparison,
  repairing: Omit<Repairing, 'level'> | undefined,
  signal: AbortSignal,
): Promise<Verification> {
  const { kept, meter, world } = c.parts
  const startMs = world.now()
  const compared = await compareAll(c.indices, c.options, c.parts, signal)
  const file = kept.end()
  meter.phase = 'counting'
  const targets = new Map(c.indices.map(({ task }) => [task.source, task.target]))
  const queries = await compareQueries(c.queries, index => targets.get(index), c, c.parts, signal)
  const repaired = repairing && (await repairAll(c, compared, file, { ...repairing, level: c.options.level }, signal))
  meter.phase = 'done'
  const indices = repaired?.indices ?? compared
  const verdicts: VerifyVerdict[] = indices.map(one => one.verdict)
  // What could not be compared is not known to be equal.
  if (c.left.length > 0 || queries.some(query => !meansTheSame(query))) verdicts.push('differs')
  return {
    name: c.plan.name,
    shardferry: c.shardferry,
    verdict: worst(verdicts),
    level: c.options.level,
    source: clusterOf(c.source),
    target: clusterOf(c.target),
    startedAt: new Date(kept.startedAtMs).toISOString(),
    tookMs: world.now() - startMs,
    indices,
    queries,
    ...(repaired ? { repair: repaired.report } : {}),
    notes: [...c.notes, ...c.left.map(({ index, reason }) => `${index} was not compared: ${reason}`)],
  }
}

function clusterOf({ address, identity }: Cluster): Verification['source'] {
  const { clusterName, clusterUuid } = identity
  return { address, clusterName, clusterUuid, product: describeIdentity(identity) }
}

/** Repairs index after index, and tells how each stands then. What was set aside stays so: the target would refuse it again. */
async function repairAll(
  c: Comparison,
  compared: readonly IndexComparison[],
  file: string,
  { migration, ...options }: Repairing,
  signal: AbortSignal,
): Promise<{ indices: readonly IndexComparison[]; report: RepairReport }> {
  const sum = { ...nothingRepaired, dryRun: options.dryRun }
  const indices: IndexComparison[] = []
  const left: Difference[] = []
  c.parts.meter.phase = 'repairing'
  const tuned = { ...migration, tasks: migration.tasks.map(task => ({ ...task, tuning: exactPart(task.tuning) })) }
  if (!options.dryRun) await tuneTargets(tuned, signal)
  try {
    for (const result of compared) {
      const index = c.indices.find(({ task }) => task.source === result.index)
      if (!index?.target || result.level === 'counts' || result.missing + result.stale + result.extra === 0) {
        indices.push(result)
        continue
      }
      const remaining: Difference[] = []
      const change = new SideChange(comparedOf(result.form, result.versions))
      const onRemaining = (one: Difference): void => void remaining.push(one)
      const [own, refused] = partedBySetAside(await differencesOf(file, result.index))
      const repaired = await repairIndex(
        index,
        own,
        options,
        { ...c.parts, writer: migration.writer, change, onRemaining },
        signal,
      )
      sum.written += repaired.written
      sum.deleted += repaired.deleted
      sum.keptExtra += repaired.keptExtra
      sum.refused += repaired.refused
      sum.remaining += repaired.remaining
      left.push(...remaining)
      indices.push(options.dryRun ? result : afterRepair(index, result, [...remaining, ...refused], change, repaired))
    }
  } finally {
    if (!options.dryRun) await restoreTuning(tuned, AbortSignal.timeout(60_000))
  }
  if (!options.dryRun)
    writeFileSync(join(c.parts.kept.folder, remainingFile), left.map(one => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600 })
  return { indices, report: sum }
}

export const remainingFile = 'remaining.ndjson'

/** How the index stands after its repair, and what that has found and done. */
function afterRepair(
  index: ComparedIndex,
  result: IndexComparison,
  remaining: readonly Difference[],
  change: SideChange,
  { written, deleted, keptExtra, refused }: RepairReport,
): IndexComparison {
  const { missing, stale, extra } = result
  const left = (kind: Difference['kind']): number => remaining.filter(one => one.kind === kind).length
  const after = {
    ...result,
    onTarget: change.appliedTo(result.onTarget),
    missing: left('missing'),
    stale: left('stale'),
    extra: left('extra'),
    repaired: { missing, stale, extra, written, deleted, keptExtra, refused },
  }
  return { ...after, verdict: verdictOf(index, after) }
}

/** Those to be repaired, and those that the target had refused. */
function partedBySetAside(differences: readonly Difference[]): [Difference[], Difference[]] {
  const refused = differences.filter(one => one.setAside !== undefined)
  return [differences.filter(one => one.setAside === undefined), refused]
}

async function differencesOf(file: string, index: string): Promise<Difference[]> {
  const found: Difference[] = []
  for await (const one of differencesIn(file)) if (one.index === index) found.push(one)
  return found
}

/** Makes what a comparison is told from another by: with the same, one that was killed goes on. */
export function fingerprintOf({ plan, options, indices }: Pick<Comparison, 'plan' | 'options' | 'indices'>): string {
  return JSON.stringify({
    source: plan.source.clusterUuid,
    target: plan.target.clusterUuid,
    options,
    indices: indices.map(({ task, source, target }) => [
      task.source,
      source.task.uuid,
      task.target,
      target?.task.uuid ?? null,
      task.query ?? null,
    ]),
  })
}
