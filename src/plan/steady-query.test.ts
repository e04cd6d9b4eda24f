import { expect, test } from 'vitest'
import type { JsonObject } from '../model/plan.ts'
import { requireSteady, unsteadyPart } from './steady-query.ts'

const nowMs = Date.parse('2026-05-04T03:02:01.000Z')

test.each<[string, JsonObject, string, string]>([
  ['a range to now', { range: { seen: { lte: 'now' } } }, 'range.seen.lte', '"2026-05-04T03:02:01.000Z"'],
  [
    'a range from a rounded day',
    { range: { seen: { gte: 'now-30d/d' } } },
    'range.seen.gte',
    '"2026-05-04T03:02:01.000Z||-30d/d"',
  ],
  [
    'a range deep inside',
    { bool: { must_not: [{ term: { a: 1 } }, { range: { 'a.b': { from: 'now+1h' } } }] } },
    'bool.must_not.1.range.a.b.from',
    '||+1h',
  ],
  ['a day as a term', { term: { day: { value: 'now/d' } } }, 'term.day.value', '||/d'],
  ['a day among terms', { terms: { day: ['2026-01-01', 'now-1d/d'] } }, 'terms.day.1', '||-1d/d'],
  ['a query string', { query_string: { query: 'seen:[now-1d TO now] AND title:x' } }, 'query_string.query', 'instead of now'],
  ['a query string with an arrow', { query_string: { query: 'seen:>=now-1d/d' } }, 'query_string.query', 'instead of now'],
  [
    'a script that reads the clock',
    { script: { script: { source: "doc['seen'].value.toInstant().toEpochMilli() < new Date().getTime()" } } },
    'script.script.source',
    'parameter',
  ],
  ['terms looked up', { terms: { user: { index: 'users', id: '2', path: 'followers' } } }, 'terms.user', 'into the query'],
  [
    'a shape looked up',
    { geo_shape: { place: { indexed_shape: { index: 'shapes', id: 'a' } } } },
    'geo_shape.place',
    'into the query',
  ],
])('%s is refused, at its place, with what to write instead', (_what, query, place, instead) => {
  expect(unsteadyPart(query, nowMs)).toMatchObject({ place, hint: expect.stringContaining(instead) as string })
  expect(() => requireSteady(query, 'cities', nowMs)).toThrow(expect.objectContaining({ code: 'plan-invalid' }))
})

test.each<[string, JsonObject]>([
  ['a fixed time', { range: { seen: { gte: '2026-05-04T03:02:01.000Z||-30d/d' } } }],
  ['the word itself', { match: { title: 'now' } }],
  ['the word in a sentence', { query_string: { query: 'title:(right now) OR "now or never"' } }],
  ['a word that begins so', { range: { name: { gte: 'nowhere' } } }],
  ['a keyword that looks a little like it', { term: { code: 'now-or-never' } }],
  ['a script with a parameter', { script: { script: { source: "doc['a'].value < params.t", params: { t: 1 } } } }],
  ['a list of terms', { terms: { user: ['index', 'path'] } }],
  ['everything', { match_all: {} }],
])('%s is let through', (_what, query) => {
  expect(unsteadyPart(query, nowMs)).toBeUndefined()
  expect(() => requireSteady(query, 'cities', nowMs)).not.toThrow()
})
