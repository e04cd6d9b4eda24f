import type { ClusterNames, NamedIndex } from '../metadata/names.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { nearest } from './nearest.ts'

export interface Selected {
  /** In the order of their names. */
  readonly indices: readonly NamedIndex[]
  readonly skipped: Plan['skipped']
}

/**
 * The concrete indices that patterns mean. Patterns work from left to right as in the servers' APIs: a name or wildcard adds, one with a
 * leading `-` takes out, and the later one wins. An alias or data stream stands for its indices.
 * @throws ShardferryError `index-unknown` for a name that nothing has, `nothing-selected`
 */
export function selectIndices(names: ClusterNames, patterns: readonly string[], includeSystem: boolean): Selected {
  const known = new Map(names.indices.map(index => [index.name, index]))
  const chosen = new Set<string>()
  const left = new Map<string, string>()
  for (const pattern of inOrder(patterns)) {
    const excluded = pattern.startsWith('-')
    for (const { index, exactly } of meaningOf(excluded ? pattern.slice(1) : pattern, names)) {
      const found = known.get(index)
      if (!found) continue
      if (excluded) {
        if (chosen.delete(index)) left.set(index, `taken out by ${pattern}`)
      } else if (includeSystem || exactly || !isSystem(found)) {
        chosen.add(index)
        left.delete(index)
      } else if (!chosen.has(index)) left.set(index, 'a system or hidden index; name it in full or use --include-system')
    }
  }
  const skipped = [...left].map(([index, reason]) => ({ index, reason })).sort((a, b) => compare(a.index, b.index))
  if (chosen.size === 0) throw nothingSelected(patterns, skipped, names)
  return { indices: [...chosen].sort(compare).flatMap(name => known.get(name) ?? []), skipped }
}

/** Single patterns; where all of them take out, or there is none, everything comes first. */
function inOrder(patterns: readonly string[]): string[] {
  const single = patterns.flatMap(pattern => pattern.split(',')).map(pattern => pattern.trim())
  const given = single.filter(pattern => pattern !== '').map(pattern => (pattern === '_all' ? '*' : pattern))
  return given.every(pattern => pattern.startsWith('-')) ? ['*', ...given] : given
}

interface Meaning {
  readonly index: string
  /** Named in full, or an index of an alias or data stream that is, or of any data stream: its indices are hidden by nature. */
  readonly exactly: boolean
}

function meaningOf(pattern: string, names: ClusterNames): Meaning[] {
  if (!pattern.includes('*')) return meaningOfName(pattern, names)
  const matches = wildcard(pattern)
  // A wildcard reaches an alias or data stream with a leading dot only by a dot of its own.
  const reaches = (name: string): boolean => matches.test(name) && (pattern.startsWith('.') || !name.startsWith('.'))
  return [
    ...names.indices.filter(({ name }) => matches.test(name)).map(({ name }) => ({ index: name, exactly: false })),
    ...names.aliases.filter(({ name }) => reaches(name)).flatMap(({ indices }) => some(indices, false)),
    ...names.dataStreams.filter(({ name }) => reaches(name)).flatMap(({ name, indices }) => some(indices, !name.startsWith('.'))),
  ]
}

function meaningOfName(name: string, names: ClusterNames): Meaning[] {
  if (names.indices.some(index => index.name === name)) return [{ index: name, exactly: true }]
  const group = [...names.aliases, ...names.dataStreams].find(group => group.name === name)
  if (group) return some(group.indices, true)
  const close = nearest(name, everyName(names))
  throw new ShardferryError('index-unknown', `The source has no index, alias or data stream named ${name}.`, {
    hint:
      close.length > 0
        ? `Did you mean ${close.join(' or ')}?`
        : 'Look at GET _cat/indices?v of the source for its names. A user sees no name that it has no right on (view_index_metadata).',
  })
}

function some(indices: readonly string[], exactly: boolean): Meaning[] {
  return indices.map(index => ({ index, exactly }))
}

function isSystem(index: NamedIndex): boolean {
  return index.hidden || index.name.startsWith('.')
}

function everyName(names: ClusterNames): Set<string> {
  return new Set([...names.indices, ...names.aliases, ...names.dataStreams].map(({ name }) => name))
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function nothingSelected(patterns: readonly string[], skipped: Plan['skipped'], names: ClusterNames): ShardferryError {
  const asked = patterns.length > 0 ? patterns.join(',') : '*'
  const hint =
    names.indices.length === 0
      ? 'The source shows no index at all: it is empty, or its user may see none (view_index_metadata).'
      : skipped.length > 0
        ? `Left out: ${skipped
            .slice(0, 5)
            .map(({ index, reason }) => `${index} (${reason})`)
            .join(', ')}${skipped.length > 5 ? ' …' : ''}`
        : 'No name matches. Look at GET _cat/indices?v of the source for its names.'
  return new ShardferryError('nothing-selected', `The selection ${asked} leaves no index to move.`, { hint })
}
