/** Compares two clusters by the plainest means there are: scrolls over everything, and text that is equal or is not. */
import { isDeepStrictEqual } from 'node:util'
import type { Client } from './client.ts'
import { rawItems, rawMembers } from './raw-json.ts'
import { DemoError } from './stage.ts'

export interface Comparison {
  /** Documents on the source. */
  readonly documents: number
  /** One sentence for each, in the order they were found. */
  readonly differences: readonly string[]
}

/** Every document of the index: id, routing, and `_source` byte for byte. */
export async function compareDocuments(source: Client, target: Client, index: string): Promise<Comparison> {
  const [here, there] = await Promise.all([readAll(source, index), readAll(target, index)])
  const differences: string[] = []
  for (const [place, text] of here) {
    const copy = there.get(place)
    if (copy === undefined) differences.push(`${index}: ${place} is missing on the target`)
    else if (copy !== text) differences.push(`${index}: ${place} differs: ${firstDifference(text, copy)}`)
  }
  for (const place of there.keys()) if (!here.has(place)) differences.push(`${index}: ${place} is on the target only`)
  return { documents: here.size, differences }
}

/** The raw `_source` of every document, by id and routing: an id is unique within its shard only. */
async function readAll(client: Client, index: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  await client.text('POST', `/${index}/_refresh`)
  const first = { size: 5000, sort: ['_doc'], track_total_hits: true }
  let answer = rawMembers(await client.text('POST', `/${index}/_search?scroll=1m`, first))
  const { value: total } = JSON.parse(hitsOf(answer).get('total') ?? '{}') as { value?: number }
  for (;;) {
    const shards = JSON.parse(answer.get('_shards') ?? '{}') as { failed?: number }
    if (shards.failed !== 0 || answer.get('timed_out') !== 'false') throw new DemoError(`A search of the ${client.label} failed.`)
    const hits = rawItems(hitsOf(answer).get('hits') ?? '[]')
    const scroll = { scroll: '1m', scroll_id: JSON.parse(answer.get('_scroll_id') ?? '""') as string }
    if (hits.length === 0) {
      await client.text('DELETE', '/_search/scroll', { scroll_id: scroll.scroll_id })
      break
    }
    for (const hit of hits) {
      const members = rawMembers(hit)
      const routing = members.get('_routing')
      found.set(`${members.get('_id')}${routing === undefined ? '' : ` (routing ${routing})`}`, members.get('_source') ?? '')
    }
    answer = rawMembers(await client.text('POST', '/_search/scroll', scroll))
  }
  if (found.size !== total)
    throw new DemoError(`The ${client.label} promised ${total} documents of ${index} and gave ${found.size}.`)
  return found
}

function hitsOf(answer: Map<string, string>): Map<string, string> {
  return rawMembers(answer.get('hits') ?? '{}')
}

function firstDifference(text: string, copy: string): string {
  let at = 0
  while (text[at] === copy[at]) at++
  const part = (whole: string): string => whole.slice(Math.max(0, at - 25), at + 25)
  return `…${part(text)}… became …${part(copy)}…`
}

/** What a cluster says about itself, not about the index, and what only one of the products knows. */
const ownSettings = /^index\.(uuid|creation_date|provided_name|version\.|routing\.allocation\.include\._tier_preference)/

interface Definition {
  readonly mappings: unknown
  readonly aliases: Readonly<Record<string, unknown>>
  readonly settings: Readonly<Record<string, unknown>>
}

/** Mappings and aliases must be equal; every setting of the source must stand on the target. */
export async function compareDefinitions(source: Client, target: Client, index: string): Promise<string[]> {
  const [here, there] = await Promise.all([definitionOf(source, index), definitionOf(target, index)])
  const settings = Object.keys(here.settings).filter(name => !ownSettings.test(name))
  const aliases = new Set([...Object.keys(here.aliases), ...Object.keys(there.aliases)])
  return [
    ...different('the mapping', here.mappings, there.mappings),
    ...[...aliases].flatMap(name => different(`the alias ${name}`, here.aliases[name], there.aliases[name])),
    ...settings.flatMap(name => different(`the setting ${name}`, here.settings[name], there.settings[name])),
  ].map(difference => `${index}: ${difference}`)
}

async function definitionOf(client: Client, index: string): Promise<Definition> {
  const answer = await client.json<Record<string, Definition>>('GET', `/${index}?flat_settings=true`)
  const definition = answer[index]
  if (definition === undefined) throw new DemoError(`The ${client.label} has no index ${index}.`)
  return definition
}

function different(what: string, here: unknown, there: unknown): string[] {
  return isDeepStrictEqual(here, there) ? [] : [`${what} differs: ${JSON.stringify(here)} became ${JSON.stringify(there)}`]
}
