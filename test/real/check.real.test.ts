/** What `check` says of two secured clusters: every finding with what was seen and what to do, and what is pasted helps. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requirePastable } from '../../src/preflight/pastable.test-part.ts'
import { everythingOn } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { startSource, startTarget, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import type { Environment } from '../support/shardferry.ts'
import type { Method, Site } from '../support/site.ts'
import { nodeCertificate, tlsFront } from '../support/tls-front.ts'
import { until } from '../support/until.ts'

const name = 'test-real-check'
const single = { number_of_shards: 1, number_of_replicas: 0 }
let pair: Pair
/** The source as the target's allow-list has it; it is the same by another name. */
let byName: string

beforeAll(async () => {
  const source = await startSource(name)
  const settings = {
    'reindex.ssl.certificate_authorities': [source.caPath],
    'reindex.remote.allowlist': ['localhost:*'],
    'plugins.security.ssl.certificates_hot_reload.enabled': true,
  }
  pair = { source, target: await startTarget(name, { settings }) }
  byName = source.urls.replace('127.0.0.1', 'localhost')
  for (const index of ['orders', 'customers']) await source.json('PUT', `/${index}`, { settings: single })
  await load(source, 'orders', people(50))
})
afterAll(() => stop(name, pair?.source, pair?.target))

interface Finding {
  readonly check: string
  readonly about: string
  readonly severity: string
  readonly message: string
  readonly remedy?: string
}

interface Checked {
  readonly code: number | null
  readonly findings: readonly Finding[]
  /** Those of one check. */
  readonly of: (check: string) => readonly Finding[]
}

async function check(args: readonly string[] = [], env: Environment = {}, sides: Pair = pair): Promise<Checked> {
  const outcome = await ferryOf(sides).run(['check', '--index', 'orders', '--json', ...args], env)
  const events = eventsOf(outcome)
  expect(outcome.stderr).toBe('')
  expect(events.at(-1)).toMatchObject({ event: 'checked', exitCode: outcome.code })
  const findings = events.filter(({ event }) => event === 'finding') as unknown as Finding[]
  requirePastable(findings)
  for (const { severity, message, remedy } of findings)
    if (!['ok', 'info'].includes(severity)) expect({ message, remedy }).toEqual({ message, remedy: expect.stringMatching(/./) })
  return { code: outcome.code, findings, of: id => findings.filter(finding => finding.check === id) }
}

/** Sends the calls of a remedy, as an administrator would. */
async function paste(site: Site, remedy: string | undefined): Promise<void> {
  const calls = [...(remedy ?? '').matchAll(/\b(PUT|POST|DELETE) (\/\S+) (\{.*\})$/gm)]
  expect(calls).not.toHaveLength(0)
  for (const [, method, path = '', body = ''] of calls) await site.json(method as Method, path, body)
}

const reindex = (host: string): string[] => ['--engine', 'reindex', '--remote-host', host]

function fingerprint(file: string): string {
  return new X509Certificate(readFileSync(file)).fingerprint256.replaceAll(':', '').toLowerCase()
}

test('two good clusters: who answers, by which certificates, on which nodes; reindex is asked of the target, and nothing is left there', async () => {
  const before = await everythingOn(pair.target)
  const { code, of, findings } = await check(reindex(byName))
  expect(findings.filter(({ severity }) => !['ok', 'info'].includes(severity))).toEqual([])
  expect(code).toBe(0)
  expect(of('remote-reindex')).toMatchObject([
    { severity: 'ok', message: expect.stringContaining(`reads from ${byName}: allowed`) },
  ])
  for (const [at, site] of [pair.source, pair.target].entries()) {
    const chain = of('certificates')[at]?.message
    expect(chain).toMatch(/verified by the CA given.*O=lab, CN=node.*issued by O=lab, CN=lab CA of .*, expires 20\d\d-\d\d-\d\d/s)
    expect(chain).toContain(`SHA-256 ${fingerprint(site.caPath)}`)
    expect(chain).toContain(`SHA-256 ${fingerprint(join(dirname(site.caPath), 'node.pem'))}`)
    expect(of('hosts')[at]?.message).toMatch(
      /^1 node; the elected master is test-real-check-\w+-0\.\n.* 127\.0\.0\.1:\d+: .*\(elected\)$/,
    )
  }
  expect(await everythingOn(pair.target)).toEqual(before)
})

test('127.0.0.1 where the allow-list says localhost: the line for each node, with what is there already', async () => {
  const { host } = new URL(pair.source.urls)
  const { code, of } = await check(['--engine', 'reindex'])
  const [found] = of('remote-reindex')
  expect(code).toBe(6)
  expect(found).toMatchObject({ severity: 'error', about: 'target' })
  expect(found?.message).toContain(
    `may not read from ${host}, which is not in their reindex.remote.allowlist. It has localhost:*`,
  )
  expect(found?.remedy).toContain(`--remote-host ${byName}\n`)
  expect(found?.remedy).toContain('config/opensearch.yml of test-real-check-target-0:')
  expect(found?.remedy).toContain(`\n  reindex.remote.allowlist: ["localhost:*","${host}"]\n`)
  expect(found?.remedy).toMatch(/static.*restart/)
})

test("a CA that the target's nodes do not trust: the setting that makes them, and where the file goes", async () => {
  const port = await tlsFront(pair.source, { signedBy: pair.target, days: 3 })
  const [found] = (await check(reindex(`https://localhost:${port}`))).of('remote-reindex')
  expect(found?.message).toMatch(/do not trust the certificate of localhost:\d+ \(PKIX path/)
  expect(found?.remedy).toMatch(
    /config\/certs of every node \(test-real-check-target-0\).*opensearch\.yml.*\n {2}reindex\.ssl\.certificate_authorities: \["certs\/source-ca\.pem"\]\n.*static/s,
  )
})

test('an expired certificate, as this machine and as the nodes see it', async () => {
  const port = await tlsFront(pair.source, { signedBy: pair.source, days: -1 })
  const url = `https://localhost:${port}`
  const { code, of } = await check(reindex(url), { SHARDFERRY_SOURCE_URL: url })
  expect(code).toBe(3)
  expect(of('connection')[0]).toMatchObject({ about: 'source', severity: 'error', message: expect.stringContaining('expired') })
  expect(of('certificates')[0]).toMatchObject({
    severity: 'error',
    remedy: expect.stringMatching(/^Renew it on the source's nodes/),
  })
  expect(of('certificates')[0]?.message).toMatch(/certificate of O=lab, CN=node has expired, on 20/)
  expect(of('remote-reindex')[0]).toMatchObject({
    severity: 'error',
    message: expect.stringMatching(/has expired.*validity check/),
  })
  expect(of('health').map(({ about, severity }) => `${about} ${severity}`)).toEqual(['source unknown', 'target ok'])
})

test('a certificate that has expired on a node, and one that soon will: renewed in their place, they are taken up without a restart', async () => {
  // OpenSearch takes none up that has expired already.
  const sides = [
    { site: pair.source, days: -1 },
    { site: pair.target, days: 3 },
  ].map(side => ({ ...side, file: join(dirname(side.site.caPath), 'node.pem') }))
  const good = sides.map(({ file }) => readFileSync(file))
  const told = async (code: number, ...wanted: readonly string[]): Promise<Checked> =>
    await until(`the certificates to be ${wanted.join(' and ')}`, async () => {
      const checked = await check()
      const severities = checked.of('certificates').map(({ severity }) => severity)
      return checked.code === code && severities.join() === wanted.join() ? checked : undefined
    })
  try {
    for (const { site, days, file } of sides)
      writeFileSync(file, `${await nodeCertificate(site, days)}${readFileSync(site.caPath, 'utf8')}`)
    const { of } = await told(3, 'error', 'warning')
    expect(of('certificates').map(({ message }) => message)).toEqual([
      expect.stringContaining('the certificate of O=lab, CN=node has expired, on 20'),
      expect.stringContaining('the certificate of O=lab, CN=node expires in 2 days'),
    ])
    for (const { remedy } of of('certificates')) {
      expect(remedy).toContain('Elasticsearch takes up changed files by itself')
      expect(remedy).toContain('plugins.security.ssl.certificates_hot_reload.enabled: true')
    }
  } finally {
    for (const [i, { file }] of sides.entries()) writeFileSync(file, good[i]!)
  }
  const renewed = await told(0, 'ok', 'ok')
  expect(renewed.findings.filter(({ severity }) => severity === 'error')).toEqual([])
})

test('the CA of the other cluster: which CA was given, which one signed', async () => {
  const { code, of } = await check([], { SHARDFERRY_SOURCE_CA: pair.target.caPath })
  expect(code).toBe(3)
  expect(of('certificates')[0]?.message).toMatch(
    /not signed by the CA given \(--source-ca: O=lab, CN=lab CA of test-real-check-target\).*issued by O=lab, CN=lab CA of test-real-check-source/s,
  )
  expect(of('certificates')[1]).toMatchObject({ about: 'target', severity: 'ok' })
})

test('a self-signed CA that the server sends is kept on request, and then trusted when it is given', async () => {
  const port = await tlsFront(pair.source, { signedBy: pair.source, days: 300, sendCa: true })
  const ferry = ferryOf(pair, { SHARDFERRY_SOURCE_URL: `https://localhost:${port}`, SHARDFERRY_SOURCE_CA: undefined })
  const args = ['check', '--index', 'orders', '--save-ca', '{side}.pem']
  const first = await ferry.run(args)
  const file = join(ferry.folder, 'source.pem')
  expect(first.code).toBe(3)
  expect(first.stdout).toContain(`SHA-256 ${fingerprint(file)}`)
  expect(first.stdout).toContain(' --source-ca source-ca.pem\n')
  expect(fingerprint(file)).toBe(fingerprint(pair.source.caPath))
  expect(await ferry.run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be written (EEXIST)') })
  expect(await ferry.run(['check', '--index', 'orders'], { SHARDFERRY_SOURCE_CA: file })).toMatchObject({ code: 0, stderr: '' })
})

test('a wrong password of the source: the target is looked at all the same, and its nodes are refused too', async () => {
  const { code, of } = await check(reindex(byName), { SHARDFERRY_SOURCE_PASSWORD: 'Wrong-password-1' })
  expect(code).toBe(3)
  expect(of('connection')).toMatchObject([
    { about: 'source', severity: 'error', message: expect.stringContaining('401') },
    { about: 'target', severity: 'ok' },
  ])
  expect(of('remote-reindex')).toMatchObject([{ severity: 'error', message: expect.stringMatching(/does not accept .*401/) }])
})

test("the guide's reader, monitoring_user and viewer: what works, what degrades, what to add; with that, all is well", async () => {
  const { source } = pair
  // As Elasticsearch 7.11 and up have it.
  const viewer = { indices: [{ names: ['/~(([.]|ilm-history-).*)/'], privileges: ['read', 'view_index_metadata'] }] }
  await source.json('PUT', '/_security/role/viewer', viewer)
  const user = { password: source.user.password, roles: ['monitoring_user', 'viewer'] }
  await source.json('PUT', '/_security/user/guide', user)
  const env = { SHARDFERRY_SOURCE_USERNAME: 'guide' }
  const { code, of } = await check(reindex(byName), env)
  expect(code).toBe(10)
  const [works, ...lacks] = of('privileges').filter(({ about }) => about === 'source')
  expect(works).toMatchObject({
    severity: 'info',
    message: 'guide may search and count documents, read page after page, and read settings, mappings and aliases.',
  })
  expect(lacks.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'warning: guide lacks the cluster privilege monitor: health and load of the source cannot be watched.',
    'warning: guide lacks the index privilege monitor on orders: it is read by slices, and what is written meanwhile is not carried over.',
    'warning: guide lacks the index privilege maintenance on orders: it is read by slices, and what is written meanwhile is not carried over.',
  ])
  expect(of('sequence-numbers')).toMatchObject([{ about: 'orders', severity: 'warning' }])
  expect(of('health')[0]).toMatchObject({ about: 'source', severity: 'unknown' })
  expect(of('remote-reindex')).toMatchObject([{ severity: 'ok' }])

  await paste(source, lacks[0]?.remedy)
  await source.json('PUT', '/_security/user/guide', { ...user, roles: [...user.roles, 'shardferry_source'] })
  expect((await check(reindex(byName), env)).code).toBe(0)
})

test('a target user without a role mapping, then with one that only creates and writes: each missing right is named', async () => {
  const { target } = pair
  const api = '/_plugins/_security/api'
  await target.json('PUT', `${api}/internalusers/unmapped`, { password: target.user.password })
  const env = { SHARDFERRY_TARGET_USERNAME: 'unmapped' }
  const unmapped = await check([], env)
  expect(unmapped.code).toBe(6)
  const [, found] = unmapped.of('connection')
  expect(found).toMatchObject({ about: 'target', severity: 'error', message: expect.stringContaining('no role is mapped to it') })

  await target.json('PUT', `${api}/roles/writer`, {
    cluster_permissions: ['cluster_composite_ops', 'cluster:monitor/main'],
    index_permissions: [{ index_patterns: ['*'], allowed_actions: ['create_index', 'write'] }],
  })
  await paste(target, found?.remedy?.replaceAll('ROLE', 'writer'))
  const mapped = await check([], env)
  expect(mapped.code).toBe(6)
  expect(mapped.of('connection')[1]).toMatchObject({ about: 'target', severity: 'ok' })
  const lacks = mapped.of('privileges').filter(({ about, severity }) => about === 'target' && severity === 'error')
  expect(lacks.map(({ message }) => message).join('\n')).toMatch(/indices:admin\/get.*on orders/)
  expect(mapped.of('privileges').find(({ about, severity }) => about === 'target' && severity === 'info')?.message).toMatch(
    /unmapped may .*write documents/,
  )

  await paste(target, lacks.find(({ remedy }) => remedy?.includes('\nPUT'))?.remedy)
  expect((await check([], env)).code).toBe(0)
})

test('a read-only target: the block is named, and what is pasted takes it away', async () => {
  const { target } = pair
  await target.json('PUT', '/_cluster/settings', { persistent: { 'cluster.blocks.read_only': true } })
  const { code, of } = await check()
  expect(code).toBe(6)
  expect(of('target-blocks')).toMatchObject([{ severity: 'error', message: expect.stringContaining('cluster.blocks.read_only') }])
  await paste(target, of('target-blocks')[0]?.remedy)
  expect((await check()).code).toBe(0)
})

test('a target that is too old to read from the source by its own reindex: said, and the stream goes on', async () => {
  const swapped = { source: pair.target, target: pair.source }
  await pair.target.json('PUT', '/orders-new', { settings: single })
  const args = ['--index', 'orders-new']
  const old = await check([...args, '--engine', 'reindex'], {}, swapped)
  expect(old.of('engines').at(-1)).toMatchObject({
    severity: 'error',
    message: expect.stringContaining('Elasticsearch 7.10.2 wants _type in every hit'),
    remedy: expect.stringContaining('--engine stream'),
  })
  expect(old.code).toBe(6)
  expect((await check(args, {}, swapped)).of('engines').map(({ severity }) => severity)).toEqual(['ok', 'info'])
  await pair.target.json('DELETE', '/orders-new')
})

test('a synonym file, a pipeline and room for fields that the target lacks, and what the documents hold', async () => {
  const { source, target } = pair
  const config = join(dirname(source.caPath), '..', 'node-0', 'config')
  mkdirSync(join(config, 'analysis'), { recursive: true })
  writeFileSync(join(config, 'analysis', 'words.txt'), 'ship, ferry\n')
  const analysis = {
    filter: { words: { type: 'synonym', synonyms_path: 'analysis/words.txt' } },
    analyzer: { sea: { tokenizer: 'standard', filter: ['lowercase', 'words'] } },
  }
  await source.json('PUT', '/_ingest/pipeline/stamp', { processors: [{ set: { field: 'stamped', value: true } }] })
  await source.json('PUT', '/ships', {
    settings: { ...single, analysis, default_pipeline: 'stamp', 'index.mapping.total_fields.limit': 7 },
    mappings: {
      _source: { excludes: ['secret'] },
      properties: {
        title: { type: 'text', analyzer: 'sea' },
        secret: { type: 'keyword' },
        crew: { type: 'nested', properties: { rank: { type: 'keyword' } } },
        part: { type: 'join', relations: { ship: 'cabin' } },
      },
    },
  })
  const { code, of } = await check(['--index', 'ships'])
  expect(code).toBe(6)
  expect(of('definitions')[0]).toMatchObject({
    about: 'ships',
    severity: 'error',
    message: expect.stringContaining('synonyms_path'),
    remedy: expect.stringContaining('Copy the file that synonyms_path names'),
  })
  expect(of('field-limits')).toMatchObject([
    { about: 'ships', severity: 'warning', message: expect.stringMatching(/7 of 7 fields/) },
  ])
  expect(of('documents').map(({ severity, message }) => `${severity} ${message}`)).toEqual([
    expect.stringMatching(/^warning ships: .*_source\.includes or excludes/),
    expect.stringMatching(/^info ships: join fields/),
    expect.stringMatching(/^info ships: nested documents/),
  ])
  expect(of('pipelines')).toMatchObject([{ severity: 'warning', message: expect.stringContaining('no ingest pipeline stamp') }])
  await paste(target, of('pipelines')[0]?.remedy)
  expect((await check(['--index', 'ships'])).of('pipelines')).toMatchObject([{ severity: 'ok' }])
  expect(readFileSync(join(config, 'analysis', 'words.txt'), 'utf8')).toContain('ferry')
})
