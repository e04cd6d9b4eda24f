import { isDeepStrictEqual } from 'node:util'
import { items, members, parsed } from './raw-json.ts'
import type { Sites } from './pair.ts'
import type { Site } from './site.ts'

export interface Comparison {
  /** Documents on the source. */
  readonly documents: number
  /** A sentence for each. */
  readonly differences: readonly string[]
}

export interface CompareOptions {
  /** The name on the target; the same where it is not given. */
  readonly target?: string
  /** Documents that must stand on the target in another form than on the source, by id. */
  readonly instead?: ReadonlyMap<string, string>
  /** Only these documents of the source must be there. */
  readonly query?: object
  /** Ids that are looked at on neither side. */
  readonly without?: readonly string[]
  /** Compare what the JSON says, not how it is written: for documents that a server has parsed and written anew. */
  readonly values?: boolean
}

/** Every document of both indices: id, routing, and the bytes of `_source`. */
export async function compare({ source, target }: Sites, index: string, options: CompareOptions = {}): Promise<Comparison> {
  const others = { bool: { must_not: { ids: { values: options.without ?? [] } } } }
  const wanted = { bool: { filter: [options.query ?? { match_all: {} }, others] } }
  const [here, there] = await Promise.all([byPlace(source, index, wanted), byPlace(target, options.target ?? index, others)])
  const differences: string[] = []
  for (const [place, { id, source: bytes }] of here) {
    const instead = options.instead?.get(id)
    const text = instead === undefined ? bytes : Buffer.from(instead, 'utf8').toString('latin1')
    const copy = there.get(place)?.source
    if (copy === undefined) differences.push(`${place} is missing on the target`)
    else if (copy !== text && !(options.values && isDeepStrictEqual(valueOf(copy), valueOf(text))))
      differences.push(`${place} became ${copy.slice(0, 300)} instead of ${text.slice(0, 300)}`)
  }
  for (const place of there.keys()) if (!here.has(place)) differences.push(`${place} is on the target only`)
  return { documents: here.size, differences }
}

/** A document as it was read. */
export interface Found {
  readonly id: string
  readonly routing: string | undefined
  /** The bytes of `_source`, a Latin-1 character each. */
  readonly source: string
}

/** What a document's bytes say. */
export function valueOf(latin1: string): unknown {
  return JSON.parse(Buffer.from(latin1, 'latin1').toString('utf8')) as unknown
}

export function placeOf({ id, routing }: Pick<Found, 'id' | 'routing'>): string {
  return `${JSON.stringify(id)}${routing === undefined ? '' : ` routed by ${JSON.stringify(routing)}`}`
}

/** By id and routing: an id is unique within its shard only. */
export async function byPlace(site: Site, index: string, query: object): Promise<Map<string, Found>> {
  const all = await readAll(site, index, query)
  const found = new Map(all.map(one => [placeOf(one), one]))
  if (found.size !== all.length) throw new Error(`${site.name} has some documents of ${index} twice.`)
  return found
}

/** Every document that matches, as a refreshed index shows them. */
export async function readAll(site: Site, index: string, query: object): Promise<Found[]> {
  const found: Found[] = []
  await site.json('POST', `/${encodeURIComponent(index)}/_refresh`)
  const first = { query, size: 1000, sort: ['_doc'], track_total_hits: true }
  let page = await pageOf(site, `/${encodeURIComponent(index)}/_search?scroll=5m`, first)
  const { total } = page
  while (page.hits.length > 0) {
    for (const hit of page.hits) {
      const routing = hit.get('_routing')
      found.push({
        id: parsed(hit.get('_id') ?? '') as string,
        routing: routing === undefined ? undefined : (parsed(routing) as string),
        source: hit.get('_source') ?? '',
      })
    }
    page = await pageOf(site, '/_search/scroll', { scroll: '5m', scroll_id: page.scrollId })
  }
  await site.send('DELETE', '/_search/scroll', { scroll_id: [page.scrollId] })
  if (found.length !== total) throw new Error(`${site.name} promised ${total} documents of ${index} and gave ${found.length}.`)
  return found
}

async function pageOf(
  site: Site,
  path: string,
  body: object,
): Promise<{ total: number; scrollId: string; hits: Map<string, string>[] }> {
  const answer = members((await site.bytes('POST', path, body)).toString('latin1'))
  const shards = parsed(answer.get('_shards') ?? '') as { failed: number }
  if (shards.failed > 0 || answer.get('timed_out') !== 'false') throw new Error(`${site.name} answered ${path} in part.`)
  const hits = members(answer.get('hits') ?? '')
  const { value } = parsed(hits.get('total') ?? '') as { value: number }
  return {
    total: value,
    scrollId: parsed(answer.get('_scroll_id') ?? '') as string,
    hits: items(hits.get('hits') ?? '').map(members),
  }
}

export interface Definition {
  readonly aliases: Readonly<Record<string, object>>
  readonly mappings: object
  /** Flat, all values as text. */
  readonly settings: Readonly<Record<string, string | readonly string[]>>
}

export async function definitionOf(site: Site, index: string): Promise<Definition> {
  const answer = await site.json<Record<string, Definition>>('GET', `/${encodeURIComponent(index)}?flat_settings=true`)
  const definition = answer[index]
  if (definition === undefined) throw new Error(`${site.name} has no index ${index}.`)
  return definition
}

/** Settings that a server gives an index of its own accord. */
const own =
  /^index\.(uuid|creation_date|provided_name|version\.|replication\.type|routing\.allocation\.include\._tier_preference)/

/** The settings of an index that somebody has chosen. */
export function chosenSettings({ settings }: Definition): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !own.test(name)))
}

/** Metadata and counts of every index, and what they are made with; equal as long as nobody changes a cluster. */
export async function everythingOn(site: Site): Promise<unknown> {
  const state = ['indices', 'templates', '*template*', 'index-graveyard'].map(part => `metadata.${part}`).join(',')
  return [
    await site.json('GET', `/_cluster/state/metadata?filter_path=${state}`),
    await site.json('GET', '/_cat/indices?format=json&h=index,uuid,docs.count,docs.deleted&s=index'),
  ]
}
