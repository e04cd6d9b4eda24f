import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../model/plan.ts'
import { targetMappings } from './mappings.ts'
import { elasticsearch, opensearch } from './table-cluster.test-part.ts'

const es710 = elasticsearch('7.10.2')
const es8 = elasticsearch('8.19.0')
const os219 = opensearch('2.19.4')

function field(definition: JsonObject): JsonObject {
  return { properties: { a: definition } }
}

describe('targetMappings', () => {
  test('what both servers know stays as it is', () => {
    const mappings = {
      _meta: { owner: 'us' },
      _routing: { required: true },
      dynamic: 'strict',
      dynamic_templates: [{ words: { match_mapping_type: 'string', mapping: { type: 'keyword' } } }],
      properties: {
        name: { type: 'text', fields: { raw: { type: 'keyword', ignore_above: 256 } } },
        address: { properties: { city: { type: 'keyword' } } },
        properties: { type: 'nested', properties: { fields: { type: 'long' } } },
      },
    }
    expect(targetMappings(mappings, es710, os219)).toEqual({ mappings, changes: [], refusals: [], settings: {} })
  })

  test('flattened becomes flat_object at any depth and back again', () => {
    const there = targetMappings(
      { properties: { o: { properties: { tags: { type: 'flattened', depth_limit: 5 } } } } },
      es710,
      os219,
    )
    expect(there.mappings).toEqual({ properties: { o: { properties: { tags: { type: 'flat_object' } } } } })
    expect(there.changes).toMatchObject([{ kind: 'converted', what: 'mappings.properties.o.properties.tags' }])
    expect(targetMappings(there.mappings, os219, es8).mappings).toEqual({
      properties: { o: { properties: { tags: { type: 'flattened' } } } },
    })
  })

  test('a type the target does not know is refused by field, type and the version needed', () => {
    expect(targetMappings(field({ type: 'sparse_vector' }), opensearch('3.4.0'), os219).refusals).toEqual([
      'a is of type sparse_vector, which OpenSearch 2.19.4 does not know: it needs OpenSearch 3.3',
    ])
    expect(
      targetMappings(field({ type: 'text', fields: { w: { type: 'histogram' } } }), es8, elasticsearch('7.0.0')).refusals,
    ).toEqual(['a.w is of type histogram, which Elasticsearch 7.0.0 does not know: it needs Elasticsearch 7.6'])
    expect(targetMappings(field({ type: 'knn_vector' }), os219, es8).refusals).toHaveLength(1)
    expect(targetMappings(field({ type: 'flattened' }), es710, opensearch('2.6.0')).refusals).toHaveLength(1)
    expect(targetMappings(field({ type: 'of_some_plugin' }), es710, os219).refusals).toEqual([])
  })

  test('a type in a dynamic template counts', () => {
    const mappings = { dynamic_templates: [{ h: { match: '*', mapping: { type: 'histogram' } } }] }
    expect(targetMappings(mappings, es8, os219).refusals).toEqual([
      'dynamic template h is of type histogram, which OpenSearch 2.19.4 does not know: OpenSearch has no such type',
    ])
  })

  test('an index without _source is refused, a pruned one is said to be', () => {
    expect(targetMappings({ _source: { enabled: false } }, es710, os219).refusals).toHaveLength(1)
    const pruned = targetMappings({ _source: { excludes: ['secret'] } }, es710, os219)
    expect(pruned.mappings).toEqual({ _source: { excludes: ['secret'] } })
    expect(pruned.changes).toMatchObject([{ what: 'mappings._source.excludes' }])
    expect(targetMappings({ _source: { mode: 'synthetic' } }, es8, os219).mappings).toEqual({})
  })

  test('parameters are dropped only where the target refuses them', () => {
    const old = {
      _all: { enabled: false },
      _field_names: { enabled: false },
      properties: { a: { type: 'text', boost: 2, include_in_all: false } },
    }
    expect(targetMappings(old, elasticsearch('5.6.16'), os219).mappings).toEqual({
      _field_names: { enabled: false },
      properties: { a: { type: 'text', boost: 2 } },
    })
    expect(targetMappings(old, elasticsearch('5.6.16'), es8).mappings).toEqual({ properties: { a: { type: 'text' } } })
  })

  test('a field may be called like a parameter', () => {
    const mappings = { properties: { runtime: { type: 'long' }, boost: { type: 'float' }, script: { type: 'text' } } }
    expect(targetMappings(mappings, es8, os219).mappings).toEqual(mappings)
  })

  test('runtime fields and modes of only one family', () => {
    const { mappings, changes } = targetMappings({ dynamic: 'runtime', runtime: { x: { type: 'long' } } }, es8, os219)
    expect(mappings).toEqual({ dynamic: 'false' })
    expect(changes).toHaveLength(2)
    expect(targetMappings({ dynamic: 'strict_allow_templates' }, os219, es8).mappings).toEqual({ dynamic: 'strict' })
  })

  test('names with dots become objects where the target makes them, and a name that holds others is refused', () => {
    const keyword = { type: 'keyword' }
    const { mappings, changes } = targetMappings({ subobjects: false, properties: { 'a.b': keyword } }, es8, os219)
    expect(mappings).toEqual({ properties: { 'a.b': keyword } })
    expect(changes).toMatchObject([{ kind: 'dropped', what: 'mappings.subobjects' }])
    const within = { properties: { m: { subobjects: false, properties: { 'a.b': keyword, 'a.b.c': keyword } } } }
    expect(targetMappings(within, es8, os219).refusals).toEqual([expect.stringMatching(/^m\.a\.b has a value/)])
    expect(targetMappings(within, es8, elasticsearch('9.5.3'))).toMatchObject({ mappings: within, refusals: [] })
  })

  test('Joda-Time patterns become java.time ones', () => {
    const format = (text: string, from: typeof es8): unknown => {
      const { properties } = targetMappings(field({ type: 'date', format: text }), from, os219).mappings
      return properties
    }
    expect(format("YYYY-MM-dd'Y'||epoch_millis", elasticsearch('6.8.0'))).toEqual({
      a: { type: 'date', format: "yyyy-MM-dd'Y'||epoch_millis" },
    })
    expect(format("YYYY'T'HHZ||xxxx-ww", elasticsearch('6.8.0'))).toEqual({
      a: { type: 'date', format: "yyyy'T'HHZ||yyyy'T'HHXXX||YYYY-ww" },
    })
    expect(format('yyyyZZ||yyyy ZZZ', elasticsearch('6.8.0'))).toEqual({ a: { type: 'date', format: 'yyyyXXX||yyyyZ||yyyy VV' } })
    expect(format('dateOptionalTime||yyyyMMdd', es710)).toEqual({ a: { type: 'date', format: 'date_optional_time||yyyyMMdd' } })
    expect(format('YYYY', es710)).toEqual({ a: { type: 'date', format: 'YYYY' } })
    const detected = { dynamic_date_formats: ['YYYY/MM', 'strictDateOptionalTime', 'yyyy'] }
    expect(targetMappings(detected, elasticsearch('6.8.0'), os219)).toMatchObject({
      mappings: { dynamic_date_formats: ['yyyy/MM', 'strict_date_optional_time', 'yyyy'] },
      changes: [{ what: 'mappings.dynamic_date_formats' }, { what: 'mappings.dynamic_date_formats' }],
    })
  })

  test('constant_keyword without a value becomes keyword, which OpenSearch takes', () => {
    expect(targetMappings(field({ type: 'constant_keyword' }), es8, os219).mappings).toEqual(field({ type: 'keyword' }))
    expect(targetMappings(field({ type: 'constant_keyword', value: 'x' }), es8, os219).mappings).toEqual(
      field({ type: 'constant_keyword', value: 'x' }),
    )
  })

  test('string of the oldest indices becomes text or keyword', () => {
    const es5 = elasticsearch('5.6.16')
    expect(targetMappings(field({ type: 'string', index: 'not_analyzed' }), es5, es8).mappings).toEqual(
      field({ type: 'keyword' }),
    )
    expect(targetMappings(field({ type: 'string', index: 'no' }), es5, es8).mappings).toEqual(
      field({ type: 'text', index: false }),
    )
  })
})
