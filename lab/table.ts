import { distNames, lacksOf, recipeOf } from './dists.ts'
import { featureNames, versionHas, type Feature } from './recipes/features.ts'

/** The Markdown table of lab/README.md: what each dist can do. */
export function featureTable(): string {
  const rows = [
    ['', ...distNames.map(name => name.replace('elasticsearch-', 'es ').replace('opensearch-', 'os '))],
    ['oldest Java', ...distNames.map(name => String(recipeOf(name).javaMajor))],
    ...featureNames.map(feature => [feature, ...distNames.map(name => cell(name, feature))]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: string[]): string => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}

function cell(dist: string, feature: Feature): string {
  const { product, version, secure } = recipeOf(dist)
  if (!versionHas(feature, product, version)) return '-'
  if (!lacksOf(dist, false).includes(feature)) return 'yes'
  return secure?.brings.includes(feature) ? 'secure' : 'no'
}
