import { expect, test } from 'vitest'

import { ShardferryError } from '../../model/errors.ts'
import type { Finding } from '../../model/findings.ts'
import type { IndexTask, Plan, PlannedCluster } from '../../model/plan.ts'
import { errorText } from './error-text.ts'
import { lookCloser } from '../../preflight/check.ts'
import { findingsText } from './findings-text.ts'
import { planText } from './plan-text.ts'
import { sampleProgress } from '../../model/sample-progress.test.ts'
import { statusText } from './status-text.ts'

const look = { colour: false, columns: 80 }

const cluster = (address: string, changes: Partial<PlannedCluster>): PlannedCluster => ({
  address,
  clusterName: 'search',
  clusterUuid: 'u',
  flavor: 'elasticsearch',
  version: '7.10.2',
  ...changes,
})

const stripped = { kind: 'stripped', what: 'settings.index.creation_date', why: 'The target sets it itself.' } as const

const task = (source: string, changes: Partial<IndexTask>): IndexTask => ({
  source,
  target: source,
  uuid: 'u',
  action: 'create',
  shards: 5,
  estimate: { docs: 138_231, bytes: 51_000_000 },
  read: { by: 'seq-no' },
  versionFrom: 'seq-no',
  settings: {},
  mappings: {},
  aliases: {},
  changes: [stripped],
  tuning: {},
  ...changes,
})

const plan: Plan = {
  shardferryPlan: 1,
  name: 'cities-2026',
  createdAt: '2026-11-24T10:00:00.000Z',
  source: cluster('https://old.example:9200', {}),
  target: cluster('https://new.example:9200', { flavor: 'opensearch', version: '2.19.4' }),
  patterns: ['*'],
  indices: [
    task('cities', { target: 'cities-v2', aliases: { places: {} } }),
    task('legacy', {
      action: 'into-existing',
      read: { by: 'slices', slices: 8, reason: 'Elasticsearch 5.6 has no sequence numbers, so later updates are not followed.' },
      changes: [stripped, { kind: 'dropped', what: 'mappings._all', why: 'Version 6 removed it.' }],
    }),
    task('vectors', { action: 'refuse', reason: '_source is disabled, so documents cannot be read.' }),
  ],
  skipped: [{ index: '.kibana_1', reason: 'A system index.' }],
}

test('a plan tells what is moved, changed, refused and skipped, and why', () => {
  expect(`\n${planText(plan, { ...look, docsPerSecond: 23_400 })}\n`).toMatchInlineSnapshot(`
    "
    Plan cities-2026
      from  Elasticsearch 7.10.2, search, https://old.example:9200
      to    OpenSearch 2.19.4, search, https://new.example:9200

    Moved (2)
      index               action         shards  documents    bytes  read by
      cities → cities-v2  create              5    138,231  51.0 MB  sequence number
      legacy              into existing       5    138,231  51.0 MB  8 slices
      legacy: Elasticsearch 5.6 has no sequence numbers, so later updates are not
      followed.

    Dropped (1)
      mappings._all  in legacy
          Version 6 removed it.

    Stripped (1)
      settings.index.creation_date  in every index
          The target sets it itself.

    Refused (1)
      vectors  _source is disabled, so documents cannot be read.

    Skipped (1)
      .kibana_1  A system index.

    Total  2 indices, 276,462 documents, about 102.0 MB, 1 alias
    Time   about 12s at 23.4 k docs/s, a guess until it runs
    1 index cannot be moved: settle the reasons above, or set their action to skip in the plan file.
    "
  `)
})

test('findings stand under their side, each with its remedy, and are summed up', () => {
  const findings: Finding[] = [
    { check: 'answers', about: 'target', severity: 'ok', message: 'OpenSearch 2.19.4 answers.' },
    {
      check: 'rights',
      about: 'source index cities',
      severity: 'error',
      message: 'The user may not read _stats, which tells how far each shard has come.',
      remedy:
        'Grant the index privilege monitor:\nPUT /_security/role/reader {"indices":[{"names":["cities"],"privileges":["read","monitor"]}]}',
    },
    { check: 'disk', about: 'target', severity: 'unknown', message: 'Free disk space could not be read.' },
    { check: 'versions', about: 'migration', severity: 'warning', message: 'The target is older.' },
  ]
  expect(`\n${findingsText(findings, look)}\n`).toMatchInlineSnapshot(`
    "
    Source
      ✗ rights           index cities: The user may not read _stats, which tells how
                         far each shard has come.
                         → Grant the index privilege monitor:
                           PUT /_security/role/reader {"indices":[{"names":["cities"],"privileges":["read","monitor"]}]}

    Target
      ✓ answers          OpenSearch 2.19.4 answers.
      ? disk             Free disk space could not be read.

    Migration
      ! versions         The target is older.

    1 error, 1 could not be checked, 1 warning, 1 ok. The migration cannot run until
    the errors are settled.
    "
  `)
  expect(findingsText([], look)).toBe('Nothing was found. The migration can run.')
})

test('what one missing right keeps from being checked is told once, and counted each', () => {
  const unknown = (check: string, message: string, remedy: string): Finding => ({
    check,
    about: 'source',
    severity: 'unknown',
    message,
    remedy,
  })
  const findings = [
    unknown('health', 'Could not be checked (health): GET /_cluster/health is refused.', 'Grant monitor.'),
    unknown('documents', 'There is no plan yet, so its documents could not be checked.', 'Plan first.'),
    unknown('clock', 'Could not be checked (clock): GET /_nodes/stats is refused.', 'Grant monitor.'),
  ]
  expect(findingsText(findings, look)).toMatchInlineSnapshot(`
    "Source
      ? not checked      health, clock: GET /_cluster/health is refused.
                         → Grant monitor.
      ? documents        There is no plan yet, so its documents could not be
                         checked.
                         → Plan first.

    3 could not be checked. The migration can run; read the warnings first."
  `)
  const unexplained = ['a', 'b'].map(check => unknown(check, `Could not be checked (${check}): ${check} broke.`, lookCloser))
  expect(findingsText(unexplained, look)).toMatch(/a broke.*b broke/s)
})

test('more than three indices with one trouble are told together, with the remedy of the first', () => {
  const closed = (index: string): Finding => ({
    check: 'open-indices',
    about: index,
    severity: 'error',
    message: `${index} is closed.`,
    remedy: `On the source:\nPOST /${index}/_open`,
  })
  const names = ['aa', 'bb', 'cc', 'dd']
  expect(findingsText(names.map(closed), look)).toMatchInlineSnapshot(`
    "Indices
      ✗ open-indices     aa, bb, cc, and dd: the index is closed.
                         → Each of them as aa:
                           On the source:
                           POST /aa/_open

    4 errors. The migration cannot run until the errors are settled."
  `)
  expect(findingsText(names.slice(1).map(closed), look).match(/is closed/g)).toHaveLength(3)
})

test('an error says its code, what happened, and what to do on a line of its own', () => {
  const error = new ShardferryError('forbidden', 'source: user "reader" may not read _stats', {
    hint: 'Grant the privilege monitor.',
  })
  expect(errorText(error, look)).toBe(
    'error [forbidden]: source: user "reader" may not read _stats\n  Grant the privilege monitor.',
  )
  expect(errorText(new ShardferryError('internal', 'odd'), look)).toBe('error [internal]: odd')
})

test('status shows the frame without keys, under the state and the time', () => {
  const text = statusText(sampleProgress(), 'running', { name: 'cities-2026', ...look })
  expect(text.startsWith('cities-2026 is running, as of 2026-11-24T10:00:00Z\n\n Shardferry  cities-2026 ')).toBe(true)
  expect(text).not.toContain('Ctrl-C')
  expect(statusText(undefined, 'planned', { name: 'cities-2026', ...look })).toBe(
    'cities-2026 is planned, without any progress yet',
  )
})
