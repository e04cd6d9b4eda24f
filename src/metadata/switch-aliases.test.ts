import { expect, test } from 'vitest'
import { indexTask } from '../journal/sample-entries.test-part.ts'
import { switchAliasesStep } from './switch-aliases.ts'
import { opensearch, tableCluster } from './table-cluster.test-part.ts'

const signal = AbortSignal.timeout(10_000)

test('aliases go back to the indices that had them, but for one that was deleted meanwhile', async () => {
  const cluster = tableCluster(opensearch('2.19.4'), {
    'GET /_alias/places': { body: { towns: { aliases: { places: {} } } } },
    'GET /kept/_settings/index.uuid': { body: { kept: { settings: { 'index.uuid': 'k' } } } },
    'POST /_aliases': { body: { acknowledged: true } },
  })
  const saved = ['kept', 'deleted'].map(index => ({ index, alias: 'places', definition: { filter: { term: { n: 1 } } } }))
  const step = switchAliasesStep(cluster, [indexTask('cities', { target: 'towns', aliases: { places: {} } })], true)
  await step.undo(saved, signal)
  expect(cluster.seen.at(-1)).toMatchObject({
    path: '/_aliases',
    body: {
      actions: [
        { remove: { index: 'towns', alias: 'places' } },
        { add: { index: 'kept', alias: 'places', filter: { term: { n: 1 } } } },
      ],
    },
  })
})
