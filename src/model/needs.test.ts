import { expect, test } from 'vitest'
import { indexTask, plan } from '../journal/sample-entries.test-part.ts'
import { elasticsearchPrivileges, grants, needsOf, rightsFor } from './needs.ts'
import type { Need, What } from './needs.ts'
import { parseVersion } from './version.ts'

const cities = indexTask('cities', { target: 'towns', aliases: { places: {} }, tuning: { 'index.refresh_interval': '-1' } })

function on(needs: readonly Need[], what: What): readonly string[] | undefined {
  return needs.find(need => need.what === what)?.indices
}

test('a reader may find what was selected, left-out names among it, and read the indices of the plan only', () => {
  const rights = rightsFor('source', { ...plan(cities), patterns: ['c*,-cities-test', 'places'] }, 'copy')
  expect(on(rights, 'names')).toEqual(['c*', 'cities-test', 'places'])
  expect(on(rights, 'every-name')).toEqual(['*'])
  for (const what of ['read', 'definitions', 'stats', 'refresh'] as const) expect(on(rights, what)).toEqual(['cities'])
})

test('everything selected needs no right on names', () => {
  expect(on(rightsFor('source', plan(cities), 'copy'), 'names')).toBeUndefined()
})

test('a writer may change nothing but the indices of the plan, and one that only checks or verifies nothing at all', () => {
  const changing: readonly What[] = ['create', 'write', 'settings', 'aliases']
  const rights = rightsFor('target', plan(cities), 'copy')
  for (const what of changing) expect(on(rights, what)).toEqual(['towns'])
  expect(on(rights, 'alias-names')).toEqual(['places'])
  for (const job of ['check', 'verify'] as const) {
    const allowed = rightsFor('target', plan(cities), job).flatMap(({ what }) => [
      ...grants[what].elasticsearch,
      ...grants[what].opensearch,
    ])
    expect(allowed.filter(name => /write|create|manage|settings\/update|composite_ops$/.test(name))).toEqual([])
  }
  expect(on(rightsFor('target', plan(cities), 'verify'), 'scroll')).toEqual([])
  for (const job of ['copy', 'verify'] as const) expect(on(rightsFor('target', plan(cities), job), 'stats')).toEqual(['towns'])
})

test('an index that is there already is not created, and what is skipped is not touched', () => {
  const needs = needsOf('target', plan({ ...cities, action: 'into-existing' }, indexTask('left', { action: 'skip' })))
  expect(on(needs, 'create')).toBeUndefined()
  expect(on(needs, 'write')).toEqual(['towns'])
})

test('older servers are told no word that they do not know', () => {
  const version = (text: string) => parseVersion(text)!
  expect(elasticsearchPrivileges('refresh', version('7.9.3'))).toEqual(['indices:admin/refresh*'])
  expect(elasticsearchPrivileges('refresh', version('7.10.2'))).toEqual(['maintenance'])
  expect(elasticsearchPrivileges('templates', version('6.8.23'))).toEqual(['indices:admin/template/get'])
  expect(elasticsearchPrivileges('templates', version('8.19.0'))).toHaveLength(3)
})
