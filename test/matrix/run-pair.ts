import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Plan } from '../../src/model/plan.ts'
import type { IndexReport, Report } from '../../src/model/report.ts'
import type { IndexComparison, QueryComparison, Verification } from '../../src/model/verification.ts'
import { eventsOf, openFerry } from '../support/command-line.ts'
import type { Ferry, Outcome } from '../support/command-line.ts'
import { indexOf } from './corpus.ts'
import type { Feature } from './feature.ts'
import { labLacks } from './lab-lacks.ts'
import { loadDocuments } from './load.ts'
import type { MatrixServer } from './server.ts'
import { judged, plannedByRules } from './verdict.ts'
import type { Judged } from './verdict.ts'

/**
 * compared: moved, and both sides hold the same and find the same. written: no source of the lab has it, and the target took
 * what the plan makes of it, with the documents. planned: no target of the lab has what it needs either.
 */
export type Proof = 'compared' | 'written' | 'planned' | 'failed'

export interface FeatureOutcome extends Judged {
  readonly proof: Proof
  /** Documents that the target refused. */
  readonly setAside?: number
  /** What is not the same, for `failed`; what is not searched for, where something was dropped. */
  readonly note?: string
}

export interface PairOutcome {
  readonly source: string
  readonly target: string
  readonly features: Readonly<Record<string, FeatureOutcome>>
  readonly documents: number
  readonly seconds: number
}

/** Moves everything that the plan does not refuse by the command line, compares documents and searches, and empties the target. */
export async function runPair(
  source: MatrixServer,
  target: MatrixServer,
  { held, lacking }: { readonly held: readonly Feature[]; readonly lacking: readonly Feature[] },
): Promise<PairOutcome> {
  const startMs = Date.now()
  const ferry = openFerry({ source: source.site, target: target.site })
  try {
    const plan = await planned(ferry)
    const unrun = new Set(plan.indices.filter(task => labLacks(target.dist, task)).map(task => task.source))
    const unmakeable = await copy(ferry, plan, unrun)
    const report = readJson(join(ferry.state, 'm', 'report.json')) as Report | undefined
    if (report === undefined) throw new Error(`${source.name} to ${target.name} left no report.`)
    writeFileSync(join(ferry.folder, 'searches.ndjson'), held.map(searchOf).join(''))
    const compared = await ferry.run(['verify', 'm', '--queries', 'searches.ndjson'])
    const verification = verificationIn(ferry)
    if (verification === undefined) throw new Error(`verify ended with ${said(compared)}`)

    const features: Record<string, FeatureOutcome> = {}
    for (const feature of held) {
      const tasks = plan.indices.filter(({ source }) => source === indexOf(feature))
      const [task] = tasks
      if (task === undefined) throw new Error(`The plan has no ${indexOf(feature)}.`)
      const verdict = judged(task)
      features[feature.name] = unrun.has(task.source)
        ? { ...verdict, proof: 'planned' }
        : verdict.verdict === 'refused'
          ? { ...verdict, proof: 'compared' }
          : unmakeable.has(task.target)
            ? { ...verdict, proof: 'failed', note: unmakeable.get(task.target)! }
            : { ...verdict, ...proven(indexOf(feature), verdict, report, verification) }
    }
    for (const feature of lacking) features[feature.name] = await written(feature, source, target)
    return {
      source: source.name,
      target: target.name,
      features,
      documents: report.total.read,
      seconds: Math.round((Date.now() - startMs) / 1000),
    }
  } finally {
    await ferry.close()
  }
}

/** Runs the plan without what it refuses, what the lab cannot have, and what the checks say the target cannot make. @returns the latter */
async function copy(ferry: Ferry, plan: Plan, unrun: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const unmakeable = new Map<string, string>()
  for (;;) {
    const left = ({ action, source, target }: Plan['indices'][number]): boolean =>
      action === 'refuse' || unrun.has(source) || unmakeable.has(target)
    const indices = plan.indices.map(task => (left(task) ? { ...task, action: 'skip' as const } : task))
    writeFileSync(join(ferry.folder, 'plan.yaml'), stringify({ ...plan, indices }, { aliasDuplicateObjects: false }))
    const outcome = await ferry.run(['run', 'plan.yaml', '--json'])
    const errors = eventsOf(outcome).filter(one => one['event'] === 'finding' && one['severity'] === 'error')
    const cannot = errors.filter(({ check }) => check === 'definitions')
    if (outcome.code === 0 || outcome.code === 4) return unmakeable
    if (cannot.length === 0) throw new Error(`The run ended with ${said(outcome)}`)
    for (const { about, message } of cannot) for (const index of String(about).split(', ')) unmakeable.set(index, String(message))
  }
}

/** Makes the index as it would be planned, and gives it the documents. */
async function written(feature: Feature, source: MatrixServer, target: MatrixServer): Promise<FeatureOutcome> {
  const task = plannedByRules(feature, source.identity, target.identity)
  const verdict = judged(task)
  if (verdict.verdict === 'refused' || labLacks(target.dist, task)) return { ...verdict, proof: 'planned' }
  try {
    const { settings, mappings } = task
    await target.site.json('PUT', `/${indexOf(feature)}`, { settings, mappings })
    await loadDocuments(target.site, feature)
    return { ...verdict, proof: 'written' }
  } catch (thrown) {
    return { ...verdict, proof: 'failed', note: String(thrown) }
  }
}

async function planned(ferry: Ferry): Promise<Plan> {
  const outcome = await ferry.run(['plan', '--out', 'plan.yaml'])
  const file = join(ferry.folder, 'plan.yaml')
  if (!existsSync(file)) throw new Error(`plan ended with ${said(outcome)}`)
  return parse(readFileSync(file, 'utf8')) as Plan
}

function searchOf(feature: Feature): string {
  return `${JSON.stringify({ index: indexOf(feature), body: { query: feature.query } })}\n`
}

function proven(
  index: string,
  { verdict }: Judged,
  report: Report,
  verification: Verification,
): Pick<FeatureOutcome, 'proof' | 'setAside' | 'note'> {
  const copied = report.indices.find(one => one.index === index)
  const compared = verification.indices.find(one => one.index === index)
  const search = verification.queries.find(one => one.index === index)
  const setAside = copied?.counts.setAside ?? 0
  // What was dropped is not searched for any more, and what the target refused is not found.
  const excused = verdict === 'dropped' || setAside > 0
  const wrong = [...wrongIn(copied, compared), ...(excused ? [] : wrongSearch(search))]
  const note = wrong.length > 0 ? wrong.join('; ') : wrongSearch(search).join('; ')
  return {
    proof: wrong.length > 0 ? 'failed' : 'compared',
    ...(setAside > 0 ? { setAside } : {}),
    ...(note === '' ? {} : { note }),
  }
}

function wrongIn(copied: IndexReport | undefined, compared: IndexComparison | undefined): string[] {
  if (!copied || !compared) return ['it was not moved']
  const wrong: string[] = []
  if (!copied.balanced) wrong.push('the account does not balance')
  if (compared.verdict === 'differs') {
    const severe = compared.definition.filter(one => one.severe).map(({ what, why }) => `${what}: ${why}`)
    wrong.push(`${compared.missing} missing, ${compared.stale} stale, ${compared.extra} extra; ${severe.join(', ')}`)
  }
  return wrong
}

function wrongSearch(search: QueryComparison | undefined): string[] {
  if (!search) return ['it was not searched']
  if (search.error !== undefined) return [`search: ${search.error}`]
  if (search.sourceTotal === search.targetTotal) return []
  return [`search: ${search.sourceTotal} found on the source, ${search.targetTotal} on the target`]
}

function verificationIn(ferry: Ferry): Verification | undefined {
  return readJson(join(ferry.state, 'm', 'verify', 'report.json')) as Verification | undefined
}

function readJson(file: string): unknown {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined
}

function said({ code, stdout, stderr }: Outcome): string {
  return `${code}: ${(stdout + stderr).slice(-3000)}`
}
