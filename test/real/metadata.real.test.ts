/** What a cluster has beside its indices, moved between real servers: asked for, planned, made after the copy, undone by a rollback. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Plan } from '../../src/model/plan.ts'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
  const { source, target } = pair
  await source.json('PUT', '/_ingest/pipeline/stamp', { processors: [{ set: { field: 'stamped', value: true } }] })
  await source.json('PUT', '/_scripts/double', { script: { lang: 'painless', source: "doc['n'].value * 2" } })
  await source.json('PUT', '/_component_template/base', {
    template: { settings: { number_of_shards: 1, number_of_replicas: 0 } },
  })
  await source.json('PUT', '/_index_template/rivers', {
    index_patterns: ['rivers-*'],
    composed_of: ['base'],
    priority: 70,
    template: { mappings: { properties: { at: { type: 'date', format: 'dateOptionalTime' } } }, aliases: { rivers: {} } },
  })
  await source.json('PUT', '/_template/lakes', { index_patterns: ['lakes-*'], order: 4, settings: { refresh_interval: '7s' } })
  await source.json('PUT', '/_template/ponds', { index_patterns: ['ponds-*'], order: 1 })
  await target.json('PUT', '/_template/ponds', { index_patterns: ['ponds-*'], order: 2 })
  await source.json('PUT', '/_cluster/settings', { persistent: { 'search.max_buckets': 12345 } })
  await source.json('PUT', '/rivers-1', { settings: { number_of_replicas: 0, default_pipeline: 'stamp' } })
  await source.json('PUT', '/lakes-1', { settings: { number_of_replicas: 0, final_pipeline: 'stamp', number_of_shards: 2 } })
  await load(pair.source, 'rivers-1', people(40))
  await load(pair.source, 'lakes-1', people(40))
})
afterAll(async () => {
  for (const site of [pair.source, pair.target]) {
    for (const path of [
      '_ingest/pipeline/stamp',
      '_scripts/double',
      '_index_template/rivers',
      '_template/lakes',
      '_template/ponds',
    ])
      await site.send('DELETE', `/${path}`)
    await site.send('DELETE', '/_component_template/base')
    await site.send('PUT', '/_cluster/settings', { persistent: { 'search.max_buckets': null } })
  }
  await leave(pair)
})

const made = [
  '_ingest/pipeline/stamp',
  '_scripts/double',
  '_component_template/base',
  '_index_template/rivers',
  '_template/lakes',
]

async function statuses(): Promise<number[]> {
  return await Promise.all(made.map(async path => (await pair.target.send('GET', `/${path}`)).status))
}

test('without being asked for, nothing beside indices is read or made', async () => {
  const ferry = ferryOf(pair)
  const planned = await ferry.run(['plan', '--index', 'rivers-1,lakes-1'])
  expect(planned).toMatchObject({ code: 0, stderr: '' })
  expect(planned.stdout).not.toContain('Beside indices')
  expect(await statuses()).toEqual(made.map(() => 404))
})

test('all of it is in the plan, is made after the copy, and goes with a rollback; what the target has of its own stays', async () => {
  const { target } = pair
  const ferry = ferryOf(pair)
  const moved = ['--index', 'rivers-1,lakes-1', '--metadata', 'all']
  expect(await ferry.run(['plan', ...moved, '--out', 'plan.yaml'])).toMatchObject({ code: 0, stderr: '' })
  const plan = parse(readFileSync(join(ferry.folder, 'plan.yaml'), 'utf8')) as Plan
  const told = plan.objects?.map(({ kind, name, action }) => [kind, name, action])
  expect(told).toEqual([
    ['ingest-pipeline', 'stamp', 'create'],
    ['stored-script', 'double', 'create'],
    ['component-template', 'base', 'create'],
    ['index-template', 'rivers', 'create'],
    ['legacy-template', 'lakes', 'create'],
    ['legacy-template', 'ponds', 'skip'],
    ['cluster-setting', 'search.max_buckets', 'skip'],
  ])
  expect(plan.objects?.find(({ name }) => name === 'ponds')).toMatchObject({ onTarget: { order: 2 } })

  expect(await ferry.run(['copy', ...moved])).toMatchObject({ code: 0, stderr: '' })
  expect(await statuses()).toEqual(made.map(() => 200))
  expect(await target.json('GET', '/_index_template/rivers')).toMatchObject({
    index_templates: [
      { index_template: { priority: 70, template: { mappings: { properties: { at: { format: 'date_optional_time' } } } } } },
    ],
  })
  expect(await target.json('GET', '/_template/ponds')).toMatchObject({ ponds: { order: 2 } })
  expect(await target.json('GET', '/_cluster/settings')).not.toMatchObject({ persistent: { search: {} } })
  // Pipelines had run on the source already, and no template was merged into what was moved.
  for (const index of ['rivers-1', 'lakes-1']) expect(await compare(pair, index)).toEqual({ documents: 40, differences: [] })
  expect(await target.json('GET', '/rivers-1')).toMatchObject({
    'rivers-1': { aliases: {}, settings: { index: { default_pipeline: 'stamp' } } },
  })
  expect(await target.json('GET', '/lakes-1')).toMatchObject({ 'lakes-1': { settings: { index: { final_pipeline: 'stamp' } } } })

  const equal = await ferry.run(['verify'])
  expect(equal).toMatchObject({ code: 0, stderr: '' })
  expect(equal.stdout).not.toMatch(/as planned|of the plan is not/)
  await target.json('PUT', '/_scripts/double', { script: { lang: 'painless', source: "doc['n'].value * 3" } })
  await target.json('DELETE', '/_template/lakes')
  const differs = (await ferry.run(['verify'])).stdout.replaceAll(/\s+/g, ' ')
  expect(differs).toContain('The stored script double on the target is not as planned')
  expect(differs).toContain('The legacy template lakes of the plan is not on the target')

  expect(await ferry.run(['rollback', '--yes'])).toMatchObject({ code: 0 })
  expect(await statuses()).toEqual(made.map(() => 404))
})

test('replace in the plan file writes over what the target has, and a rollback gives it back', async () => {
  const { target } = pair
  const ferry = ferryOf(pair)
  await ferry.run(['plan', '--index', 'rivers-1', '--metadata', 'templates', '--out', 'plan.yaml'])
  const file = join(ferry.folder, 'plan.yaml')
  const plan = parse(readFileSync(file, 'utf8')) as Plan
  const objects = (plan.objects ?? []).map(one => ({ ...one, action: one.name === 'ponds' ? 'replace' : 'skip' }))
  writeFileSync(file, stringify({ ...plan, objects }, { aliasDuplicateObjects: false }))
  expect(await ferry.run(['run', 'plan.yaml'])).toMatchObject({ code: 0, stderr: '' })
  expect(await target.json('GET', '/_template/ponds')).toMatchObject({ ponds: { order: 1 } })
  expect(await ferry.run(['rollback', '--yes'])).toMatchObject({ code: 0 })
  expect(await target.json('GET', '/_template/ponds')).toMatchObject({ ponds: { order: 2 } })
})
