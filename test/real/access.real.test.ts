/**
 * Least privilege: granted, enough and no more than that, and taken back. The gate tries one pair; all of them, or others:
 * SHARDFERRY_PAIRS=all npx vitest run --project real test/real/access
 * SHARDFERRY_PAIRS='elasticsearch-8.19.21 opensearch-3.4.0, …' npx vitest run --project real test/real/access
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { lacksOf, recipeOf } from '../../lab/dists.ts'
import { reindexRoute } from '../../src/model/reindex-routes.ts'
import { parseVersion } from '../../src/model/version.ts'
import { compare, definitionOf } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { ferryUser, grantedName, grantedUsers, secretsOf, sides } from '../support/granted.ts'
import type { Side } from '../support/granted.ts'
import { pairsToTry, startSource, startTarget, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import type { User } from '../support/site.ts'

const gatePair = 'elasticsearch-7.10.2 opensearch-2.19.4'

/** Every secured dist as the source and as the target; and, by the target's own `_reindex`, wherever one can read from another. */
const allPairs = [
  gatePair,
  'elasticsearch-7.10.2 elasticsearch-7.10.2',
  'elasticsearch-8.19.21 elasticsearch-9.5.3',
  'elasticsearch-9.5.3 elasticsearch-8.19.21',
  'opensearch-2.19.4 opensearch-3.4.0',
  'opensearch-3.4.0 elasticsearch-7.10.2',
  'elasticsearch-8.19.21 opensearch-3.4.0',
  'elasticsearch-9.5.3 opensearch-2.19.4',
]

const name = 'test-real-access'

/** By a pattern, without one by its name, and one by its alias: each way to select takes rights of its own. */
const selection = ['--index', 'logs-*,-logs-secret,staff']

describe.each(pairsToTry(gatePair, allPairs))('%s → %s', (sourceDist, targetDist) => {
  let pair: Pair
  /** Where the target has a `_reindex` that can read from the source, it carries what is steered. */
  const engine = readsByReindex(sourceDist, targetDist) ? 'reindex' : 'stream'
  const isXPack = (side: Side): boolean => (side === 'source' ? sourceDist : targetDist).startsWith('elasticsearch')

  beforeAll(async () => {
    const source = await startSource(name, { dist: sourceDist, heap: '450m' })
    const trust = engine === 'reindex' ? { trust: [source.name] } : {}
    pair = { source, target: await startTarget(name, { dist: targetDist, heap: '450m', ...trust }) }
    // Of the plugin's own: gives every user the right to bulk requests, so that a missing one would not show.
    for (const side of sides.filter(one => !isXPack(one)))
      await pair[side].send('DELETE', '/_plugins/_security/api/rolesmapping/own_index')
    const settings = { number_of_shards: 2, number_of_replicas: 0, refresh_interval: '7s' }
    for (const [index, alias] of Object.entries({ 'logs-a': 'recent', 'logs-secret': 'hidden', people: 'staff' })) {
      await pair.source.json('PUT', `/${index}`, { settings, aliases: { [alias]: {} } })
      await load(pair.source, index, people(120))
    }
  })
  afterAll(() => stop(name, pair?.source, pair?.target))

  test('with what is granted, and nothing more, every command of a migration passes', async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'job' })
    expect(await admin.run(['access', 'grant', ...selection])).toMatchObject({ code: 0, stderr: '' })
    const ferry = ferryOf(pair, { ...grantedUsers(admin, 'job'), SHARDFERRY_NAME: 'job' })

    const checked = await ferry.run(['check', ...selection, '--json'])
    expect(
      eventsOf(checked).filter(
        // That the target is older than the source is no matter of rights.
        ({ event, check, severity }) => event === 'finding' && check !== 'versions' && severity !== 'ok' && severity !== 'info',
      ),
    ).toEqual([])
    expect(checked).toMatchObject({ code: 0, stderr: '' })
    expect(await ferry.run(['plan', ...selection])).toMatchObject({ code: 0, stderr: '' })
    edit(join(ferry.folder, 'plan.yaml'), tasks => {
      const strict = {
        dynamic: 'strict',
        properties: { n: { type: 'long' }, name: { type: 'keyword' }, even: { type: 'boolean' } },
      }
      Object.assign(
        tasks.find(task => task['source'] === 'people')!,
        { mappings: strict },
      )
    })
    expect(await ferry.run(['run', 'plan.yaml'])).toMatchObject({ code: 4, stderr: '' })
    expect((await ferry.run(['rejected', 'list'])).stdout).toContain('120 × people')
    await pair.target.json('PUT', '/people/_mapping', { properties: { note: { type: 'keyword' } } })
    const retried = await ferry.run(['rejected', 'retry'])
    expect(retried).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('No documents are set aside any more') as string,
    })

    await load(pair.source, 'logs-a', people(30, 120))
    for (const id of ['p3', 'p77']) await pair.source.json('DELETE', `/logs-a/_doc/${id}`)
    expect(await ferry.run(['copy', ...selection])).toMatchObject({ code: 0, stderr: '' })
    expect(await ferry.status()).toMatchObject({ state: 'done', report: { verdict: 'exact', balanced: true } })
    // Documents are equal; mappings are what the edited plan made of them, and told.
    const verified = await ferry.run(['verify'])
    expect(verified).toMatchObject({ code: 5, stderr: '' })
    expect(verified.stdout).toMatch(/people: digest \w+ on both sides/)
    expect(await compare(pair, 'logs-a')).toEqual({ documents: 148, differences: [] })
    expect(await compare(pair, 'people')).toEqual({ documents: 120, differences: [] })
    const { aliases, settings } = await definitionOf(pair.target, 'people')
    expect([Object.keys(aliases), settings['index.refresh_interval']]).toEqual([['staff'], '7s'])
    await load(pair.target, 'people', [{ id: 'p7', source: '{"n":-7}' }])
    await pair.target.json('DELETE', '/people/_doc/p8?refresh=true')
    const repaired = await ferry.run(['verify', '--repair'])
    expect(repaired).toMatchObject({ code: 5, stderr: '' })
    expect(repaired.stdout).toMatch(/Repaired: 2 written.* 0 differences remain/)
    expect(await compare(pair, 'people')).toEqual({ documents: 120, differences: [] })
    expect(await ferry.status()).toMatchObject({ state: 'done' })
    expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })

    // Nothing more: what was not selected stays out of reach, and so does anything that is not needed.
    for (const [side, method, path] of [
      ['source', 'GET', '/logs-secret/_search'],
      ['source', 'DELETE', '/logs-a'],
      ['target', 'GET', '/logs-secret/_search'],
      ['target', 'PUT', '/other'],
      ['target', 'DELETE', '/logs-a'],
    ] as const)
      expect(await statusAs(pair, side, ferryUser(admin, 'job', side), method, path)).toBe(403)
    expect(await admin.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'job')).toEqual([])
  })

  test(`with what is granted a copy by the engine ${engine} is watched, paused, slowed, resumed and verified`, async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'steered' })
    const copied = ['--index', 'people', '--rename', 'steered', '--engine', engine]
    expect(await admin.run(['access', 'grant', ...copied])).toMatchObject({ code: 0, stderr: '' })
    const own = { ...grantedUsers(admin, 'steered'), SHARDFERRY_NAME: 'steered', SHARDFERRY_PARTITION_DOCS: '30' }
    const ferry = ferryOf(pair, own)
    expect(await ferry.run(['check', ...copied])).toMatchObject({ code: 0, stderr: '' })
    const running = ferry.start(['copy', ...copied, '--docs-per-second', '10'])
    await ferry.statusWhen(({ state, progress }) => state === 'running' && progress?.phase === 'copying', 'the copy')
    expect(await ferry.run(['throttle', '--docs-per-second', '20'])).toMatchObject({ code: 0, stderr: '' })
    await ferry.statusWhen(({ progress }) => (progress?.total.counts.written ?? 0) > 0, 'documents to be written')
    expect(await ferry.run(['pause', '--reason', 'lunch'])).toMatchObject({ code: 0, stderr: '' })
    await ferry.statusWhen(({ state, progress }) => state === 'paused' && progress?.paused === true, 'the pause')
    expect(await ferry.run(['throttle', '--docs-per-second', '0'])).toMatchObject({ code: 0, stderr: '' })
    expect(await ferry.run(['resume'])).toMatchObject({ code: 0, stderr: '' })
    expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
    expect(await ferry.status()).toMatchObject({ state: 'done', report: { verdict: 'exact' } })
    expect(await ferry.run(['verify', '--compare', 'values'])).toMatchObject({ code: 0, stderr: '' })
    expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await admin.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'steered')).toEqual([])
  })

  test('with any one privilege taken away, check names it', async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'lacking' })
    const fresh = ['--index', 'logs-*,-logs-secret', '--rename', '{index}-lacking', '--engine', engine]
    expect(await admin.run(['access', 'grant', ...fresh])).toMatchObject({ code: 0, stderr: '' })
    const ferry = ferryOf(pair, grantedUsers(admin, 'lacking'))
    const unnamed: string[] = []
    for (const side of sides) {
      const role = grantedName('lacking', side)
      const path = isXPack(side) ? `/_security/role/${role}` : `/_plugins/_security/api/roles/${role}`
      const whole = writableRole((await pair[side].json<Record<string, object>>('GET', path))[role]!)
      for (const { privilege, rest } of withoutEach(whole)) {
        // It is in indices_monitor too.
        if (privilege === 'indices:monitor/settings/get') continue
        await pair[side].json('PUT', path, rest)
        const { stdout, stderr } = await ferry.run(['check', ...fresh])
        if (!`${stdout}${stderr}`.includes(privilege.replace('*', ''))) unnamed.push(`${side} ${privilege}`)
      }
      await pair[side].json('PUT', path, whole)
    }
    expect(unnamed).toEqual([])
    expect(await ferry.run(['check', ...fresh])).toMatchObject({ code: 0, stderr: '' })
    expect(await admin.run(['access', 'revoke'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'lacking')).toEqual([])
  })

  test('a grant may be told beforehand, repeated, rotated and revoked; its secrets stand in one file each and nowhere else', async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'again' })
    const grant = ['access', 'grant', '--index', 'logs-a', '--rename', 'logs-again']
    const told = await admin.run([...grant, '--dry-run'])
    expect(told).toMatchObject({ code: 0, stderr: '' })
    expect(told.stdout).toMatch(/would create role shardferry-again-reader on the source with .*on logs-a: .*read/)
    expect(existsSync(admin.state)).toBe(false)
    expect(await made(pair, isXPack, 'again')).toEqual([])

    const first = await admin.run(grant)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const before = secretsOf(admin, 'again')
    expect(Object.keys(before)).toEqual(['shardferry-again-reader', 'shardferry-again-writer'])
    expect(await made(pair, isXPack, 'again')).toEqual(['shardferry-again-reader', 'shardferry-again-writer'])
    const second = await admin.run(grant)
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).toContain('its password still holds')
    expect(secretsOf(admin, 'again')).toEqual(before)
    for (const side of sides) expect(await statusAs(pair, side, ferryUser(admin, 'again', side), 'GET', '/logs-a')).not.toBe(401)

    const rotated = await admin.run([...grant, '--rotate', '--side', 'target'])
    expect(rotated).toMatchObject({ code: 0, stderr: '' })
    const after = secretsOf(admin, 'again')
    expect(after['shardferry-again-reader']).toBe(before['shardferry-again-reader'])
    expect(after['shardferry-again-writer']).not.toBe(before['shardferry-again-writer'])
    const old = { username: 'shardferry-again-writer', password: before['shardferry-again-writer']! }
    expect(await statusAs(pair, 'target', old, 'GET', '/')).toBe(401)
    for (const secret of [...Object.values(before), ...Object.values(after)]) {
      for (const { stdout } of [first, second, rotated]) expect(stdout).not.toContain(secret)
      for (const file of filesUnder(join(admin.state, 'again')).filter(path => !path.includes('/secrets/')))
        expect(readFileSync(file, 'latin1')).not.toContain(secret)
    }

    const printed = await admin.run([...grant, '--rotate', '--print', '--side', 'source'])
    const shown = /export SHARDFERRY_SOURCE_PASSWORD='([^']+)'/.exec(printed.stdout)?.[1] ?? ''
    expect(await statusAs(pair, 'source', { username: 'shardferry-again-reader', password: shown }, 'GET', '/')).toBe(200)
    expect(Object.keys(secretsOf(admin, 'again'))).toEqual(['shardferry-again-writer'])

    expect(await admin.run(['access', 'revoke', '--side', 'source'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'again')).toEqual(['shardferry-again-writer'])
    expect(await admin.run(['access', 'revoke'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'again')).toEqual([])
    expect(secretsOf(admin, 'again')).toEqual({})
    expect((await admin.run(['access', 'revoke'])).stdout).toContain('Nothing is granted')
  })

  test('a user that is there already is left as it is', async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'theirs' })
    const name = 'shardferry-theirs-writer'
    const path = isXPack('target') ? `/_security/user/${name}` : `/_plugins/_security/api/internalusers/${name}`
    const theirs = { username: name, password: 'Their-own-word-16180' }
    await pair.target.json('PUT', path, { password: theirs.password, ...(isXPack('target') ? { roles: [] } : {}) })
    const refused = await admin.run(['access', 'grant', '--index', 'logs-a', '--rename', 'theirs', '--side', 'target'])
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('access-exists') as string })
    expect(await statusAs(pair, 'target', theirs, 'GET', '/logs-a')).not.toBe(401)
    // The role that was made before it goes, and the user stays.
    expect(await admin.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await statusAs(pair, 'target', theirs, 'GET', '/logs-a')).not.toBe(401)
    await pair.target.json('DELETE', path)
    expect(await made(pair, isXPack, 'theirs')).toEqual([])
  })

  test.each(['step-applied:1', 'step-applied:2'])(
    'killed at %s, a grant goes on, and complete removes all of it',
    async point => {
      const admin = ferryOf(pair, { SHARDFERRY_NAME: 'killed' })
      const grant = ['access', 'grant', '--index', 'logs-a', '--rename', 'logs-again']
      expect((await admin.run(grant, { SHARDFERRY_CRASH_AT: point })).signal).toBe('SIGKILL')
      expect(await admin.run(grant)).toMatchObject({ code: 0, stderr: '' })
      for (const side of sides)
        expect(await statusAs(pair, side, ferryUser(admin, 'killed', side), 'GET', '/logs-a')).not.toBe(401)
      expect(await admin.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
      expect(await made(pair, isXPack, 'killed')).toEqual([])
    },
  )

  test('complete shows its list first, asks, does what it can without a cluster, says what is left, and goes on', async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'parted' })
    const copied = ['--index', 'logs-a', '--rename', 'parted']
    expect(await admin.run(['access', 'grant', ...copied])).toMatchObject({ code: 0 })
    expect((await admin.run(['copy', ...copied], { SHARDFERRY_CRASH_AT: 'round-closed' })).signal).toBe('SIGKILL')
    const told = await admin.run(['complete', '--dry-run'])
    expect(told).toMatchObject({ code: 0, stderr: '' })
    for (const line of ['- give index parted back its index.refresh_interval', 'user shardferry-parted-reader on the source'])
      expect(told.stdout).toContain(line)
    for (const line of ['Only a person can undo', 'public addresses', 'firewall rules']) expect(told.stdout).toContain(line)
    // The stream asks nothing of the nodes.
    expect(told.stdout).not.toContain('reindex.')
    expect(await admin.run(['complete'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as string })
    expect(await made(pair, isXPack, 'parted')).toHaveLength(2)

    const gone = await admin.run(['complete', '--yes'], { SHARDFERRY_SOURCE_URL: 'https://127.0.0.1:9' })
    expect(gone).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('user shardferry-parted-reader on the source') as string,
    })
    expect(await made(pair, isXPack, 'parted')).toEqual(['shardferry-parted-reader'])
    const { settings } = await definitionOf(pair.target, 'parted')
    expect(settings['index.refresh_interval']).toBe('7s')
    // The one who copies may not remove users: that is told too.
    const copier = await admin.run(['complete', '--yes'], grantedUsers(admin, 'parted', ['source']))
    expect(copier).toMatchObject({ code: 8, stderr: expect.stringContaining('may manage security') as string })
    expect(await admin.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'parted')).toEqual([])
    expect(await admin.run(['complete'])).toMatchObject({ code: 0, stderr: '' })
    expect(await compare(pair, 'logs-a', { target: 'parted' })).toMatchObject({ differences: [] })
  })

  test('an API key does the work of a user, expires, and is revoked by its own name', async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'keys' })
    const side = sides.find(isXPack)
    const grant = ['access', 'grant', '--index', 'logs-a', '--rename', 'keyed', '--api-key', '--expires', '2h', '--side']
    for (const plugin of sides.filter(one => !isXPack(one)))
      expect(await admin.run([...grant, plugin])).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('no API keys') as string,
      })
    if (side === undefined) return
    expect(await admin.run([...grant, side])).toMatchObject({ code: 0, stderr: '' })
    const [[name, key] = ['', '']] = Object.entries(secretsOf(admin, 'keys'))
    const prefix = `SHARDFERRY_${side.toUpperCase()}`
    const withKey = { [`${prefix}_USERNAME`]: undefined, [`${prefix}_PASSWORD`]: undefined, [`${prefix}_API_KEY`]: key }
    const checked = await admin.run(['check', '--index', 'logs-a', '--rename', 'keyed'], withKey)
    expect(checked.stdout).toContain('may do everything the plan needs')
    expect(checked.code === 0 ? '' : checked.stdout).toBe('')
    expect(checked).toMatchObject({ code: 0, stderr: '' })
    expect((await admin.run([...grant, side])).stdout).toContain(`API key ${name} on the ${side} stays as it is`)
    const { api_keys: keys } = await pair[side].json<{ api_keys: { creation: number; expiration: number }[] }>(
      'GET',
      `/_security/api_key?name=${name}`,
    )
    expect(keys.map(one => one.expiration - one.creation)).toEqual([2 * 3_600_000])
    expect(await admin.run([...grant, side, '--rotate'])).toMatchObject({ code: 0, stderr: '' })
    expect(await admin.run(['check', '--index', 'logs-a', '--rename', 'keyed'], withKey)).toMatchObject({ code: 3 })
    expect(Object.keys(secretsOf(admin, 'keys'))).not.toEqual([name])
    expect(await admin.run(['access', 'revoke'])).toMatchObject({ code: 0, stderr: '' })
    expect(secretsOf(admin, 'keys')).toEqual({})
  })

  test("the guide's own grants are its own, or it is told what is in the way", async () => {
    const admin = ferryOf(pair, { SHARDFERRY_NAME: 'guide' })
    const source = await admin.run(['access', 'grant', '--guide', '--side', 'source'])
    if (sourceDist === 'elasticsearch-7.10.2' || !isXPack('source')) {
      expect(source).toMatchObject({ code: 6, stderr: expect.stringContaining('viewer') as string })
      expect(source.stderr).toContain('Leave --guide out')
    } else {
      expect(source).toMatchObject({ code: 0, stderr: '' })
      const name = 'shardferry-guide-reader'
      const user = (await pair.source.json<Record<string, object>>('GET', `/_security/user/${name}`))[name]
      expect(user).toMatchObject({ roles: ['monitoring_user', 'viewer'] })
    }
    const granted = await admin.run(['access', 'grant', '--guide', '--side', 'target'])
    expect(granted).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('cluster:monitor/main') as string })
    const checked = await admin.run(
      ['check', '--index', 'logs-a', '--rename', 'guided'],
      grantedUsers(admin, 'guide', ['target']),
    )
    expect(checked.code).toBe(6)
    expect(checked.stdout).toMatch(/✗ connection.*cluster:monitor\/main/s)
    const name = grantedName('guide', 'target')
    const path = isXPack('target') ? `/_security/role/${name}` : `/_plugins/_security/api/roles/${name}`
    const role = (await pair.target.json<Record<string, object>>('GET', path))[name]
    expect(role).toMatchObject(
      isXPack('target')
        ? { cluster: [], indices: [{ names: ['*'], privileges: ['create_index', 'write'] }] }
        : { index_permissions: [{ index_patterns: ['*'], allowed_actions: ['create_index', 'write'] }] },
    )
    expect(await admin.run(['access', 'revoke'])).toMatchObject({ code: 0, stderr: '' })
    expect(await made(pair, isXPack, 'guide')).toEqual([])
  })
})

function readsByReindex(sourceDist: string, targetDist: string): boolean {
  if (lacksOf(targetDist, true).includes('reindex from remote')) return false
  const [source, target] = [sourceDist, targetDist].map(dist => {
    const { product, version } = recipeOf(dist)
    return { flavor: product, version: parseVersion(version)! }
  })
  return reindexRoute(source!, target!).verdict === 'works'
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

async function statusAs(pair: Pair, side: Side, user: User, method: 'GET' | 'PUT' | 'DELETE', path: string): Promise<number> {
  return (await pair[side].as(user, method, path)).status
}

/** Names of users, roles and mappings that are left of grants on either cluster. */
async function made(pair: Pair, isXPack: (side: Side) => boolean, migration: string): Promise<string[]> {
  const names = new Set<string>()
  for (const side of sides) {
    const paths = isXPack(side)
      ? ['/_security/user', '/_security/role']
      : ['roles', 'internalusers', 'rolesmapping'].map(what => `/_plugins/_security/api/${what}`)
    for (const path of paths)
      for (const name of Object.keys(await pair[side].json<object>('GET', path)))
        if (name.startsWith(`shardferry-${migration}-`)) names.add(name)
  }
  return [...names].sort()
}

/** The role as it may be put: without what servers add. */
function writableRole(role: object): object {
  const { transient_metadata: _t, reserved: _r, hidden: _h, static: _s, ...rest } = role as Record<string, unknown>
  return rest
}

/** The role without each of its privileges in turn, wherever it stands. */
function withoutEach(role: object): { privilege: string; rest: object }[] {
  const lists = ['cluster', 'privileges', 'cluster_permissions', 'allowed_actions']
  const all = new Set<string>()
  const copied = (value: unknown, without: string | undefined): unknown => {
    if (Array.isArray(value)) return value.map(one => copied(one, without)).filter(one => !isEmptied(one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => {
        if (!lists.includes(key)) return [key, copied(one, without)]
        for (const privilege of one as string[]) all.add(privilege)
        return [key, (one as string[]).filter(privilege => privilege !== without)]
      }),
    )
  }
  copied(role, undefined)
  return [...all].map(privilege => ({ privilege, rest: copied(role, privilege) as object }))
}

/** X-Pack takes no entry without privileges. */
function isEmptied(entry: unknown): boolean {
  return ((entry as { privileges?: string[] }).privileges ?? ['any']).length === 0
}

function edit(file: string, change: (tasks: Record<string, unknown>[]) => void): void {
  const plan = parse(readFileSync(file, 'utf8')) as { indices: Record<string, unknown>[] }
  change(plan.indices)
  writeFileSync(file, stringify(plan))
}
