import { LineCounter, isMap, isPair, isScalar, parseDocument, stringify, visit } from 'yaml'
import type { Document, Node } from 'yaml'
import { ShardferryError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { planSchema } from './plan-schema.ts'
import { unsteadyPart } from './steady-query.ts'

const header = `# What Shardferry is going to do. Nothing has been changed yet.
#
# You may edit, per index:
#   action    create, into-existing (write into an index that is there), skip (leave it out);
#             refuse means that it cannot be moved as it is, and reason says why
#   target    its name on the target
#   settings, mappings, aliases    what the target index is created with; changes tells what differs from the source
#   query     only documents that match are moved (Query DSL)
#   tuning    settings the target index has only while documents are copied; {} leaves it alone
#   versionFrom    seq-no, or version where the application sets versions itself
# Leave as they are: source and target cluster, uuid, shards.
#
# Then: shardferry run THIS-FILE

`

export function writePlan(plan: Plan): string {
  return header + stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false })
}

/**
 * @param fileName stands in front of every error
 * @throws ShardferryError `plan-invalid`; its message has a line `file:line:column: what is wrong` for each fault
 */
export function parsePlan(text: string, fileName: string): Plan {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const faults: Fault[] = document.errors.map(({ pos, message }) => ({ offset: pos[0], message }))
  if (faults.length === 0) {
    const checked = planSchema.safeParse(toPlain(document, faults))
    if (checked.success && faults.length === 0)
      faults.push(...acrossIndices(checked.data, document), ...roundedNumbers(checked.data, document))
    if (checked.success && faults.length === 0) return checked.data
    faults.push(...(checked.error?.issues ?? []).flatMap(issue => faultsOf(issue, document)))
  }
  const list = faults.map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset)
    return `${fileName}:${line}:${col}: ${message}`
  })
  throw new ShardferryError('plan-invalid', list.join('\n'), {
    hint: 'Correct the file, or write a fresh one: shardferry plan --out FILE',
  })
}

interface Fault {
  readonly offset: number
  readonly message: string
}

function toPlain(document: Document, faults: Fault[]): unknown {
  try {
    return document.toJS()
  } catch (thrown) {
    faults.push({ offset: 0, message: thrown instanceof Error ? thrown.message : String(thrown) })
    return undefined
  }
}

/** What no single value shows. */
function acrossIndices(plan: Plan, document: Document): Fault[] {
  const faults: Fault[] = []
  const at = (position: number, key: string, message: string): void => {
    faults.push({ offset: offsetOf(document, ['indices', position, key]), message })
  }
  const targets = new Map<string, string>()
  const sources = new Set<string>()
  for (const [position, task] of plan.indices.entries()) {
    if (sources.has(task.source)) at(position, 'source', `indices[${position}].source: ${task.source} is there twice`)
    sources.add(task.source)
    if (task.action === 'skip' || task.action === 'refuse') continue
    // Every index has settings, so an empty plan of one was made for an index that is there.
    if (task.action === 'create' && Object.keys(task.settings).length === 0)
      at(position, 'action', `indices[${position}].action: create needs settings and mappings; make the plan again to get them`)
    const unsteady = task.query && unsteadyPart(task.query, Date.now())
    if (unsteady) at(position, 'query', `indices[${position}].query: at ${unsteady.place} it ${unsteady.why}. ${unsteady.hint}`)
    if (task.engine === 'reindex' && task.versionFrom !== 'version')
      at(position, 'versionFrom', `indices[${position}].versionFrom: _reindex sends the source's _version: it must be version`)
    if (task.engine === 'reindex' && task.read.by === 'slices' && task.read.slices !== 1)
      at(position, 'read', `indices[${position}].read: _reindex from remote takes no slices: slices must be 1`)
    if (task.engine !== 'reindex' && task.read.by === 'field')
      at(position, 'read', `indices[${position}].read: only the engine reindex reads by ranges of a field`)
    const other = targets.get(task.target)
    if (other !== undefined) at(position, 'target', `indices[${position}].target: ${other} goes to ${task.target} already`)
    targets.set(task.target, task.source)
  }
  for (const [position, task] of plan.indices.entries())
    for (const alias of Object.keys(task.aliases))
      if (targets.has(alias) && task.action !== 'skip' && task.action !== 'refuse')
        at(position, 'aliases', `indices[${position}].aliases: ${alias} is the name of a target index`)
  return faults
}

/** Whole numbers beyond 2^53 of indices that are to be moved: what is sent would be another number. */
function roundedNumbers(plan: Plan, document: Document): Fault[] {
  const faults: Fault[] = []
  for (const [position, { action }] of plan.indices.entries()) {
    const task = document.getIn(['indices', position], true)
    if (action === 'skip' || action === 'refuse' || !isMap(task)) continue
    visit(task, {
      Scalar: (_key, { value, source, range }) => {
        if (typeof value === 'number' && /^[-+]?\d+$/.test(source ?? '') && !Number.isSafeInteger(value))
          faults.push({ offset: range?.[0] ?? 0, message: `${source} is beyond 2^53 and would be rounded; write it in quotes` })
      },
    })
  }
  return faults
}

type Issue = NonNullable<ReturnType<typeof planSchema.safeParse>['error']>['issues'][number]

function faultsOf(issue: Issue, document: Document): Fault[] {
  const fault = (path: readonly PropertyKey[], message: string): Fault => {
    const where = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
    return { offset: offsetOf(document, path), message: `${where.replace(/^\./, '') || 'the plan'}: ${message}` }
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => fault([...issue.path, key], 'there is no such key in a plan'))
  if (issue.code === 'invalid_value' && issue.values.length > 1)
    return [fault(issue.path, `is one of ${issue.values.map(value => String(value)).join(', ')}`)]
  const missing = issue.code === 'invalid_type' && document.getIn(issue.path, true) === undefined
  return [fault(issue.path, missing ? 'is missing' : issue.message)]
}

/** Where a value begins; for one that is missing, what it is missing from; for a key, the key. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === key)
      const node = (pair?.key ?? undefined) as Node | undefined
      if (node?.range) return node.range[0]
    }
    const value = document.getIn(path.slice(0, length), true) as Node | undefined
    if (value?.range) return value.range[0]
  }
  return 0
}
