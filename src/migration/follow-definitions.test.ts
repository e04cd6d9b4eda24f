import { expect, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../test/support/fake-migration.ts'
import { never } from '../flow/virtual-world.test-part.ts'
import { followDefinitions, withAliasesNow } from './follow-definitions.ts'
import type { Migration } from './migration.ts'
import { runMigration } from './run-migration.ts'

async function copied(more: Parameters<typeof fakeMigration>[0] = {}): Promise<{ f: FakeMigration; m: Migration }> {
  const f = await fakeMigration(more)
  const m = f.process()
  await runMigration(m, never)
  await followDefinitions(m, m.tasks, never)
  return { f, m }
}

async function mappingOf(f: FakeMigration): Promise<unknown> {
  const answer = (await send(f.target.url, 'GET', '/towns/_mapping')) as { towns: { mappings: unknown } }
  return answer.towns.mappings
}

const told = (m: Migration): readonly unknown[] => m.memory.state.changes.get('cities') ?? []

test('a field that the source gets is added to the target, and told once', async () => {
  const { f, m } = await copied()
  await send(f.source.url, 'PUT', '/cities/_mapping', { properties: { mayor: { type: 'keyword' } } })
  await followDefinitions(m, m.tasks, never)
  await followDefinitions(m, m.tasks, never)
  expect(await mappingOf(f)).toMatchObject({ properties: { mayor: { type: 'keyword' } } })
  expect(told(m)).toEqual([
    { kind: 'followed', what: 'mappings.properties.mayor', why: 'it changed on the source, and here too' },
  ])
})

test('a field that both sides got by a document is nothing to tell', async () => {
  const { f, m } = await copied()
  await f.write('more', 100)
  await send(f.source.url, 'PUT', '/cities/_mapping', { properties: { mayor: { type: 'keyword' } } })
  await send(f.target.url, 'PUT', '/towns/_mapping', { properties: { mayor: { type: 'keyword' } } })
  await followDefinitions(m, m.tasks, never)
  expect(told(m)).toEqual([])
})

test('what the target refuses is left and told, and what a person left out of the plan stays out', async () => {
  const { f, m } = await copied()
  await send(f.target.url, 'PUT', '/towns/_mapping', { properties: { mayor: { type: 'long' } } })
  await send(f.source.url, 'PUT', '/cities/_mapping', { properties: { mayor: { type: 'keyword' } } })
  await followDefinitions(m, m.tasks, never)
  await followDefinitions(m, m.tasks, never)
  expect(await mappingOf(f)).toMatchObject({ properties: { mayor: { type: 'long' } } })
  expect(told(m)).toEqual([
    {
      kind: 'followed',
      what: 'mappings.properties.mayor',
      why: expect.stringContaining('is left as it is on the target: ') as string,
    },
  ])
})

test('an index that was there before keeps its mapping', async () => {
  const { f, m } = await copied({ task: { action: 'into-existing' } })
  await send(f.source.url, 'PUT', '/cities/_mapping', { properties: { mayor: { type: 'keyword' } } })
  await followDefinitions(m, m.tasks, never)
  expect(JSON.stringify(await mappingOf(f))).not.toContain('mayor')
  expect(told(m)).toMatchObject([{ why: expect.stringContaining('its mapping is its own') as string }])
})

test('aliases that come and go on the source are those of a cutover, and those that a person edited in the plan stay', async () => {
  const planned = { edited: { is_write_index: true }, mine: {} }
  const { f, m } = await copied({ task: { aliases: planned } })
  await send(f.source.url, 'POST', '/_aliases', { actions: [{ add: { index: 'cities', alias: 'places' } }] })
  await followDefinitions(m, m.tasks, never)
  expect(withAliasesNow(m.tasks[0]!, m.memory.state).aliases).toEqual({ ...planned, places: {} })
  await send(f.source.url, 'POST', '/_aliases', { actions: [{ remove: { index: 'cities', alias: 'places' } }] })
  await followDefinitions(m, m.tasks, never)
  expect(withAliasesNow(m.tasks[0]!, m.memory.state).aliases).toEqual(planned)
})

test('a later run goes on from what an earlier one has seen', async () => {
  const { f } = await copied()
  await send(f.source.url, 'PUT', '/cities/_mapping', { properties: { mayor: { type: 'keyword' } } })
  const later = f.process()
  await followDefinitions(later, later.tasks, never)
  expect(await mappingOf(f)).toMatchObject({ properties: { mayor: { type: 'keyword' } } })
})
