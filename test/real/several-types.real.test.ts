/** An index of Elasticsearch 5 with several mapping types, moved type by type as the plan's refusal says. */
import { expect, test } from 'vitest'
import { startServer } from '../matrix/server.ts'
import { ferryOf } from '../support/shardferry.ts'

test('each type goes to an index of its own, with its mappings and its documents, though an id stands in both', async () => {
  await using source = await startServer('test-types', 'elasticsearch-5.6.16', 'source')
  await using target = await startServer('test-types', 'opensearch-2.19.4', 'target')
  await source.site.json('PUT', '/waters', {
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: { lake: { properties: { depth: { type: 'long' } } }, river: { properties: { length: { type: 'long' } } } },
  })
  for (const [type, source_] of [
    ['lake', '{"depth":1.0}'],
    ['river', '{"length":2}'],
  ] as const)
    await source.site.bytes('PUT', `/waters/${type}/1?refresh=true`, source_)

  const ferry = ferryOf({ source: source.site, target: target.site })
  const whole = await ferry.run(['copy', '--name', 'whole', '--index', 'waters'])
  expect(whole).toMatchObject({ code: 6 })
  expect(whole.stderr.replaceAll(/\s+/g, ' ')).toContain(`--query '{"term":{"_type":"lake"}}'`)
  for (const type of ['lake', 'river']) {
    const query = JSON.stringify({ term: { _type: type } })
    const moved = ['--name', type, '--index', 'waters', '--query', query, '--rename', `{index}-${type}`]
    expect(await ferry.run(['copy', ...moved])).toMatchObject({ code: 0, stderr: '' })
    expect(await ferry.run(['verify', '--name', type])).toMatchObject({ code: 0, stderr: '' })
  }
  const lakes = await target.site.bytes('GET', '/waters-lake/_search?q=depth:1')
  expect(lakes.toString()).toContain('"_source":{"depth":1.0}')
  expect(await target.site.json('GET', '/waters-river/_count')).toMatchObject({ count: 1 })
  expect(await target.site.json('GET', '/waters-river/_mapping')).toMatchObject({
    'waters-river': { mappings: { properties: { length: { type: 'long' } } } },
  })
})
