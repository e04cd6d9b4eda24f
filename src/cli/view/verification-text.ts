import type { IndexComparison, QueryComparison, Verification, VerifyVerdict } from '../../model/verification.ts'
import { formatBytes, formatDocs, formatDuration, plural } from './numbers.ts'
import { paintLine } from './paint.ts'
import type { Line, Span, Tone } from './paint.ts'
import { proseLines } from './prose.ts'
import type { TextLook } from './report-text.ts'
import { table } from './table.ts'
import type { Column } from './table.ts'

const mostRows = 40
const mostDetails = 20

/** What a comparison came to, as lines without a last line break. */
export function verificationText(report: Verification, { colour, columns }: TextLook): string {
  const lines: Line[] = [
    [[verdictText(report), operationsBehind(report) > 0 && report.verdict === 'equal' ? 'warn' : tones[report.verdict]]],
    [],
    ['  ', ['source  ', 'quiet'], `${report.source.address}  ${report.source.product}, cluster ${report.source.clusterName}`],
    ['  ', ['target  ', 'quiet'], `${report.target.address}  ${report.target.product}, cluster ${report.target.clusterName}`],
    ['  ', ['began   ', 'quiet'], `${report.startedAt}, took ${formatDuration(report.tookMs)}, level ${report.level}`],
    [],
    ...indexTable(report.indices),
    ...digestLines(report),
    ...definitionLines(report.indices),
    ...queryLines(report.queries),
    ...repairLines(report),
  ]
  for (const note of notesOf(report)) lines.push(...hanging('  note: ', note, columns))
  lines.push([])
  for (const step of nextSteps(report)) lines.push(...hanging('  → ', step, columns))
  return lines.map(line => paintLine(line, Number.POSITIVE_INFINITY, colour)).join('\n')
}

const tones: Readonly<Record<VerifyVerdict, Tone>> = { equal: 'good', 'set-aside': 'warn', differs: 'bad' }

function verdictText(report: Verification): string {
  const { verdict, level, repair } = report
  const what = { counts: 'numbers of documents', ids: 'ids, routings and versions', full: 'documents' }[level]
  const now = repair && !repair.dryRun ? ', after the repair' : ''
  const behind = operationsBehind(report)
  const upTo = behind > 0 ? `, up to the checkpoint; the source is ${plural(behind, 'operation', 'operations')} ahead` : ''
  switch (verdict) {
    case 'equal':
      return `Equal: both sides hold the same ${what}${now}${upTo}.`
    case 'set-aside':
      return `Set aside: both sides hold the same ${what}${now}${upTo}, but for those that the target had refused.`
    case 'differs':
      return `Differs: the sides do not hold the same ${what}${now}, or could not be compared in everything.`
  }
}

const columnsOf: readonly (readonly [title: string, show: (index: IndexComparison) => Span])[] = [
  ['on source', index => formatDocs(index.onSource.docs)],
  ['on target', index => formatDocs(index.onTarget.docs)],
  ['missing', index => marked(index.missing)],
  ['stale', index => marked(index.stale)],
  ['extra', index => marked(index.extra)],
  ['set aside', index => marked(index.setAside, 'warn')],
  ['later', index => marked(index.afterCheckpoint + index.deletedLater, 'plain')],
  ['', index => [index.verdict, tones[index.verdict]]],
]

function indexTable(indices: readonly IndexComparison[]): Line[] {
  const shown = [
    ...indices.filter(({ verdict }) => verdict !== 'equal'),
    ...indices.filter(({ verdict }) => verdict === 'equal'),
  ].slice(0, mostRows)
  const names: Column[] = [{ title: 'index', side: 'left' }]
  const numbers = columnsOf.map(([title]): Column => ({ title, side: 'right' }))
  const rows = shown.map(one => [
    one.index === one.target ? one.index : `${one.index} → ${one.target}`,
    ...columnsOf.map(([, show]) => show(one)),
  ])
  const hidden = indices.length - shown.length
  const rest: Line[] = hidden > 0 ? [[`  … and ${plural(hidden, 'more index', 'more indices')}, in the report`]] : []
  return [...table([...names, ...numbers], rows, 2), ...rest]
}

function marked(count: number, tone: Tone = 'bad'): Span {
  return [formatDocs(count), count === 0 ? 'quiet' : tone]
}

function digestLines({ indices, level }: Verification): Line[] {
  if (level === 'counts') return []
  const bytes = indices.reduce((sum, one) => sum + one.onSource.bytes + one.onTarget.bytes, 0)
  const docs = indices.reduce((sum, one) => sum + one.onSource.docs + one.onTarget.docs, 0)
  const lines: Line[] = [[], ['  ', [`${formatDocs(docs)} documents, ${formatBytes(bytes)} read on both sides`, 'quiet']]]
  for (const one of indices.slice(0, mostRows)) {
    const form = one.form === 'values' ? ', compared by value' : one.form === 'bytes' ? ', compared by bytes' : ''
    const same = one.onSource.digest === one.onTarget.digest
    const digest = same ? `digest ${one.onSource.digest} on both sides` : `digests ${one.onSource.digest}, ${one.onTarget.digest}`
    lines.push(['  ', [`${one.index}: ${digest}${form}`, 'quiet']])
  }
  return lines
}

function definitionLines(indices: readonly IndexComparison[]): Line[] {
  const all = indices.flatMap(({ index, definition }) => definition.map(one => ({ index, ...one })))
  if (all.length === 0) return []
  const shown = all.toSorted((a, b) => Number(b.severe) - Number(a.severe)).slice(0, mostDetails)
  return [
    [],
    [[`  Definitions: ${plural(all.length, 'difference', 'differences')}`, 'strong']],
    ...shown.map(({ index, what, why, severe }): Line => ['  - ', [`${index} ${what}`, severe ? 'bad' : 'plain'], `: ${why}`]),
    ...(all.length > shown.length ? [[`  … and ${all.length - shown.length} more, in the report`] satisfies Line] : []),
  ]
}

function queryLines(queries: readonly QueryComparison[]): Line[] {
  if (queries.length === 0) return []
  const rows = queries
    .slice(0, mostDetails)
    .map(one => [
      one.distance.toFixed(2),
      one.index,
      one.sourceTotal === null ? '–' : formatDocs(one.sourceTotal),
      one.targetTotal === null ? '–' : formatDocs(one.targetTotal),
      one.overlap === null ? '–' : `${Math.round(one.overlap * 100)} %`,
      String(one.aggregations),
      one.error ?? one.query.slice(0, 60),
    ])
  const titles = ['distance', 'index', 'hits on source', 'on target', 'same in top 10', 'aggregation values', 'search']
  const columns = titles.map((title, at): Column => ({ title, side: at === 1 || at === 6 ? 'left' : 'right' }))
  return [[], [[`  Searches: ${formatDocs(queries.length)}, those that differ most first`, 'strong']], ...table(columns, rows, 2)]
}

function repairLines({ repair, indices }: Verification): Line[] {
  if (!repair) return []
  const { written, deleted, keptExtra, refused, remaining } = repair
  if (repair.dryRun)
    return [
      [],
      [`  A repair would write ${formatDocs(written)}, delete ${formatDocs(deleted)} and leave ${formatDocs(keptExtra)} extra.`],
    ]
  return [
    [],
    [
      `  Repaired: ${formatDocs(written)} written, ${formatDocs(deleted)} deleted, ${formatDocs(keptExtra)} extra left, ${formatDocs(refused)} refused; `,
      [`${formatDocs(remaining)} differences remain`, remaining > 0 ? 'bad' : 'good'],
    ],
    ...indices.slice(0, mostRows).flatMap(repairOf),
  ]
}

function repairOf({ index, repaired }: IndexComparison): Line[] {
  if (!repaired) return []
  const parts = [
    `found ${formatDocs(repaired.missing)} missing, ${formatDocs(repaired.stale)} stale, ${formatDocs(repaired.extra)} extra`,
    `${formatDocs(repaired.written)} written, ${formatDocs(repaired.deleted)} deleted`,
  ]
  return [[`  - ${index}: ${parts.join('; ')}`]]
}

function notesOf({ notes, indices }: Verification): string[] {
  const own = indices.flatMap(one => {
    const said = one.notes.map(note => `${one.index}: ${note}`)
    if (one.cut) said.push(`${one.index}: there are more differences than were named; raise --max-differences to see them`)
    if (one.equalByValue > 0)
      said.push(
        `${one.index}: ${plural(one.equalByValue, 'document is', 'documents are')} equal by value and not by bytes; that is no difference`,
      )
    if (one.behind > 0)
      said.push(
        `${one.index}: compared up to the checkpoint; the source had ${plural(one.behind, 'operation', 'operations')} beyond it, which the same copy brings over when it is run again`,
      )
    if (one.afterCheckpoint > 0)
      said.push(
        `${one.index}: ${plural(one.afterCheckpoint, 'document was', 'documents were')} written on the source after the checkpoint and left out`,
      )
    if (one.deletedLater > 0)
      said.push(
        `${one.index}: ${plural(one.deletedLater, 'document was', 'documents were')} deleted on the source after the checkpoint and left out; the same copy deletes them on the target when it is run again`,
      )
    return said
  })
  return [...notes, ...own]
}

/** What the source had that no copy has brought over yet, when it was compared up to what was copied. */
function operationsBehind({ indices }: Verification): number {
  return indices.reduce((sum, { behind }) => sum + behind, 0)
}

function nextSteps(report: Verification): string[] {
  const { verdict, indices, repair, name, queries } = report
  const steps: string[] = []
  if (operationsBehind(report) > 0)
    steps.push('What the source has beyond that is brought over when the same copy is run again. Then verify again.')
  else if (verdict === 'equal') return ['Nothing is left to do.']
  if (indices.some(one => one.setAside > 0))
    steps.push(`See the documents set aside, by reason:\nshardferry rejected list ${name}`)
  if (verdict !== 'differs') return steps
  const differ = indices.some(one => one.missing + one.stale + one.extra > one.setAside)
  if (differ && (!repair || repair.dryRun))
    steps.push('Mend what differs with the same command and --repair; see first what it would do with --repair --dry-run.')
  if (repair && !repair.dryRun && repair.keptExtra > 0)
    steps.push(
      'Extra documents were left in indices that the migration did not make. To delete them too, add --delete-extra-anywhere.',
    )
  if (queries.some(({ distance }) => distance > 0))
    steps.push('Searches that differ while documents are equal mean another mapping or analysis: compare the definitions.')
  if (steps.length === 0) steps.push('Look at the differences and at the definitions above, then verify again.')
  return steps
}

function hanging(mark: string, text: string, columns: number): Line[] {
  return proseLines(text, columns - mark.length).map((part, at) => [at === 0 ? mark : ' '.repeat(mark.length), part])
}
