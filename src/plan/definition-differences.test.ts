import { expect, test } from 'vitest'
import { indexTask } from '../journal/sample-entries.test-part.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { elasticsearch, opensearch } from '../metadata/table-cluster.test-part.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'
import { definitionDifferences } from './definition-differences.ts'

const from = { route: [elasticsearch('7.10.2'), opensearch('2.19.4')], moved: true, finished: true } as const

function defined(fields: Record<string, string>, more: Partial<IndexDefinition> = {}): IndexDefinition {
  return {
    name: 'cities',
    uuid: 'u',
    settings: {},
    mappings: mappings(fields),
    severalTypes: {},
    aliases: {},
    open: true,
    shards: 1,
    ...more,
  }
}

function mappings(fields: Record<string, string>): JsonObject {
  return { properties: Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }])) }
}

function told(
  task: IndexTask,
  source: IndexDefinition,
  target: IndexDefinition,
  more: Partial<typeof from> | object = {},
): string[] {
  return definitionDifferences(task, source, target, { ...from, ...more }).map(
    ({ what, severe }) => `${severe ? '!' : ''}${what.replace('mappings.properties.', '')}`,
  )
}

test('fields are compared with the plan, those that came later with the source', () => {
  const task = indexTask('cities', { mappings: mappings({ name: 'text', code: 'keyword', year: 'long' }) })
  const source = defined({ name: 'text', code: 'keyword', year: 'long', later: 'text', other: 'text' })
  expect(told(task, source, defined({ name: 'text', code: 'keyword', year: 'long', later: 'text', other: 'text' }))).toEqual([])
  const target = defined({ name: 'text', code: 'text', later: 'keyword', own: 'long' })
  expect(told(task, source, target)).toEqual(['!code', '!year', '!later', 'other', 'own'])
})

test('a field that the plan was edited to have in another type is as planned', () => {
  const task = indexTask('cities', { mappings: mappings({ name: 'keyword' }) })
  expect(told(task, defined({ name: 'text' }), defined({ name: 'keyword' }))).toEqual([])
})

test('analysis and aliases make a difference, other settings are only told, and both count only once the migration is over', () => {
  const task = indexTask('cities', {
    settings: { index: { number_of_replicas: '1', analysis: { filter: { stops: { type: 'stop', stopwords: ['der'] } } } } },
    aliases: { towns: { is_write_index: true }, gone: {} },
  })
  const settings = { index: { number_of_replicas: '0', analysis: { filter: { stops: { type: 'stop', stopwords: ['die'] } } } } }
  const target = defined({}, { settings, aliases: { towns: { is_write_index: false } } })
  expect(told(task, defined({}), target).toSorted()).toEqual([
    '!aliases.gone',
    '!aliases.towns',
    '!settings.index.analysis.filter.stops.stopwords',
    'settings.index.number_of_replicas',
  ])
  expect(told(task, defined({}), target, { finished: false })).toEqual([])
  const right = defined({}, { settings: task.settings, aliases: task.aliases })
  expect(told(task, defined({}), right)).toEqual([])
})

test('into an index that was there before, the plan has told the differences', () => {
  const task = indexTask('cities', { action: 'into-existing' })
  expect(told(task, defined({ name: 'text' }), defined({ name: 'keyword' }))).toEqual([])
  // What something else moved has no plan.
  expect(told(task, defined({ name: 'text' }), defined({ name: 'keyword' }), { moved: false })).toEqual(['!name'])
})
