import { expect, test } from 'vitest'
import { reindexRoute } from './reindex-routes.ts'
import { parseVersion } from './version.ts'
import type { Flavor } from './version.ts'

const server = (text: string) => {
  const [flavor, number] = text.split(' ') as [Flavor, string]
  return { flavor, version: parseVersion(number)! }
}

// Each was run with 500 documents, but for what is untried.
test.each([
  ['elasticsearch 5.6.16', 'opensearch 2.19.4', 'works'],
  ['elasticsearch 8.19.21', 'opensearch 2.19.4', 'works'],
  ['elasticsearch 9.5.3', 'opensearch 3.8.0', 'works'],
  ['opensearch 1.3.14', 'opensearch 2.19.4', 'works'],
  ['opensearch 3.4.0', 'opensearch 2.19.4', 'works'],
  ['elasticsearch 7.10.2', 'opensearch 1.3.14', 'works'],
  ['opensearch 2.19.4', 'opensearch 1.3.14', 'fails'],
  ['elasticsearch 6.8.9', 'elasticsearch 7.10.2', 'works'],
  ['elasticsearch 7.17.29', 'elasticsearch 7.10.2', 'works'],
  ['elasticsearch 8.19.21', 'elasticsearch 7.17.29', 'fails'],
  ['opensearch 1.3.14', 'elasticsearch 7.17.29', 'fails'],
  ['opensearch 2.19.4', 'elasticsearch 7.10.2', 'fails'],
  ['opensearch 2.19.4', 'elasticsearch 8.19.21', 'untried'],
  ['elasticsearch 9.5.3', 'elasticsearch 8.19.21', 'untried'],
] as const)('%s read by %s: %s', (from, to, verdict) => {
  expect(reindexRoute(server(from), server(to))).toMatchObject({ verdict, why: expect.stringMatching(/.{20}/) as string })
})
