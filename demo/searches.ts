/** Questions an application asks: where both clusters give the same answer, the copy also means the same. */
import { isDeepStrictEqual } from 'node:util'
import type { Client } from './client.ts'

interface Search {
  readonly title: string
  readonly path: string
  readonly body: object
}

export interface Answer {
  readonly title: string
  readonly source: number
  readonly target: number
  /** Totals, and sums where they were asked for. */
  readonly same: boolean
}

const searches: readonly Search[] = [
  {
    title: 'cities within 100 km of Paris (geo_distance)',
    path: 'cities',
    body: { query: { geo_distance: { distance: '100km', location: { lat: 48.85341, lon: 2.3488 } } } },
  },
  {
    title: '"sao jose", with and without accents (analyzer)',
    path: 'places',
    body: { query: { match: { name: { query: 'sao jose', operator: 'and' } } } },
  },
  { title: 'the filtered alias capitals', path: 'capitals', body: { aggs: { sum: { sum: { field: 'population' } } } } },
  {
    title: 'inhabitants of every country (aggregation)',
    path: 'cities',
    body: { aggs: { countries: { terms: { field: 'country', size: 300 }, aggs: { sum: { sum: { field: 'population' } } } } } },
  },
  {
    title: 'households with a child born since 2015 (has_child)',
    path: 'people',
    body: { query: { has_child: { type: 'member', query: { range: { born: { gte: 2015 } } } } } },
  },
  { title: 'the filtered and routed alias one-household', path: 'one-household', body: {} },
]

export async function askBoth(source: Client, target: Client): Promise<Answer[]> {
  return Promise.all(
    searches.map(async ({ title, path, body }) => {
      const [here, there] = await Promise.all([ask(source, path, body), ask(target, path, body)])
      return { title, source: here.total, target: there.total, same: isDeepStrictEqual(here, there) }
    }),
  )
}

async function ask(client: Client, path: string, body: object): Promise<{ total: number; aggregations: unknown }> {
  const answer = await client.json<{ hits: { total: { value: number } }; aggregations?: unknown }>('POST', `/${path}/_search`, {
    size: 0,
    track_total_hits: true,
    ...body,
  })
  return { total: answer.hits.total.value, aggregations: answer.aggregations }
}
