/** Applications that write: each has documents of its own, so what is known of a document is what its writer was told last. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../test/proxy/random.ts'
import { keepWriting } from '../../test/support/writing.ts'
import type { Writing } from '../../test/support/writing.ts'
import type { DrillCluster } from './cluster.ts'
import type { Truth, Value } from './truth.ts'

/** An index that is written to. */
export interface Written {
  /** The index or alias that is written to, and of which the truth is kept. */
  readonly name: string
  /** The index behind `name`, where that is an alias. */
  readonly index?: string
  /** Ids that there may be; some are always deleted. */
  readonly ids: number
  readonly routed: boolean
  readonly shards: number
}

export const writers = 3

interface Change {
  readonly index: string
  /** The index is named by an alias. */
  readonly alias: boolean
  readonly id: string
  readonly routing: string | undefined
  readonly operation: 'index' | 'update' | 'delete'
  readonly after: Value | undefined
  readonly lines: string
}

/** Fills an index and takes down what the source has acknowledged. @throws Error for a document that it does not take */
export async function fill(cluster: DrillCluster, truth: Truth, written: Written, random: Random): Promise<void> {
  const changes = Array.from({ length: written.ids }, (_, n) => n)
    .filter(() => random.chance(0.9))
    .map(n => indexed(written, n, truth.nextRev(), random))
  for (let from = 0; from < changes.length; from += 1000) await send(cluster, truth, changes.slice(from, from + 1000))
  await cluster.json('POST', `/${written.name}/_refresh`)
}

/** @param where asked before every request of a writer, as `targets` is, so that it can change what is written to */
export function startWriters(
  where: (writer: number) => DrillCluster,
  truth: Truth,
  targets: () => readonly Written[],
  seed: number,
): Pick<Writing, 'stop'> {
  return keepWriting(writers, seed, async ({ number, random }) => {
    const all = targets()
    const written = all[random.between(0, all.length - 1)]
    if (written) await send(where(number), truth, someChanges(truth, written, number, truth.nextRev(), random))
    await sleep(random.between(15, 90))
  })
}

function someChanges(truth: Truth, written: Written, writer: number, rev: number, random: Random): Change[] {
  const chosen = new Set<number>()
  const own = Math.floor(written.ids / writers)
  for (let left = random.between(1, 8); left > 0; left--) chosen.add(writers * random.between(0, own - 1) + writer)
  return [...chosen].map(n => change(truth, written, n, rev, random))
}

function change(truth: Truth, written: Written, n: number, rev: number, random: Random): Change {
  const known = truth.of(written.name).get(idOf(n))
  const dice = random.next()
  // What is in doubt is written anew, or deleted: that settles it.
  if (known?.sure && known.value && dice < 0.3) return updated(written, n, known.value, rev)
  if (dice < 0.5) return deleted(written, n)
  return indexed(written, n, rev, random)
}

function idOf(n: number): string {
  // Ids of several forms: some need escapes in JSON, some in an address.
  return n % 7 === 0 ? `é "${n}"` : n % 11 === 0 ? `a/b?${n}` : `d${n}`
}

function routingOf({ routed }: Written, n: number): string | undefined {
  return routed ? `r${n % 13}` : undefined
}

function indexed(written: Written, n: number, rev: number, random: Random): Change {
  const value: Value = { n, rev, text: 'river '.repeat(random.between(1, 20)), price: n / 4, deep: { tags: ['a', `t${rev}`] } }
  // Written as no serialiser would: the bytes must arrive as they are.
  const source = `{"n":${n}, "rev" : ${rev},"text":${JSON.stringify(value['text'])},"price":${(n / 4).toFixed(3)},"deep":{ "tags":["a","t${rev}"]}}`
  return changeOf(written, n, 'index', value, source)
}

function updated(written: Written, n: number, before: Value, rev: number): Change {
  return changeOf(written, n, 'update', { ...before, rev, changed: true }, `{"doc":{"rev":${rev},"changed":true}}`)
}

function deleted(written: Written, n: number): Change {
  return changeOf(written, n, 'delete', undefined, undefined)
}

function changeOf(
  written: Written,
  n: number,
  operation: Change['operation'],
  after: Value | undefined,
  body: string | undefined,
): Change {
  const [id, routing] = [idOf(n), routingOf(written, n)]
  const action = JSON.stringify({ [operation]: { _id: id, ...(routing === undefined ? {} : { routing }) } })
  return {
    index: written.name,
    alias: written.index !== undefined,
    id,
    routing,
    operation,
    after,
    lines: `${action}\n${body === undefined ? '' : `${body}\n`}`,
  }
}

interface BulkAnswer {
  readonly items: readonly Readonly<Record<string, Answered>>[]
}

interface Answered {
  readonly status: number
  readonly error?: { readonly type: string }
}

const certainRefusals = new Set(['cluster_block_exception', 'document_missing_exception', 'index_not_found_exception'])

async function send(cluster: DrillCluster, truth: Truth, changes: readonly Change[]): Promise<void> {
  const [first] = changes
  if (!first) return
  let answer: BulkAnswer | undefined
  // No index is made in the place of an alias that is gone.
  const path = `/${first.index}/_bulk?timeout=10s${first.alias ? '&require_alias=true' : ''}`
  try {
    const reply = await cluster.once('POST', path, changes.map(({ lines }) => lines).join(''))
    if (reply.status === 200) answer = JSON.parse(reply.body.toString('utf8')) as BulkAnswer
  } catch {
    // What became of it is not known.
  }
  for (const [i, { index, id, routing, operation, after }] of changes.entries()) {
    const { status, error } = answer?.items[i]?.[operation] ?? { status: 0 }
    if ((status >= 200 && status < 300) || (operation === 'delete' && status === 404 && !error))
      truth.know(index, id, routing, after)
    // The document is as it was, or is missing, which the judge finds.
    else if (error && certainRefusals.has(error.type)) truth.refuse(index, id, error.type)
    else truth.doubt(index, id, routing)
  }
}
