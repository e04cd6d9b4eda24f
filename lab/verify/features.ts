import type { Feature } from '../recipes/features.ts'
import { basic } from '../http.ts'
import { expect, totalOf, type Subject } from './subject.ts'

/** Uses the feature and looks at the outcome. @throws Error, in the server's words where it has any, when that is not had */
type Check = (subject: Subject) => Promise<void>

interface Hits {
  hits: { total: number | { value: number }; hits: { _source: Record<string, unknown>; _seq_no?: number; sort?: unknown[] }[] }
}

export const featureChecks: Record<Feature, Check> = {
  security: subject => (subject.product === 'elasticsearch' ? xPackSecurity(subject) : openSearchSecurity(subject)),
  async 'API keys'({ json, status }) {
    const { id, api_key: key } = await json<{ id: string; api_key: string }>('POST', '/_security/api_key', { name: 'lab' })
    const answer = await status({ path: '/', authorization: `ApiKey ${Buffer.from(`${id}:${key}`).toString('base64')}` })
    expect(answer === 200, `the key got ${answer}`)
  },
  async 'licence API'({ json, major }) {
    await json('GET', major < 7 ? '/_xpack/license' : '/_license')
  },
  async 'index lifecycle'({ json, product }) {
    await json('GET', product === 'elasticsearch' ? '/_ilm/policy' : '/_plugins/_ism/policies')
  },
  async 'data streams'({ json, status }) {
    await status({ method: 'DELETE', path: '/_data_stream/streamed-1' })
    const template = {
      index_patterns: ['streamed-*'],
      priority: 500,
      data_stream: {},
      template: { settings: { number_of_replicas: 0 } },
    }
    await json('PUT', '/_index_template/streamed', template)
    await json('PUT', '/_data_stream/streamed-1')
    await json('POST', '/streamed-1/_bulk?refresh=true', '{"create":{}}\n{"@timestamp":"2026-01-01T00:00:00Z","n":1}\n')
    await json('POST', '/streamed-1/_rollover')
    const { data_streams: streams } = await json<{ data_streams: { indices: unknown[] }[] }>('GET', '/_data_stream/streamed-1')
    expect(streams[0]?.indices.length === 2, 'the rollover made no second backing index')
  },
  async 'composable templates'({ json }) {
    await json('PUT', '/_index_template/composed', {
      index_patterns: ['composed-*'],
      template: { settings: { number_of_shards: 2 } },
    })
  },
  async 'point in time'({ json, product }) {
    const opening = product === 'elasticsearch' ? '_pit' : '_search/point_in_time'
    const opened = await json<{ id?: string; pit_id?: string }>('POST', `/basics/${opening}?keep_alive=1m`)
    const page = { size: 300, pit: { id: opened.id ?? opened.pit_id, keep_alive: '1m' }, sort: [{ n: 'asc' }] }
    const { hits } = await json<Hits>('POST', '/_search', page)
    const next = await json<Hits>('POST', '/_search', { ...page, search_after: hits.hits.at(-1)?.sort })
    expect(next.hits.hits[0]?._source['n'] === 300, 'the second page does not follow the first')
  },
  async 'sequence numbers in hits'({ json }) {
    const body = { size: 1, seq_no_primary_term: true, query: { range: { _seq_no: { gte: 100 } } }, sort: [{ _seq_no: 'asc' }] }
    const { hits } = await json<Hits>('POST', '/basics/_search', body)
    expect(hits.hits[0]?._seq_no === 100, 'the hit has no number, or another one')
  },
  async reindex({ json, status }) {
    await status({ method: 'DELETE', path: '/reindexed' })
    const body = { source: { index: 'basics' }, dest: { index: 'reindexed' } }
    const { created } = await json<{ created: number }>('POST', '/_reindex?refresh=true', body)
    expect(created === 1000, `it created ${created}`)
  },
  async 'reindex from remote'({ cluster, json, status }) {
    await status({ method: 'DELETE', path: '/from-remote' })
    const remote = { host: cluster.urls[0], ...cluster.admin }
    const body = { source: { index: 'basics', remote }, dest: { index: 'from-remote' } }
    const { created } = await json<{ created: number }>('POST', '/_reindex?refresh=true', body)
    expect(created === 1000, `it created ${created}`)
  },
  async 'update and delete by query'({ fill, json }) {
    await fill('by-query', { n: { type: 'integer' } }, [{ n: 1 }, { n: 2 }])
    const { updated } = await json<{ updated: number }>('POST', '/by-query/_update_by_query?refresh=true')
    const query = { range: { n: { gte: 2 } } }
    const { deleted } = await json<{ deleted: number }>('POST', '/by-query/_delete_by_query?refresh=true', { query })
    expect(updated === 2 && deleted === 1, `${updated} updated, ${deleted} deleted`)
  },
  async Painless({ json }) {
    const twice = { script: { lang: 'painless', source: "doc['n'].value * 2" } }
    const { hits } = await json<{ hits: { hits: { fields: { twice: number[] } }[] } }>('POST', '/basics/_search', {
      size: 1,
      sort: [{ n: 'desc' }],
      script_fields: { twice },
    })
    expect(hits.hits[0]?.fields.twice[0] === 1998, 'the script gave another number')
  },
  async 'ingest processors'({ json, fill, docType }) {
    await json('PUT', '/_ingest/pipeline/stamped', { processors: [{ set: { field: 'by', value: 'pipeline' } }] })
    await fill('ingested', { by: { type: 'keyword' } }, [])
    await json('PUT', `/ingested/${docType}/piped?pipeline=stamped&refresh=true`, {})
    const { hits } = await json<Hits>('POST', '/ingested/_search', { query: { term: { by: 'pipeline' } } })
    expect(totalOf({ hits }) === 1, 'the pipeline did not work')
  },
  async 'search templates'({ json }) {
    const body = { source: { query: { term: { n: '{{wanted}}' } } }, params: { wanted: 7 } }
    const answer = await json<Hits>('POST', '/basics/_search/template', body)
    expect(totalOf(answer) === 1, `it found ${totalOf(answer)}`)
  },
  async 'language analyzers'({ fill, json }) {
    await fill('english', { text: { type: 'text', analyzer: 'english' } }, [{ text: 'running foxes' }])
    const answer = await json<Hits>('POST', '/english/_search', { query: { match: { text: 'fox' } } })
    expect(totalOf(answer) === 1, 'the word was not stemmed')
  },
  async scaled_float({ fill }) {
    await fill('scaled', { price: { type: 'scaled_float', scaling_factor: 100 } }, [{ price: 1.25 }])
  },
  async 'join fields'({ fill }) {
    await fill('joined', { relation: { type: 'join', relations: { question: 'answer' } } }, [{ relation: 'question' }])
  },
  async percolator({ fill, json, major, product }) {
    const fields = { query: { type: 'percolator' }, word: { type: 'keyword' } }
    await fill('percolated', fields, [{ query: { term: { word: 'fox' } } }])
    const type = product === 'elasticsearch' && major < 6 ? { document_type: 'doc' } : {}
    const query = { percolate: { field: 'query', document: { word: 'fox' }, ...type } }
    const answer = await json<Hits>('POST', '/percolated/_search', { query })
    expect(totalOf(answer) === 1, 'the query did not match')
  },
  async 'wildcard fields'({ fill }) {
    await fill('wild', { path: { type: 'wildcard' } }, [{ path: '/a/b' }])
  },
  async 'flat objects'({ fill, product }) {
    await fill('flat', { labels: { type: product === 'elasticsearch' ? 'flattened' : 'flat_object' } }, [
      { labels: { a: { b: '1' } } },
    ])
  },
  async vectors({ fill, product }) {
    const field = product === 'elasticsearch' ? { type: 'dense_vector', dims: 3 } : { type: 'knn_vector', dimension: 3 }
    await fill('vectors', { vector: field }, [{ vector: [1, 2, 3] }])
  },
  async 'best compression'({ fill, json }) {
    await fill('compressed', { n: { type: 'integer' } }, [{ n: 1 }, { n: 2 }], { codec: 'best_compression' })
    const answer = await json<Hits>('GET', '/compressed/_search')
    expect(answer.hits.hits[1]?._source['n'] === 2, 'the documents were not read back')
  },
  async 'synthetic source'({ fill, json, product }) {
    const setting = product === 'elasticsearch' ? { 'mapping.source.mode': 'synthetic' } : { 'derived_source.enabled': true }
    await fill('synthetic', { words: { type: 'keyword' } }, [{ words: ['z', 'b'] }], setting)
    const answer = await json<Hits>('GET', '/synthetic/_search')
    const words = JSON.stringify(answer.hits.hits[0]?._source['words'])
    expect(words === '["b","z"]', `the words came back as ${words}`)
  },
  async logsdb({ fill, json }) {
    const fields = { '@timestamp': { type: 'date' }, 'host.name': { type: 'keyword' } }
    await fill('logs', fields, [{ '@timestamp': '2026-01-01T00:00:00Z', 'host.name': 'a' }], { mode: 'logsdb' })
    expect(totalOf(await json<Hits>('GET', '/logs/_search')) === 1, 'the document is not there')
  },
  async snapshots({ cluster, json, status }) {
    await json('PUT', '/_snapshot/own', { type: 'fs', settings: { location: cluster.repos[0] } })
    await json('PUT', '/_snapshot/own/first?wait_for_completion=true', { indices: 'basics', include_global_state: false })
    await status({ method: 'DELETE', path: '/restored-basics' })
    const renamed = { rename_pattern: '(.+)', rename_replacement: 'restored-$1', include_aliases: false }
    await json('POST', '/_snapshot/own/first/_restore?wait_for_completion=true', { indices: 'basics', ...renamed })
    const { count } = await json<{ count: number }>('GET', '/restored-basics/_count')
    expect(count === 1000, `it restored ${count} documents`)
  },
}

const reader = { username: 'reader', password: 'Lonely-harbour-1' }

async function xPackSecurity(subject: Subject): Promise<void> {
  const indices = [{ names: ['basics'], privileges: ['read', 'view_index_metadata'] }]
  await subject.json('PUT', '/_security/role/reader', { cluster: ['monitor'], indices })
  await subject.json('PUT', '/_security/user/reader', { password: reader.password, roles: ['reader'] })
  await readsItsOwn(subject)
}

async function openSearchSecurity(subject: Subject): Promise<void> {
  const api = '/_plugins/_security/api'
  await subject.json('PUT', `${api}/roles/reader`, {
    cluster_permissions: ['cluster_monitor'],
    index_permissions: [{ index_patterns: ['basics'], allowed_actions: ['read'] }],
  })
  await subject.json('PUT', `${api}/internalusers/reader`, { password: reader.password })
  await subject.json('PUT', `${api}/rolesmapping/reader`, { users: ['reader'] })
  await readsItsOwn(subject)
}

async function readsItsOwn({ status }: Subject): Promise<void> {
  const authorization = basic(reader.username, reader.password)
  const own = await status({ path: '/basics/_count', authorization })
  const other = await status({ path: '/refreshed/_count', authorization })
  expect(own === 200 && other === 403, `the reader got ${own} for its own index and ${other} for another`)
}
