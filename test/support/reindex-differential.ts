/** Sends one request to a cluster and one to the server in front of it, and makes what came of them comparable. */
import { load, people } from './documents.ts'
import type { Site } from './site.ts'
import type { ReindexRequest } from '../real/reindex-api-requests.ts'

/** What a request is answered with, and what its index then holds. */
export async function effectOf(target: Site, asked: Site, source: Site, index: string, request: ReindexRequest): Promise<object> {
  const filled = (text: string): string =>
    text.replaceAll('http://$HOST', '$HOST').replaceAll('$HOST', source.urls).replaceAll('$DEST', index)
  for (const [method, path, body] of request.before ?? []) await target.bytes(method, filled(path), filled(JSON.stringify(body)))
  const { body, method, path, type = 'application/json' } = request
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(new URL(asked.urls).origin + filled(path), {
    signal: AbortSignal.timeout(20_000),
    method,
    ...(text === undefined ? {} : { headers: { 'content-type': type }, body: filled(text) }),
  })
  const said = normal(await answer.text(), index)
  await target.send('POST', `/${index}*/_refresh`)
  const found = await target.send('POST', `/${index}*/_search?size=1000&version=true&allow_no_indices=true`, {
    sort: [{ _id: 'asc' }],
  })
  const { hits } = JSON.parse(found.body.toString('utf8')) as { hits?: { hits: readonly Record<string, unknown>[] } }
  const docs = (hits?.hits ?? [])
    .map(({ _index, _id, _routing, _version, _source }) => ({ _index, _id, _routing, _version, _source }))
    .sort((a, b) => (String(a._id) < String(b._id) ? -1 : 1))
  for (const made of new Set(docs.map(({ _index }) => String(_index)))) await target.send('DELETE', `/${made}`)
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: said,
    docs: normal(JSON.stringify(docs), index),
  }
}

/** Without what differs between any two requests: times, names, ids. */
function normal(text: string, index: string): string {
  const same = text
    .replaceAll(new RegExp(`\\b${index}\\b`, 'g'), 'DEST')
    .replaceAll(/"(took|throttled_millis|throttled_until_millis)"\s*:\s*\d+/g, '"$1":0')
    .replace(/^took: \d+$/m, 'took: 0')
    .replaceAll(/"index_uuid":"[\w-]{20,}"/g, '"index_uuid":""')
    .replaceAll(/\[DEST\/[\w-]{20,}\]/g, '[DEST]')
  try {
    return JSON.stringify(inOrder(JSON.parse(same)))
  } catch {
    return same
  }
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, inOrder(inner)]),
  )
}

/** What requests read. */
export async function fillRemote(site: Site): Promise<void> {
  const settings = { number_of_shards: 1, number_of_replicas: 0 }
  for (const index of ['people', 'numbers', 'empty', 'shut', 'stream-1']) await site.json('PUT', `/${index}`, { settings })
  await site.json('PUT', '/spread', { settings: { ...settings, number_of_shards: 3 } })
  const named = [
    { id: '1', source: '{"n":1,"name":"Ada","tags":["a","b"]}' },
    { id: '2', routing: 'r', source: '{"n":2,"name":"Bo \\u00e9","price":1.50}' },
    { id: 'a b/c', source: '{"n":3,"name":"é","inner":{"x":[{"y":null},{"y":2.0}]}}' },
    { id: '4', routing: 'ü', source: '{"n":4,"name":"4","odd":"word"}' },
    { id: '5', source: '{"n":5,"name":"","odd":"7"}' },
    { id: '6', source: '{"n":6,"name":"six"}' },
  ]
  await load(site, 'people', named)
  await load(site, 'people', named.slice(1, 2))
  await load(site, 'people', named.slice(1, 2))
  await load(site, 'numbers', people(40, 100))
  await load(site, 'spread', people(30))
  await load(site, 'stream-1', people(3, 500))
  await site.json('POST', '/shut/_close')
  const actions = [
    { add: { index: 'people', alias: 'everyone' } },
    { add: { index: 'numbers', alias: 'everyone' } },
    { add: { index: 'people', alias: 'evens', filter: { terms: { n: [2, 4, 6] } } } },
  ]
  await site.json('POST', '/_aliases', { actions })
}

/** What requests write through. */
export async function makePipelines(site: Site): Promise<void> {
  const put = (pipeline: string, processor: object): Promise<unknown> =>
    site.json('PUT', `/_ingest/pipeline/${pipeline}`, { processors: [processor] })
  await put('marks', { set: { field: 'marked', value: true } })
  await put('fails', { fail: { message: 'no' } })
  // One node has no place for replicas.
  await site.json('PUT', '/_template/alone', { index_patterns: ['*'], settings: { number_of_replicas: 0 } })
  await put('drops', { drop: { if: 'ctx.n == 2' } })
}
