/**
 * What is known of both sides of each index, from one change of direction to the next: up to where they were compared, and
 * how they were found. Each direction's journal keeps its own part, as `verified`.
 */
import type { ShardMark, Verified } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Report } from '../../model/report.ts'
import type { Migration } from '../migration.ts'
import { agrees } from '../take-account.ts'
import { compareSince } from './compare-since.ts'
import type { Found } from './compare-since.ts'
import type { Change } from './cut-over.ts'

interface KnownIndex extends Pick<Found, 'left'> {
  /** Undefined where it was never compared. */
  readonly equal: boolean | undefined
  readonly level: Verified['level']
  /** Up to where the side that applications leave was compared. */
  readonly from: Verified['shards'] | undefined
  /** The same of the other one; undefined where applications have never used it. */
  readonly to: Verified['shards'] | undefined
}

/** By source index of the side that applications leave. */
export type Known = ReadonlyMap<string, KnownIndex>

export function knownBefore({ from, to }: Pick<Change, 'from' | 'to'>): Known {
  return new Map(
    from.tasks.map(({ source, target }) => {
      const here = from.memory.state.verified.get(source)
      const there = to?.memory.state.verified.get(target)
      return [source, { equal: here?.equal, level: here?.level ?? 'counts', from: here?.shards, to: there?.shards, left: [] }]
    }),
  )
}

/**
 * Compares what came since. What the side that applications leave was given is compared where both were equal before; what
 * the other was given, always. @throws ShardferryError `cutover-failed` where they differ, unless that is accepted
 */
export async function compareChanged(
  { from, to, acceptDifferences }: Pick<Change, 'from' | 'to' | 'acceptDifferences'>,
  known: Known,
  applications: 'write' | 'are blocked',
  signal: AbortSignal,
): Promise<Known> {
  const now = new Map(known)
  for (const task of from.tasks) {
    const was = known.get(task.source)
    const copied = closedMarks(from, task.source)
    const listed = to && closedMarks(to, task.target)
    if (!was || !copied || task.read.by !== 'seq-no') continue
    const source = was.from && was.equal === true ? { since: was.from, upTo: copied } : undefined
    const target = was.to && listed ? { since: was.to, upTo: listed } : undefined
    if (!source && !target) continue
    const { different, left } = await compareSince(from, task, { copied, source, target, left: was.left }, applications, signal)
    if (!acceptDifferences) requireEqual(task, from.source.side, different)
    now.set(task.source, {
      equal: different.length > 0 ? false : was.equal,
      level: was.level,
      from: source?.upTo ?? was.from,
      to: target?.upTo ?? was.to,
      left,
    })
  }
  return now
}

/** Where nothing but the counts was compared, that is what is remembered. */
export function remember({ from, to }: Pick<Change, 'from' | 'to'>, known: Known, report: Report): void {
  const found = (task: IndexTask): Pick<Verified, 'equal' | 'level'> => {
    const { equal = true, level = 'counts' } = known.get(task.source) ?? {}
    const account = report.indices.find(({ index }) => index === task.source)
    return { equal: equal && account !== undefined && agrees(task, account), level }
  }
  const entries = (m: Migration, nameOf: (task: IndexTask) => string): Verified[] =>
    from.tasks.flatMap(task => {
      const shards = task.read.by === 'seq-no' ? closedMarks(m, nameOf(task)) : undefined
      return shards ? [{ index: nameOf(task), shards, ...found(task) }] : []
    })
  from.memory.append({ type: 'verified', indices: entries(from, ({ source }) => source) })
  to?.memory.append({ type: 'verified', indices: entries(to, ({ target }) => target) })
}

function closedMarks({ memory }: Migration, index: string): readonly ShardMark[] | undefined {
  return memory.state.indices.get(index)?.rounds.findLast(({ closed }) => closed)?.shards
}

function requireEqual({ source, target }: IndexTask, side: 'source' | 'target', different: Found['different']): void {
  const [first] = different
  if (!first) return
  const other = side === 'source' ? 'target' : 'source'
  const where = { extra: `on the ${other} only`, missing: `on the ${side} only`, stale: 'not the same on both sides' }[first.kind]
  throw new ShardferryError(
    'cutover-failed',
    `${source} and ${target} differ in ${different.length === 1 ? 'a document' : `${different.length} documents or more`}, such as ${first.id}, which is ${where}.`,
    {
      hint: `An application that has not moved may have written it on the ${other}. See all of them with: shardferry verify`,
    },
  )
}
