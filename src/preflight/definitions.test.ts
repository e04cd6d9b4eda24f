import { expect, test } from 'vitest'
import type { ClusterRequest } from '../cluster/cluster.ts'
import { definitionRemedy } from './definition-remedy.ts'
import { definitions } from './definitions.ts'
import { documents } from './documents.ts'
import { fakeCluster, forbidden, found, planOf, task, told } from './fake-answers.test-part.ts'
import type { Said } from './fake-answers.test-part.ts'
import { fieldLimits } from './field-limits.ts'
import { pipelines } from './pipelines.ts'
import { refusals } from './refusals.ts'

const simulating = (said: Said) => fakeCluster('target', 'opensearch 2.19.4', { 'POST /_index_template/_simulate_index/*': said })
const invalid = (reason: string): Said => [
  400,
  { error: { type: 'illegal_argument_exception', reason: 'composable template is invalid', caused_by: { type: 'x', reason } } },
]

test('indices of one definition are simulated once, by a template that goes before every other', async () => {
  const sent: ClusterRequest[] = []
  const target = simulating(request => {
    sent.push(request)
    return {}
  })
  const settings = { index: { number_of_shards: '2', refresh_interval: '7s' } }
  const plan = planOf(task('a', { settings }), task('b', { settings }), task('c'), task('d', { action: 'into-existing' }))
  expect(told(await found(definitions, { target, plan }))).toEqual(['ok target'])
  expect(sent.map(({ path }) => path)).toEqual(['/_index_template/_simulate_index/a', '/_index_template/_simulate_index/c'])
  expect(sent[0]?.body).toMatchObject({
    index_patterns: ['a'],
    priority: expect.any(Number) as number,
    template: { settings: { 'index.number_of_shards': '2', 'index.refresh_interval': '7s' } },
  })
})

test('a setting that is not known is a warning, and what is behind it is simulated without it', async () => {
  const target = simulating(({ body }) => {
    const { settings } = (body as { template: { settings: object } }).template
    return 'index.odd' in settings
      ? [400, { error: { type: 'invalid_index_template_exception', reason: 'unknown setting [index.odd] please check' } }]
      : invalid('Unknown analyzer type [icu_analyzer] for [sea]')
  })
  const plan = planOf(task('ships', { settings: { index: { odd: '1' } } }))
  const findings = await found(definitions, { target, plan })
  expect(told(findings)).toEqual(['error ships', 'warning ships'])
  expect(findings[0]).toMatchObject({
    message: 'The target cannot make it: Unknown analyzer type [icu_analyzer] for [sea]',
    remedy: expect.stringContaining('\nbin/opensearch-plugin install analysis-icu\n') as string,
  })
})

test('a server that cannot simulate is unknown, and keeps nothing from running', async () => {
  const target = simulating([400, { error: 'no handler found for uri [/_index_template/_simulate_index/a] and method [POST]' }])
  expect(told(await found(definitions, { target, plan: planOf(task('a')) }))).toEqual(['unknown target'])
})

test('a user who may not simulate gets an unknown with the privilege; files that analysis reads are told', async () => {
  const settings = { index: { analysis: { filter: { s: { type: 'synonym', synonyms_path: 'analysis/s.txt' } } } } }
  const plan = planOf(task('a', { settings }))
  expect(await found(definitions, { target: simulating(forbidden), plan })).toMatchObject([
    { severity: 'unknown', remedy: expect.stringContaining('manage_index_templates') as string },
  ])
  expect((await found(definitions, { target: simulating({}), plan }))[1]).toMatchObject({
    severity: 'info',
    message: expect.stringContaining('analysis/s.txt') as string,
  })
})

// As OpenSearch 2.19.4 words them.
test.each([
  ['Custom Analyzer [a] failed to find tokenizer under name [nori_tokenizer]', 'bin/elasticsearch-plugin install analysis-nori'],
  ['Unknown filter type [phonetic] for [p]', 'bin/elasticsearch-plugin install analysis-phonetic'],
  ['No handler for type [murmur3] declared on field [t]', 'bin/elasticsearch-plugin install mapper-murmur3'],
  ['IOException while reading synonyms_path_path: file not readable', 'Copy the file that synonyms_path names'],
  ['Failed to load hunspell dictionary for locale: de_DE', 'config/hunspell/de_DE'],
  ['Limit of total fields [1] has been exceeded', 'index.mapping.total_fields.limit'],
  ['analyzer [nosuch] has not been configured in mappings', 'in the plan file'],
])('%s: %s', (reason, remedy) => {
  expect(definitionRemedy(reason, 'elasticsearch', 'ships')).toContain(remedy)
  expect(definitionRemedy(reason, 'elasticsearch', 'ships')).toContain("--index '*,-ships'")
})

test('a pipeline that the target lacks is told with the call that makes it as the source has it', async () => {
  const dropped = {
    kind: 'dropped',
    what: 'settings.index.default_pipeline',
    why: 'the target has no ingest pipeline stamp; create it there and set it again',
  } as const
  const plan = planOf(task('a', { changes: [dropped] }), task('b', { settings: { index: { final_pipeline: 'there' } } }))
  const stamp = { processors: [{ set: { field: 'x', value: 1 } }] }
  const source = fakeCluster('source', 'elasticsearch 7.10.2', { 'GET /_ingest/pipeline/stamp': { stamp } })
  const target = fakeCluster('target', 'opensearch 2.19.4', { 'GET /_ingest/pipeline/there': { there: {} } })
  const findings = await found(pipelines, { source, target, plan })
  expect(told(findings)).toEqual(['warning target'])
  expect(findings[0]?.remedy).toContain(`\nPUT /_ingest/pipeline/stamp ${JSON.stringify(stamp)}`)
})

const properties = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, { type: 'keyword' }]))

test('mappings near a limit are warned of, with the setting that raises it; fixed ones only beyond it', async () => {
  const settings = { index: { mapping: { total_fields: { limit: '100' } } } }
  const of = async (mappings: object) =>
    await found(fieldLimits, { plan: planOf(task('a', { settings, mappings: mappings as never })) })
  expect(told(await of({ properties: properties(90) }))).toEqual(['ok target'])
  const near = await of({ properties: { ...properties(89), o: { properties: { x: { type: 'text', fields: { raw: {} } } } } } })
  expect(near).toMatchObject([
    { severity: 'warning', about: 'a', message: expect.stringContaining('92 of 100 fields') as string },
  ])
  expect(near[0]?.remedy).toContain('PUT /a/_settings {"index.mapping.total_fields.limit":140}')
  expect(told(await of({ dynamic: 'strict', properties: properties(100) }))).toEqual(['ok target'])
  expect(told(await of({ dynamic: 'strict', properties: properties(101) }))).toEqual(['warning a'])
})

test('the limits of an index that is there are those it has', async () => {
  const existing = {
    a: {
      settings: { index: { mapping: { nested_fields: { limit: '1' } } } },
      mappings: { properties: { n: { type: 'nested' } } },
    },
  }
  const target = fakeCluster('target', 'opensearch 2.19.4', { 'GET /a': existing })
  const plan = planOf(task('a', { action: 'into-existing' }))
  expect(told(await found(fieldLimits, { target, plan }))).toEqual(['warning a'])
})

test('what _source lacks, and what keeps documents together, is told by index', async () => {
  const change = (what: string) => ({ kind: 'dropped', what, why: '' }) as const
  const plan = planOf(
    task('pruned', { changes: [change('mappings._source.excludes')] }),
    task('synthetic', { changes: [change('mappings._source.mode')] }),
    task('joined', { mappings: { properties: { o: { properties: { j: { type: 'join' } } } } } }),
    task('routed', { mappings: { _routing: { required: true } }, settings: { 'index.routing_partition_size': '2' } }),
    task('into', { action: 'into-existing', changes: [change('settings.index.number_of_shards')] }),
  )
  const findings = await found(documents, { plan })
  expect(findings.map(({ severity, message }) => `${severity} ${message.split(':')[0]}`)).toEqual([
    'warning pruned',
    'info synthetic',
    'info joined',
    'info routed',
    'info routed',
    'warning into',
  ])
  expect(told(await found(documents, { plan: planOf(task('plain')) }))).toEqual(['ok source'])
})

test('every refusal of the plan comes with a way out', async () => {
  const reasons = [
    'it is closed; open it (POST INDEX/_open) and make the plan again',
    'it is frozen, so searches see none of its documents; unfreeze it first',
    'the target index exists already; write into it',
    'a time series index makes its own document ids; these come in a later version',
    'its name is that of a backing index, and it comes without a data stream; move it under another name',
  ]
  const plan = planOf(...reasons.map((reason, i) => task(`i${i}`, { action: 'refuse', reason })))
  const findings = await found(refusals, { plan })
  expect(told(findings)).toEqual(['error i0', 'error i1', 'error i2', 'error i3', 'error i4'])
  expect(findings.map(({ remedy }) => remedy?.split(', or ')[0])).toEqual([
    'On the source:\nPOST /i0/_open\nThen the same command again',
    'On the source:\nPOST /i1/_unfreeze\nThen the same command again',
    "Write into it: --into-existing. Another name: --rename '{index}-v2'. If nobody needs it, on the target:\nDELETE /i2\nThen the same command again",
    "Leave it out: --index '*,-i3'",
    "Another name, as a plain index: --rename 'copy-of-{index}'",
  ])
})
