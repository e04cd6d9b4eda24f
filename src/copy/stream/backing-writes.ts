/**
 * Writes into backing indices of data streams, which take no version from outside: the servers refuse `index` there.
 *
 * Invariants. A document is made only where none stands, and written over only while it is still the one that was seen
 * (`if_seq_no`): a request that arrives late changes nothing that came after it. The bytes that stay are those that were sent.
 */
import { bulk } from '../../cluster/bulk.ts'
import type { Connection } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import type { Doc } from '../../model/documents.ts'
import { nothingSorted, sortItems } from './sort-items.ts'
import type { Sorted } from './sort-items.ts'

/** @param replaces whether what is written is newer than what stands there; otherwise that stays */
export async function sendToBacking(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  replaces: boolean,
  into: Sorted,
  signal: AbortSignal,
): Promise<void> {
  const deletes = docs.filter(({ op }) => op === 'delete')
  if (deletes.length > 0) sortItems(deletes, await bulk(target, index, deletes, signal), index, into)
  const others = docs.filter(({ op }) => op !== 'delete').map(doc => ({ ...plain(doc), op: 'create' as const }))
  if (others.length === 0) return
  const made = nothingSorted()
  // By a date expression without a date, OpenSearch and Elasticsearch 7 take it: only the plain name is looked at.
  sortItems(others, await bulk(target, `<${index}>`, others, signal), index, made)
  take(made, into)
  if (!replaces) into.newer.push(...made.newer.map(plain))
  const refused = made.backing.map(plain)
  const standing = [...(replaces ? made.newer.map(plain) : []), ...refused]
  if (standing.length === 0) return
  const seen = await lookAt(target, index, standing, signal)
  if (!replaces) into.newer.push(...refused.filter((_doc, at) => seen[at]))
  const missing = standing.filter((_doc, at) => !seen[at])
  const there = replaces ? standing.filter((_doc, at) => seen[at]) : []
  if (missing.length > 0) there.push(...(await seed(target, index, missing, into, signal)))
  await replace(target, index, there, into, signal)
}

/** Makes documents by an upsert, which servers let pass, as they write them; `replace` puts the very bytes in their place. */
async function seed(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  into: Sorted,
  signal: AbortSignal,
): Promise<readonly Doc[]> {
  const seeds = docs.map(doc => ({ ...doc, op: 'upsert' as const }))
  const items = await bulk(target, index, seeds, signal)
  const sown = nothingSorted()
  sortItems(seeds, items, index, sown)
  const written = docs.filter((_doc, at) => (items[at]?.status ?? 500) < 300)
  sown.again.push(...sown.newer.splice(0))
  take({ ...sown, written: 0 }, into)
  return written
}

async function replace(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  into: Sorted,
  signal: AbortSignal,
): Promise<void> {
  if (docs.length === 0) return
  const seen = await lookAt(target, index, docs, signal)
  const due = docs.flatMap((doc, at) => {
    const standing = seen[at]
    if (standing) return [{ ...doc, op: 'replace' as const, standing }]
    into.again.push(doc)
    return []
  })
  if (due.length === 0) return
  const done = nothingSorted()
  sortItems(due, await bulk(target, index, due, signal), index, done)
  // Somebody wrote it meanwhile: it is looked at again.
  done.again.push(...done.newer.splice(0))
  if (done.again.length > 0 && done.reason === '') done.reason = `others write to ${index}`
  take(done, into)
}

type Standing = NonNullable<Doc['standing']>

/** What stands in each place now, whether it was refreshed or not. */
async function lookAt(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  signal: AbortSignal,
): Promise<readonly (Standing | undefined)[]> {
  const asked = docs.map(({ id, routing }) => ({ _id: id, ...(routing === undefined ? {} : { routing }) }))
  const { docs: found } = await json<{ docs: readonly { found?: boolean; _seq_no?: number; _primary_term?: number }[] }>(target, {
    method: 'POST',
    path: `/${indexPath(index)}/_mget`,
    query: { _source: false },
    body: { docs: asked },
    signal,
  })
  return found.map(({ found: is, _seq_no, _primary_term }) =>
    is === true && _seq_no !== undefined && _primary_term !== undefined ? { seqNo: _seq_no, term: _primary_term } : undefined,
  )
}

/** Without what was tried. */
function plain({ id, routing, version, source, seqNo }: Doc): Doc {
  return { id, routing, version, source, seqNo }
}

/** All but what is looked at further. */
function take(from: Sorted, into: Sorted): void {
  into.written += from.written
  into.rejected.push(...from.rejected.map(rejected => ({ ...rejected, doc: plain(rejected.doc) })))
  into.again.push(...from.again.map(plain))
  if (into.reason === '') into.reason = from.reason
  into.blocked ||= from.blocked
}
