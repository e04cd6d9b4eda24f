import type { Condition } from '../../migration/cutover/gate.ts'
import type { CutoverFacts } from '../../model/entries.ts'
import { formatDocs, plural } from './numbers.ts'

/** Which conditions of a change of direction hold, and what helps those that do not. */
export function changeText(conditions: readonly Condition[]): string {
  const width = Math.max(...conditions.map(({ what }) => what.length))
  const lines = conditions.flatMap(({ what, holds, seen, remedy }) => [
    `  ${holds ? '✓' : '✗'} ${what.padEnd(width)}  ${seen}`,
    ...(remedy === undefined ? [] : [`    ${' '.repeat(width)}  ${remedy}`]),
  ])
  return `Conditions:\n${lines.join('\n')}`
}

export function cutOverText({ name, target, indices, aliases, blockedMs }: CutoverFacts): string {
  const named = aliases.length === 0 ? '' : ` Aliases there: ${aliases.join(', ')}.`
  return `Migration ${name} is cut over: ${amount(indices)} on ${target}.${named}${blockedText('source', blockedMs)}\n  → Point your applications at the target.`
}

/** The way back reads from the target: there, the source of the facts is the plan's target. */
export function rolledBackText({ name, target, indices, blockedMs }: CutoverFacts): string {
  return `Migration ${name} is rolled back: ${amount(indices)} on ${target}.${blockedText('target', blockedMs)}\n  → Point your applications at the source.`
}

function amount(indices: CutoverFacts['indices']): string {
  const docs = indices.reduce((sum, { documents }) => sum + (documents ?? 0), 0)
  return `${plural(indices.length, 'index', 'indices')} with ${formatDocs(docs)} documents`
}

function blockedText(side: string, blockedMs: number | null): string {
  return blockedMs === null ? '' : ` The ${side} took no writes for ${(blockedMs / 1000).toFixed(1)} s.`
}
