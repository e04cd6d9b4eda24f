import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { up } from './cluster.ts'
import { distNames, lacksOf, recipeOf, secureRecipeOf } from './dists.ts'
import { versionHas } from './recipes/features.ts'
import { featureTable } from './table.ts'

test('the README has the table of what each dist can do', () => {
  expect(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')).toContain(`\n${featureTable()}\n`)
})

test.each(distNames)('%s lacks only what its version has, and security brings only what it lacks', dist => {
  const { product, version, lacks, secure } = recipeOf(dist)
  expect(lacks.filter(feature => !versionHas(feature, product, version))).toEqual([])
  const brought = (secure?.brings ?? []).filter(feature => versionHas(feature, product, version))
  expect(brought.filter(feature => !lacks.includes(feature))).toEqual([])
  if (secure !== undefined) expect(lacksOf(dist, true)).not.toContain('security')
})

test('a version has what came with it or before', () => {
  expect(versionHas('point in time', 'elasticsearch', '7.10.2')).toBe(true)
  expect(versionHas('point in time', 'elasticsearch', '7.9.3')).toBe(false)
  expect(versionHas('point in time', 'elasticsearch', '8.0.0')).toBe(true)
  expect(versionHas('API keys', 'opensearch', '3.8.0')).toBe(false)
})

test('a secure cluster of a dist that has no security is refused, and those that have it are named', async () => {
  expect(() => secureRecipeOf('opensearch-1.3.14')).toThrow(/no security for opensearch-1\.3\.14.*opensearch-2\.19\.4/)
  await expect(up({ name: 'never', dist: 'elasticsearch-5.6.16', secure: true })).rejects.toThrow('elasticsearch-8.19.21')
})

test('trust is refused where there is no reindex that could trust', async () => {
  await expect(up({ name: 'never', dist: 'elasticsearch-9.5.3', trust: ['other'] })).rejects.toThrow('has no _reindex')
})
