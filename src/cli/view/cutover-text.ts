import type { Condition } from '../../migration/cutover/gate.ts'
import type { CutoverFacts } from '../../model/entries.ts'
import { formatDocs, plural } from './numbers.ts'

/** What a cutover would do, step by step, and which conditions hold. */
export function cutoverText(steps: readonly string[], conditions: readonly Condition[]): string {
  const width = Math.max(...conditions.map(({ what }) => what.length))
  const lines = conditions.flatMap(({ what, holds, seen, remedy }) => [
    `  ${holds ? '✓' : '✗'} ${what.padEnd(width)}  ${seen}`,
    ...(remedy === undefined ? [] : [`    ${' '.repeat(width)}  ${remedy}`]),
  ])
  return `Steps:\n${steps.map((step, n) => `  ${String(n + 1).padStart(2)}. ${step}`).join('\n')}\n\nConditions:\n${lines.join('\n')}`
}

export function cutOverText({ name, target, indices, aliases, blockedMs }: CutoverFacts): string {
  const docs = indices.reduce((sum, { documents }) => sum + (documents ?? 0), 0)
  const blocked = blockedMs === null ? '' : ` The source took no writes for ${(blockedMs / 1000).toFixed(1)} s.`
  const named = aliases.length === 0 ? '' : ` Aliases there: ${aliases.join(', ')}.`
  return `Migration ${name} is cut over: ${plural(indices.length, 'index', 'indices')} with ${formatDocs(docs)} documents on ${target}.${named}${blocked}`
}
