/** The reader of bulk answers: what it makes of an answer must be what the answer says, item by item, or a refusal. */
import fc from 'fast-check'
import { allCreated, readItems } from '../../src/cluster/bulk.ts'
import type { BulkItem } from '../../src/cluster/bulk.ts'
import { ShardferryError } from '../../src/model/errors.ts'
import type { Judgement } from './page.ts'

const error = fc.oneof(
  fc.record({
    type: fc.constantFrom('version_conflict_engine_exception', 'mapper_parsing_exception', 'cluster_block_exception', 'x'),
    reason: fc.string({ unit: 'binary', maxLength: 12 }),
  }),
  fc.record({
    type: fc.constant('mapper_parsing_exception'),
    reason: fc.constant('failed to parse'),
    caused_by: fc.record({ type: fc.constant('illegal_argument_exception'), reason: fc.string({ maxLength: 8 }) }),
  }),
  fc.constantFrom('RoutingMissingException[no]', ''),
)
const item = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom({ status: 201 }, { status: 200 }) },
  { weight: 3, arbitrary: fc.record({ status: fc.constantFrom(400, 404, 409, 429, 503), error }) },
  { weight: 1, arbitrary: fc.constant({ status: 201, failure_store: 'used' }) },
)
/** Answers as servers give them. */
export const bulkAnswer: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom('index', 'delete'), item), { maxLength: 6 })
  .map(items =>
    JSON.stringify({ errors: items.some(([, { status }]) => status >= 300), items: items.map(([op, one]) => ({ [op]: one })) }),
  )

export function judgeBulk(bytes: Uint8Array): Judgement {
  const wanted = slowItems(bytes)
  const items = readOrRefuse(bytes)
  const docs = wanted?.length ?? 0
  // The quick way may only say what the thorough one says.
  const quick = allCreated(bytes, docs)
  if (quick && !items) throw new Error('The quick way accepts what cannot be read.')
  if (quick?.some(({ status }) => status >= 300) || (quick && quick.length !== docs))
    throw new Error('The quick way says something else.')
  if (!items) {
    if (wanted) throw new Error('A readable answer is refused.')
    return 'refused'
  }
  if (!wanted) throw new Error('An answer is accepted that says nothing of some document.')
  if (items.length !== wanted.length) throw new Error(`${items.length} items instead of ${wanted.length}`)
  for (const [i, { status, type, reason }] of items.entries()) {
    const { success, kind } = wanted[i]!
    if (status < 300 !== success) throw new Error(`Item ${i} counts as ${status}, and is ${success ? 'a' : 'no'} success.`)
    if (!success && kind !== undefined && type !== kind) throw new Error(`Item ${i} is of type ${type}, not ${kind}.`)
    if (typeof type !== 'string' || typeof reason !== 'string') throw new Error(`Item ${i} has no words.`)
  }
  return 'same'
}

function readOrRefuse(bytes: Uint8Array): BulkItem[] | undefined {
  try {
    return readItems(bytes, { side: 'target', address: 'fuzz' })
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'response-unreadable' && thrown.recovery === 'retry')
      return undefined
    throw thrown
  }
}

interface Outcome {
  readonly success: boolean
  readonly kind: string | undefined
}

/** What an answer says, by the letter: an item is one operation with a status that HTTP has; undefined where one is not. */
function slowItems(bytes: Uint8Array): Outcome[] | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
  } catch {
    return undefined
  }
  const items = field(answer, 'items')
  if (!Array.isArray(items)) return undefined
  const outcomes = items.map((one: unknown): Outcome | undefined => {
    if (!isObject(one)) return undefined
    const [operation, outcome] = Object.entries(one)[0] ?? []
    if (operation !== 'index' && operation !== 'delete') return undefined
    const status = field(outcome, 'status')
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return undefined
    const redirected = field(outcome, 'failure_store') === 'used'
    const error = field(outcome, 'error')
    if (status < 300 && error !== undefined && !redirected) return undefined
    const kind = field(error, 'type')
    return {
      success: status < 300 && !redirected,
      kind: redirected || typeof kind !== 'string' ? undefined : kind,
    }
  })
  return outcomes.every(outcome => outcome !== undefined) ? outcomes : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}
