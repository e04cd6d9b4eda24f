import type { Change, IndexTask, ObjectTask, Plan, PlannedCluster } from '../../model/plan.ts'
import { padEnd, wrap } from './cells.ts'
import { formatBytes, formatDocs, formatDuration, formatRate, plural } from './numbers.ts'
import { lineCells, paintLine } from './paint.ts'
import type { Line, Span, Tone } from './paint.ts'
import { streamLines } from './streams-text.ts'
import { table } from './table.ts'

export interface PlanLook {
  readonly colour: boolean
  readonly columns: number
  /** A guess for the estimated time, such as the rate of an earlier run. */
  readonly docsPerSecond: number
}

/** What a migration would do, as lines without a last line break. */
export function planText(plan: Plan, { colour, columns, docsPerSecond }: PlanLook): string {
  const moved = plan.indices.filter(({ action }) => action === 'create' || action === 'into-existing')
  const refused = plan.indices.filter(({ action }) => action === 'refuse').map(named)
  const skipped = [...plan.indices.filter(({ action }) => action === 'skip').map(named), ...plan.skipped]
  const lines: Line[] = [
    [
      ['Plan ', 'strong'],
      [plan.name, 'accent'],
    ],
    ['  from  ', ...clusterSpans(plan.source)],
    ['  to    ', ...clusterSpans(plan.target)],
    ...section('Moved', moved.length, taskTable(moved)),
    ...readNotes(moved, columns),
    ...section('Data streams', plan.dataStreams?.length ?? 0, streamLines(plan.dataStreams ?? [])),
    ...changeSections(moved, columns),
    ...objectSection(plan.objects ?? [], columns),
    ...section('Refused', refused.length, reasonLines(refused, 'bad', columns)),
    ...section('Skipped', skipped.length, reasonLines(skipped, 'quiet', columns)),
    [],
    ...totals(moved, refused.length, docsPerSecond),
  ]
  return lines.map(line => paintLine(line, Number.POSITIVE_INFINITY, colour)).join('\n')
}

/** Beside indices: what is done with each, and what differs from the source or from what is there. */
function objectSection(objects: readonly ObjectTask[], columns: number): Line[] {
  const lines = objects.flatMap((object): Line[] => [
    ['  ', [object.action, objectTones[object.action]], `  ${object.kind.replaceAll('-', ' ')} ${object.name}`],
    ...[object.reason ?? [], object.changes.map(({ kind, what, why }) => `${kind} ${what}: ${why}`), differenceOf(object)]
      .flat()
      .flatMap(text => indented(text, 6, columns, 'quiet')),
  ])
  return section('Beside indices', objects.length, lines)
}

const objectTones: Readonly<Record<ObjectTask['action'], Tone>> = {
  create: 'plain',
  replace: 'warn',
  same: 'quiet',
  skip: 'quiet',
  refuse: 'bad',
}

function differenceOf({ definition, onTarget }: ObjectTask): string[] {
  return onTarget === undefined ? [] : [`planned: ${JSON.stringify(definition)}`, `on the target: ${JSON.stringify(onTarget)}`]
}

function clusterSpans(cluster: PlannedCluster): Span[] {
  const flavor = cluster.flavor === 'elasticsearch' ? 'Elasticsearch' : 'OpenSearch'
  return [`${flavor} ${cluster.version}, ${cluster.clusterName}, ${cluster.address}`]
}

function section(title: string, count: number, lines: readonly Line[]): Line[] {
  return count === 0
    ? []
    : [
        [],
        [
          [title, 'strong'],
          [` (${formatDocs(count)})`, 'quiet'],
        ],
        ...lines,
      ]
}

function taskTable(tasks: readonly IndexTask[]): Line[] {
  const rows = tasks.map((task): Span[] => [
    task.source === task.target ? task.source : `${task.source} → ${task.target}`,
    task.action === 'create' ? 'create' : ['into existing', 'warn'],
    formatDocs(task.shards),
    formatDocs(task.estimate.docs),
    formatBytes(task.estimate.bytes),
    readText(task),
  ])
  return table(
    [
      { title: 'index', side: 'left' },
      { title: 'action', side: 'left' },
      { title: 'shards', side: 'right' },
      { title: 'documents', side: 'right' },
      { title: 'bytes', side: 'right' },
      { title: 'read by', side: 'left' },
    ],
    rows,
    2,
  )
}

function readText({ engine, read, query }: IndexTask): string {
  const native = engine === 'reindex' ? '_reindex, ' : ''
  return `${native}${readByText(read)}${read.primaryOnly === true ? ', primaries only' : ''}${query === undefined ? '' : ', by query'}`
}

function readByText({ by, field, slices }: IndexTask['read']): string {
  switch (by) {
    case 'seq-no':
      return 'sequence number'
    case 'field':
      return `ranges of ${field}`
    case 'slices':
      return slices === undefined ? 'slices' : slices === 1 ? 'as a whole' : `${formatDocs(slices)} slices`
  }
}

/** Why an index is not read by sequence number, and how its deletes are found; each reason once. */
function readNotes(tasks: readonly IndexTask[], columns: number): Line[] {
  return [...notesBy(tasks, columns, ({ read }) => read.reason), ...notesBy(tasks, columns, deletesText)]
}

function deletesText({ deletes }: IndexTask): string | undefined {
  if (deletes === undefined) return undefined
  const texts = { manifest: 'carried over by manifest', sweep: 'carried over by a sweep', off: 'not carried over' }
  return `deletes are ${texts[deletes.by]}: ${deletes.reason}`
}

function notesBy(tasks: readonly IndexTask[], columns: number, reasonOf: (task: IndexTask) => string | undefined): Line[] {
  const byReason = Map.groupBy(
    tasks.filter(task => reasonOf(task) !== undefined),
    task => reasonOf(task) ?? '',
  )
  return [...byReason].flatMap(([reason, group]) => indented(`${namesOf(group, tasks)}: ${reason}`, 2, columns, 'quiet'))
}

const changeTitles: Readonly<Record<Change['kind'], string>> = {
  converted: 'Converted',
  dropped: 'Dropped',
  stripped: 'Stripped',
}

/** The same change in many indices is told once. */
function changeSections(tasks: readonly IndexTask[], columns: number): Line[] {
  return (['converted', 'dropped', 'stripped'] as const).flatMap(kind => {
    const changes = tasks.flatMap(task =>
      task.changes.filter(change => change.kind === kind).map(change => ({ task, change, key: `${change.what}\n${change.why}` })),
    )
    const groups = [...Map.groupBy(changes, ({ key }) => key).values()]
    const lines = groups.flatMap((group): Line[] => {
      const { what, why } = group[0]?.change ?? { what: '', why: '' }
      const where = namesOf(
        group.map(({ task }) => task),
        tasks,
      )
      return [
        ['  ', [what, kind === 'dropped' ? 'warn' : 'plain'], [`  in ${where}`, 'quiet']],
        ...indented(why, 6, columns, 'quiet'),
      ]
    })
    return section(changeTitles[kind], groups.length, lines)
  })
}

function namesOf(some: readonly IndexTask[], all: readonly IndexTask[]): string {
  if (all.length > 1 && some.length === all.length) return 'every index'
  const names = some.slice(0, 3).map(({ source }) => source)
  return some.length > 3 ? `${names.join(', ')} and ${formatDocs(some.length - 3)} more` : names.join(', ')
}

function named({ source, reason }: IndexTask): { index: string; reason: string } {
  return { index: source, reason: reason ?? 'no reason is given' }
}

function reasonLines(left: readonly { index: string; reason: string }[], tone: Tone, columns: number): Line[] {
  return left.flatMap(({ index, reason }): Line[] => {
    const beside: Line = ['  ', [index, tone], '  ', reason]
    return lineCells(beside) <= columns ? [beside] : [['  ', [index, tone]], ...indented(reason, 6, columns, 'plain')]
  })
}

function totals(moved: readonly IndexTask[], refused: number, docsPerSecond: number): Line[] {
  const docs = moved.reduce((sum, { estimate }) => sum + estimate.docs, 0)
  const bytes = moved.reduce((sum, { estimate }) => sum + estimate.bytes, 0)
  const aliases = moved.reduce((sum, task) => sum + Object.keys(task.aliases).length, 0)
  const what = [plural(moved.length, 'index', 'indices'), plural(docs, 'document', 'documents'), `about ${formatBytes(bytes)}`]
  if (aliases > 0) what.push(plural(aliases, 'alias', 'aliases'))
  const lines: Line[] = [[[padEnd('Total', 7), 'strong'], what.join(', ')]]
  if (docs > 0 && docsPerSecond > 0)
    lines.push([
      [padEnd('Time', 7), 'strong'],
      `about ${formatDuration((docs / docsPerSecond) * 1000)}`,
      [` at ${formatRate(docsPerSecond)}, a guess until it runs`, 'quiet'],
    ])
  if (refused > 0) {
    const whatRefused = `${plural(refused, 'index', 'indices')} cannot be moved`
    lines.push([[`${whatRefused}: settle the reasons above, or set their action to skip in the plan file.`, 'bad']])
  }
  return lines
}

function indented(text: string, indent: number, columns: number, tone: Tone): Line[] {
  return wrap(text, Math.max(20, columns - indent)).map(part => [' '.repeat(indent), [part, tone]])
}
