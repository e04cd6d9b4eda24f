/** docs/compatibility.md: what the plan's rules say of every route, and what runs of the matrix have proven. */
import { parseVersion } from '../../src/model/version.ts'
import { corpus } from './corpus.ts'
import type { Feature, Server } from './feature.ts'
import { sources, targets } from './pairs.ts'
import { readRecord } from './record.ts'
import type { RecordedPair } from './record.ts'
import type { Proof } from './run-pair.ts'
import { judgedByRules } from './verdict.ts'
import type { Judged, Verdict } from './verdict.ts'

const groups = ['field type', 'mapping', 'setting', 'document'] as const
const titles = { 'field type': 'Field types', mapping: 'Mappings', setting: 'Settings', document: 'Documents' } as const

export function compatibilityPage(): string {
  const record = readRecord()
  const pairs = record.length
  const seconds = record.reduce((sum, one) => sum + one.seconds, 0)
  const compared = record.reduce((sum, { features }) => sum + proven(features), 0)
  const memory = (side: 'source' | 'target'): number => Math.max(...record.map(one => one.memoryMb[side]))
  return `# Compatibility

\`make matrix\` gives every source an index for each line of the tables below, as far as its version knows it, moves all of them to a target, compares both sides
document by document (\`shardferry verify\`) and runs a search on each index on both sides. Every source is read, every target is written, and more pairs go across
the families, up and down in versions, some with TLS and passwords (\`+secure\`). What came out is in \`test/matrix/record/\`, and this page is made from it and from the
rules of the plan.

The last runs: ${pairs} pairs, ${compared} indices compared, ${Math.round(seconds / 60)} minutes for all pairs one after the other on two shared cores, starts of servers not counted. A source took
${memory('source')} MB at most, a target ${memory('target')} MB (heap 384 MB each).

## Pairs

Indices that were moved and found equal, of those that the source had. The others are refused by the plan, or need a part that no server of the lab has (\`lab/README.md\`).
Empty: not run; the tables below say what the plan does.

${pairTable(record)}

${secureTable(record)}

## Features

${verdicts}

What the plan says of each is in \`changes\` and \`reason\` of the index ([plan](guide/plan.md)). Sources that fare alike share a row. **Bold**: moved and compared
on real servers, for at least one source of the row. _Slanted_: no source of the lab has it, but a real target took what the plan makes of it, with the documents. The others
follow from the same rules.

${groups
  .map(
    group =>
      `### ${titles[group]}\n\n${featureTable(
        corpus.filter(feature => feature.group === group),
        record,
      )}`,
  )
  .join('\n\n')}
`
}

const verdicts = `| verdict   |                                                                                                                                    |
| --------- | ---------------------------------------------------------------------------------------------------------------------------------- |
| kept      | as on the source                                                                                                                   |
| converted | another definition that holds the same documents; the plan says what is searched otherwise                                         |
| dropped   | documents are moved as they are; what the definition did with them is gone                                                         |
| refused   | the plan refuses the index, with the reason; edit its mappings and set \`action: create\`, or choose \`--unknown-types disable\` where a type has no counterpart |`

function proven(features: RecordedPair['features']): number {
  return Object.values(features).filter(({ proof, verdict }) => proof === 'compared' && verdict !== 'refused').length
}

function pairTable(record: readonly RecordedPair[]): string {
  const rows = sources.map(source => [
    named(source),
    ...targets.map(target => {
      const pair = record.find(one => one.source === source && one.target === target)
      return pair === undefined ? '' : cell(pair)
    }),
  ])
  return table([['source \\ target', ...targets.map(named)], ...rows])
}

function cell({ features }: RecordedPair): string {
  const failed = Object.values(features).filter(({ proof }) => proof === 'failed').length
  return `${proven(features)} of ${Object.keys(features).length}${failed > 0 ? `, ${failed} FAILED` : ''}`
}

function secureTable(record: readonly RecordedPair[]): string {
  const secure = record.filter(({ source }) => source.includes('+'))
  const rows = secure.map(pair => [named(pair.source), named(pair.target), cell(pair), `${pair.seconds} s`])
  return table([['source', 'target', 'equal', 'time'], ...rows])
}

function featureTable(features: readonly Feature[], record: readonly RecordedPair[]): string {
  const rows = features.flatMap(feature => {
    const known = sources.filter(source => feature.known(serverOf(source)))
    const bySource = known.map(source => ({ source, cells: targets.map(target => judge(feature, source, target, record)) }))
    const alike = Map.groupBy(bySource, ({ cells }) => cells.map(({ verdict }) => verdict).join())
    return [...alike.values()].map(group => [
      feature.name,
      sourcesOf(
        group.map(({ source }) => source),
        known.length === sources.length,
      ),
      ...targets.map((_target, at) => {
        const proofs = group.flatMap(({ cells }) => cells[at]?.proofs ?? [])
        const verdict = group[0]?.cells[at]?.verdict ?? ''
        return proofs.includes('compared') ? `**${verdict}**` : proofs.includes('written') ? `_${verdict}_` : verdict
      }),
    ])
  })
  return table([['', 'from', ...targets.map(named)], ...rows])
}

interface JudgedCell {
  readonly verdict: Verdict
  readonly proofs: readonly Proof[]
}

function judge(feature: Feature, source: string, target: string, record: readonly RecordedPair[]): JudgedCell {
  const { verdict }: Judged = judgedByRules(feature, serverOf(source), serverOf(target))
  const ran = record.filter(one => bare(one.source) === source && bare(one.target) === target)
  return { verdict, proofs: ran.flatMap(({ features }) => features[feature.name]?.proof ?? []) }
}

function sourcesOf(group: readonly string[], everywhere: boolean): string {
  if (everywhere && group.length === sources.length) return 'all'
  return group.map(named).join(', ')
}

function bare(server: string): string {
  return server.replace('+secure', '')
}

/** `elasticsearch-7.10.2+secure` as `ES 7.10 secure`. */
function named(server: string): string {
  const [product = '', version = ''] = bare(server).split(/-(?=\d)/)
  const [major, minor] = version.split('.')
  return `${product === 'elasticsearch' ? 'ES' : 'OS'} ${major}.${minor}${server.endsWith('+secure') ? ' secure' : ''}`
}

function serverOf(server: string): Server {
  const [flavor, version = ''] = server.split(/-(?=\d)/) as [Server['flavor'], string?]
  return { flavor, version: parseVersion(version)! }
}

function table(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const [titles = [], ...rest] = rows
  return [line(titles), line(titles.map(() => '---')), ...rest.map(line)].join('\n')
}
