/**
 * The usual guide, twice between the same two clusters: by hand with curl (by-hand.sh), and with Shardferry. Other pairs:
 * SHARDFERRY_PAIRS='elasticsearch-7.10.2 opensearch-2.19.4, …' npx vitest run --project real test/scenarios/guide
 */
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kill, revive } from '../../../lab/cluster.ts'
import { run } from '../../../lab/command.ts'
import { lacksOf } from '../../../lab/dists.ts'
import { LabError } from '../../../lab/errors.ts'
import { compare } from '../../support/compare.ts'
import { bulk, load, people } from '../../support/documents.ts'
import { grantedUsers } from '../../support/granted.ts'
import { pairsToTry, startPair, stop } from '../../support/pair.ts'
import type { Pair } from '../../support/pair.ts'
import { eventsOf, ferryOf } from '../../support/shardferry.ts'
import type { Environment, Ferry } from '../../support/shardferry.ts'
import type { SecuredSite } from '../../support/site.ts'

const name = 'test-scenarios-guide'
const root = fileURLToPath(new URL('../../../', import.meta.url))
/** As people write it first: without the port. */
const wrongEntry = '127.0.0.1'
/** The target's own _reindex writes documents anew, so that blanks and escapes are gone. */
const values = true

describe.each(pairsToTry('elasticsearch-8.19.21 opensearch-2.19.4'))('%s → %s', (sourceDist, targetDist) => {
  const allowList = targetDist.startsWith('opensearch-2') ? 'reindex.remote.whitelist' : 'reindex.remote.allowlist'
  const hasStreams = !lacksOf(sourceDist, true).includes('data streams')
  // A role of Elasticsearch's from 7.11 on.
  const hasViewer = !sourceDist.startsWith('elasticsearch-7')
  const selection = ['--index', hasStreams ? 'cities,people,events' : 'cities,people', '--rename', 'ferry-{index}']
  let pair: Pair

  beforeAll(async () => {
    const settings = { 'reindex.remote.allowlist': null, [allowList]: [wrongEntry] }
    pair = await startPair(name, { source: { dist: sourceDist }, target: { dist: targetDist, settings } })
    await fill(pair.source, hasStreams)
  })
  afterAll(() => stop(name, pair?.source, pair?.target))

  test('what check prints for the nodes is enough: its lines put where it says, one restart, and it passes', async () => {
    const ferry = ferryFor(pair)
    const first = await check(ferry, selection)
    expect(first).toMatchObject({ code: 6, errors: ['remote-reindex'] })
    expect(first.message).toContain(`It has ${wrongEntry}, but names are compared letter by letter.`)
    await follow(pair, first.remedy)
    expect(await check(ferry, selection)).toMatchObject({
      code: 0,
      errors: [],
      message: expect.stringContaining('allowed, reachable'),
    })
  })

  test.runIf(hasViewer)("with the guide's own users, check says what they lack; a grant adds just that", async () => {
    const ferry = ferryFor(pair, { SHARDFERRY_NAME: 'theirs' })
    expect(await ferry.run(['access', 'grant', '--guide'])).toMatchObject({ code: 0, stderr: '' })
    const users = grantedUsers(ferry, 'theirs')
    const lacking = await ferry.run(['check', ...selection], users)
    expect(lacking).toMatchObject({ code: 6, stderr: '' })
    // Lines are wrapped to the width of the terminal.
    const printed = lacking.stdout.replaceAll(/\s+/g, ' ')
    for (const line of [
      'shardferry-theirs-reader lacks the cluster privilege monitor: health and load of the source cannot be watched',
      'does not let shardferry-theirs-writer ask for',
      'PATCH /_plugins/_security/api/roles/shardferry-theirs-writer [{"op":"add","path":"/cluster_permissions/-","value":"cluster_monitor"}]',
    ])
      expect(printed).toContain(line)
    expect(await ferry.run(['access', 'grant', ...selection])).toMatchObject({ code: 0, stderr: '' })
    expect(await check(ferry, selection, users)).toMatchObject({ code: 0, errors: [] })
    expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('the whole way with Shardferry: users, copy by the target itself, comparison, clean-up', async () => {
    const admin = ferryFor(pair)
    expect(await admin.run(['access', 'grant', ...selection])).toMatchObject({ code: 0, stderr: '' })
    const users = grantedUsers(admin, 'm')
    expect(await admin.run(['copy', ...selection], users)).toMatchObject({ code: 0, stderr: '' })
    expect(await admin.status()).toMatchObject({ report: { verdict: 'exact', balanced: true } })
    expect(await admin.run(['verify', '--compare', 'values'], users)).toMatchObject({ code: 0, stderr: '' })
    const completed = await admin.run(['complete', '--yes'])
    expect(completed).toMatchObject({ code: 0, stderr: '' })
    for (const line of [new URL(pair.source.urls).host, 'reindex.ssl.certificate_authorities', 'public addresses'])
      expect(completed.stdout).toContain(line)
  })

  test("the guide's request as it is printed is refused: for a comma, then for a host without a port", async () => {
    const { target, source } = pair
    const { username, password } = source.user
    const asPrinted = (host: string, comma: string): string =>
      `{"source":{"remote":{"host":"${host}","username":"${username}","password":"${password}"},"index":"cities"${comma}},"dest":{"index":"refused"}}`
    const comma = await target.send('POST', '/_reindex', asPrinted(source.urls, ','))
    expect({ status: comma.status, body: comma.body.toString() }).toEqual({
      status: 400,
      body: expect.stringMatching(/x_content_parse|json_parse/),
    })
    const port = await target.send('POST', '/_reindex', asPrinted('https://127.0.0.1', ''))
    expect({ status: port.status, body: port.body.toString() }).toEqual({ status: 400, body: expect.stringContaining('port') })
  })

  test('by hand, step by step, the same documents arrive as with Shardferry, in an index and through an alias', async () => {
    const { source, target } = pair
    const said = await run(join(import.meta.dirname, 'by-hand.sh'), [], {
      cwd: root,
      env: {
        ...process.env,
        ...sideOf('SOURCE', source),
        ...sideOf('TARGET', target),
        TARGET_NAME: target.name,
        TARGET_CONFIG: configOf(target),
        LAB: `${process.execPath} lab/main.ts`,
        ALLOW_LIST: allowList,
        INDICES: 'cities',
        ALIASES: 'people',
        STREAMS: hasStreams ? 'events' : '',
        PREFIX: 'hand-',
      },
      missing: new LabError('This test needs bash and curl.'),
    })
    expect(said.match(/"failures":\[\]/g)).toHaveLength(hasStreams ? 3 : 2)
    const both = { source: target, target }
    expect(await compare(both, 'hand-cities', { target: 'ferry-cities' })).toEqual({ documents: 700, differences: [] })
    expect(await compare(both, 'hand-people', { target: 'people' })).toEqual({ documents: 500, differences: [] })
    expect(await compare(pair, 'cities', { target: 'hand-cities', values })).toEqual({ documents: 700, differences: [] })
    expect(await compare(pair, 'people', { target: 'hand-people', values })).toEqual({ documents: 500, differences: [] })
  })

  test.runIf(hasStreams)(
    'a data stream by hand and by Shardferry hold the same documents, and by Shardferry in their backing indices',
    async () => {
      const { target } = pair
      const here = await target.json<{ data_streams: { name: string; indices: unknown[] }[] }>('GET', '/_data_stream/*-events')
      const backing = new Map(here.data_streams.map(one => [one.name, one.indices.length]))
      expect([...backing.keys()].sort()).toEqual(['ferry-events', 'hand-events'])
      expect([backing.get('hand-events'), (backing.get('ferry-events') ?? 0) > 1]).toEqual([1, true])
      const both = { source: target, target }
      expect(await compare(both, 'hand-events', { target: 'ferry-events', values })).toEqual({ documents: 300, differences: [] })
      expect(await compare(pair, 'events', { target: 'ferry-events', values })).toEqual({ documents: 300, differences: [] })
    },
  )
})

/** Two shards, a mapping of its own; two indices behind an alias; a data stream that was rolled over. */
async function fill(source: SecuredSite, hasStreams: boolean): Promise<void> {
  const two = { number_of_shards: 2, number_of_replicas: 0 }
  const mappings = {
    dynamic: 'strict',
    properties: { name: { type: 'keyword' }, code: { type: 'keyword' }, at: { type: 'geo_point' } },
  }
  await source.json('PUT', '/cities', { settings: two, mappings })
  const city = (n: number): string =>
    `{ "name": "Citt\\u00e0 ${n}", "code": "0${n}", "at": {"lat": ${(n % 90) / 2}, "lon": ${n % 180}} }`
  await load(
    source,
    'cities',
    Array.from({ length: 700 }, (_, n) => ({ id: `city/${n}`, source: city(n), ...(n % 7 === 0 ? { routing: `r${n}` } : {}) })),
  )
  for (const [year, at] of [
    ['2025', 0],
    ['2026', 250],
  ] as const) {
    await source.json('PUT', `/people-${year}`, { settings: { ...two, number_of_shards: 1 }, aliases: { people: {} } })
    await load(source, `people-${year}`, people(250, at))
  }
  if (!hasStreams) return
  await source.json('PUT', '/_index_template/events', {
    index_patterns: ['events'],
    data_stream: {},
    template: { settings: { number_of_replicas: 0 } },
  })
  await source.json('PUT', '/_data_stream/events')
  for (const generation of [0, 1]) {
    const lines = Array.from(
      { length: 150 },
      (_, i) => `{"create":{"_id":"e${150 * generation + i}"}}\n{"@timestamp":"2026-11-2${generation}T10:00:00Z","n":${i}}\n`,
    )
    await bulk(source, 'events', lines.join(''))
    if (generation === 0) await source.json('POST', '/events/_rollover')
  }
}

function ferryFor(pair: Pair, env: Environment = {}): Ferry {
  return ferryOf(pair, { SHARDFERRY_ENGINE: 'reindex', ...env })
}

interface Checked {
  readonly code: number | null
  /** The checks that found an error. */
  readonly errors: readonly string[]
  /** Of the question to the target itself. */
  readonly message: string
  readonly remedy: string
}

async function check(ferry: Ferry, selection: readonly string[], env: Environment = {}): Promise<Checked> {
  const outcome = await ferry.run(['check', ...selection, '--json'], env)
  expect(outcome.stderr).toBe('')
  const findings = eventsOf(outcome).filter(({ event }) => event === 'finding')
  const asked = findings.find(one => one['check'] === 'remote-reindex')
  return {
    code: outcome.code,
    errors: findings.filter(({ severity }) => severity === 'error').map(one => String(one['check'])),
    message: String(asked?.['message']),
    remedy: String(asked?.['remedy']),
  }
}

/** Does what a remedy says, and no more: the file it names, where it says; its lines; a restart of the node. */
async function follow({ source, target }: Pair, remedy: string): Promise<void> {
  expect(remedy).toContain(`In config/opensearch.yml of ${target.name}-0:`)
  const [, file = '', folder = ''] = /--source-ca\) as (\S+) into the folder config\/(\S+) of every node/.exec(remedy) ?? []
  mkdirSync(join(configOf(target), folder), { recursive: true })
  copyFileSync(source.caPath, join(configOf(target), folder, file))
  const lines = [...remedy.matchAll(/^ {2}([\w.]+: \[.*\])$/gm)].map(([, line]) => line)
  expect(lines).toHaveLength(2)
  await kill(target.name, 0)
  await revive(target.name, undefined, parse(lines.join('\n')) as Record<string, unknown>)
}

function configOf(site: SecuredSite): string {
  return join(dirname(site.caPath), '..', 'node-0', 'config')
}

/** One side as by-hand.sh takes it. */
function sideOf(side: 'SOURCE' | 'TARGET', { urls, caPath, user }: SecuredSite): Record<string, string> {
  const { host } = new URL(urls)
  return { [side]: host, [`${side}_CA`]: caPath, [`${side}_ADMIN`]: `${user.username}:${user.password}` }
}
