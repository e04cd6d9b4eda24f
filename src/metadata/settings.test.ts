import { describe, expect, test } from 'vitest'
import { targetSettings } from './settings.ts'
import { elasticsearch, opensearch } from './table-cluster.test-part.ts'

const es710 = elasticsearch('7.10.2')
const os219 = opensearch('2.19.4')

const fromServer = {
  index: {
    number_of_shards: '3',
    number_of_replicas: '1',
    refresh_interval: '30s',
    codec: 'best_compression',
    sort: { field: 'when', order: 'desc' },
    mapping: { total_fields: { limit: '2000' } },
    similarity: { mine: { type: 'BM25', b: '0.3' } },
    analysis: { analyzer: { plain: { type: 'custom', tokenizer: 'standard', filter: ['lowercase'] } } },
    uuid: 'VZbfYrU2TJKA3bg5rDCu-Q',
    provided_name: '<cities-{now/d}>',
    creation_date: '1795500172802',
    version: { created: '7100299', upgraded: '7100299' },
    blocks: { write: 'true' },
    lifecycle: { name: 'hot-warm', rollover_alias: 'cities' },
    routing: { allocation: { include: { _tier_preference: 'data_content' }, total_shards_per_node: '2' } },
  },
}

describe('targetSettings', () => {
  test('keeps everything that defines the index, strips what belongs to the source alone, and tells of what somebody chose', () => {
    const { settings, changes } = targetSettings(fromServer, es710, os219)
    expect(settings).toEqual({
      index: {
        number_of_shards: '3',
        number_of_replicas: '1',
        refresh_interval: '30s',
        codec: 'best_compression',
        sort: { field: 'when', order: 'desc' },
        mapping: { total_fields: { limit: '2000' } },
        similarity: { mine: { type: 'BM25', b: '0.3' } },
        analysis: { analyzer: { plain: { type: 'custom', tokenizer: 'standard', filter: ['lowercase'] } } },
        routing: { allocation: { total_shards_per_node: '2' } },
      },
    })
    expect(changes.map(change => change.what)).toEqual([
      'settings.index.blocks.write',
      'settings.index.lifecycle.name',
      'settings.index.lifecycle.rollover_alias',
      'settings.index.*',
    ])
    expect(changes.every(change => change.kind === 'stripped' && change.why !== '')).toBe(true)
  })

  test('a lifecycle policy never starts on a half-copied index, the rest of lifecycle stays between Elasticsearch clusters', () => {
    const { settings } = targetSettings(
      { index: { lifecycle: { name: 'p', rollover_alias: 'a' } } },
      es710,
      elasticsearch('8.19.0'),
    )
    expect(settings).toEqual({ index: { lifecycle: { rollover_alias: 'a' } } })
  })

  test('what only OpenSearch has is not sent to Elasticsearch', () => {
    const source = {
      index: { knn: 'true', plugins: { index_state_management: { rollover_alias: 'a' } }, replication: { type: 'SEGMENT' } },
    }
    expect(targetSettings(source, os219, es710).settings).toEqual({})
  })

  test('a codec the target lacks becomes one it has', () => {
    const codec = (name: string, from: typeof es710, to: typeof es710): unknown =>
      targetSettings({ index: { codec: name } }, from, to).settings
    expect(codec('zstd', os219, es710)).toEqual({ index: { codec: 'default' } })
    expect(codec('zlib', os219, es710)).toEqual({ index: { codec: 'best_compression' } })
    expect(codec('zstd', os219, opensearch('3.2.0'))).toEqual({ index: { codec: 'zstd' } })
  })

  test('soft_deletes.enabled=false and translog.retention go only where the target refuses them', () => {
    const old = { index: { soft_deletes: { enabled: 'false' }, translog: { retention: { age: '12h' } } } }
    expect(targetSettings(old, es710, elasticsearch('7.17.0')).settings).toEqual(old)
    expect(targetSettings(old, es710, elasticsearch('8.0.0')).settings).toEqual({})
    expect(targetSettings(old, es710, os219).settings).toEqual({ index: { translog: { retention: { age: '12h' } } } })
  })

  test('a pipeline the target does not have is dropped and said', () => {
    const source = { index: { default_pipeline: 'geo', final_pipeline: 'stamp' } }
    const { settings, changes } = targetSettings(source, es710, os219, ['stamp'])
    expect(settings).toEqual({ index: { final_pipeline: 'stamp' } })
    expect(changes).toMatchObject([{ kind: 'dropped', what: 'settings.index.default_pipeline' }])
    expect(targetSettings(source, es710, os219).settings).toEqual(source)
  })

  test('analysis of an old index speaks the words of today', () => {
    const source = {
      index: {
        analysis: {
          filter: {
            grams: { type: 'nGram', min_gram: '2', max_gram: '6' },
            standard2: { type: 'shingle', max_shingle_size: '9' },
          },
          tokenizer: { edge: { type: 'edgeNGram' } },
          analyzer: {
            a: { type: 'custom', tokenizer: 'PathHierarchy', filter: ['standard', 'grams'], char_filter: ['htmlStrip'] },
          },
        },
      },
    }
    const { settings } = targetSettings(source, elasticsearch('6.8.9'), os219)
    expect(settings).toEqual({
      index: {
        analysis: {
          filter: {
            grams: { type: 'ngram', min_gram: '2', max_gram: '6' },
            standard2: { type: 'shingle', max_shingle_size: '9' },
          },
          tokenizer: { edge: { type: 'edge_ngram' } },
          analyzer: { a: { type: 'custom', tokenizer: 'path_hierarchy', filter: ['grams'], char_filter: ['html_strip'] } },
        },
        max_ngram_diff: 4,
        max_shingle_diff: 7,
      },
    })
  })

  test('settings written with dots or without index in front are understood too', () => {
    expect(targetSettings({ 'index.uuid': 'x', number_of_shards: 2 }, es710, os219).settings).toEqual({ number_of_shards: 2 })
  })
})
