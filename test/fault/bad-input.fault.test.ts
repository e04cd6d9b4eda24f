/** What people get wrong: each is one clear error with a code, a hint and an exit code, and the target stays as it was. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { compare, everythingOn } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { mayMount, smallDisk } from '../support/small-disk.ts'
import type { SmallDisk } from '../support/small-disk.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import type { Environment, Ferry, Outcome } from '../support/shardferry.ts'
import { tlsFront } from '../support/tls-front.ts'

let pair: Pair
let before: unknown
/** Answers every request with a page of HTML. */
let website: Server

beforeAll(async () => {
  pair = await sharedPair()
  const settings = { number_of_shards: 1, number_of_replicas: 0 }
  for (const index of ['orders', 'orders-2024', 'customers']) await pair.source.json('PUT', `/${index}`, { settings })
  await load(pair.source, 'orders', people(900))
  await pair.target.json('PUT', '/customers', { settings })
  website = createServer((_request, response) => response.end('<html>It works!</html>')).listen(0, '127.0.0.1')
  await once(website, 'listening')
})
afterAll(async () => {
  website?.close()
  await leave(pair)
})
beforeEach(async () => {
  before = await everythingOn(pair.target)
})

interface Refusal {
  readonly exit: number
  readonly code: string
  readonly message: RegExp
  /** Null where the message itself says what to do. */
  readonly hint: RegExp | null
}

/** One error with all of that, in text and as an event; no stack; nothing written on the target. */
async function isRefused(ferry: Ferry, args: readonly string[], wanted: Refusal, env: Environment = {}): Promise<void> {
  const [text, json] = [await ferry.run(args, env), await ferry.run([...args, '--json'], env)]
  expect({ code: text.code, stderr: text.stderr }).toEqual({
    code: wanted.exit,
    stderr: expect.stringContaining(`error [${wanted.code}]: `),
  })
  expect(text.stderr.match(/error \[/g)).toHaveLength(1)
  expect(text.stderr).not.toMatch(/\n\s+at /)
  const error = lastEvent(json)
  expect(error).toMatchObject({ event: 'error', code: wanted.code, exitCode: wanted.exit })
  expect(error.message).toMatch(wanted.message)
  if (wanted.hint === null) expect(error.hint).toBeNull()
  else expect(error.hint).toMatch(wanted.hint)
  expect(await everythingOn(pair.target)).toEqual(before)
}

function lastEvent(outcome: Outcome): { message: string; hint: string } {
  return eventsOf(outcome).at(-1) as { message: string; hint: string }
}

const copy = ['copy', '--index', 'orders']

test.each(['source', 'target'] as const)('a wrong password of the %s', async side => {
  const wanted = { exit: 3, code: 'unauthorized', message: new RegExp(`^The ${side} .*\\(401\\)`), hint: /password/ }
  const env = { [`SHARDFERRY_${side.toUpperCase()}_PASSWORD`]: 'Wrong-password-1' }
  await isRefused(ferryOf(pair), copy, wanted, env)
})

test.each(['source', 'target'] as const)("the other cluster's CA for the %s", async side => {
  const wanted = {
    exit: 3,
    code: 'tls-untrusted',
    message: new RegExp(`^The ${side} .*not trusted`),
    hint: new RegExp(`--${side}-ca`),
  }
  const other = side === 'source' ? pair.target : pair.source
  await isRefused(ferryOf(pair), copy, wanted, { [`SHARDFERRY_${side.toUpperCase()}_CA`]: other.caPath })
})

test('a port where nothing listens', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const wanted = { exit: 3, code: 'unreachable', message: /^The target .*ECONNREFUSED/, hint: /port/ }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_TARGET_URL: `https://127.0.0.1:${port}` })
})

test('http where the server speaks TLS', async () => {
  const wanted = { exit: 3, code: 'wrong-protocol', message: /^The source .*speaks TLS/, hint: /https:\/\/ instead of http:\/\// }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_SOURCE_URL: pair.source.urls.replace('https:', 'http:') })
})

test('https where the server does not speak TLS', async () => {
  const { port } = website.address() as AddressInfo
  const wanted = {
    exit: 3,
    code: 'wrong-protocol',
    message: /^The source .*does not speak TLS/,
    hint: /http:\/\/ instead of https:\/\//,
  }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_SOURCE_URL: `https://127.0.0.1:${port}` })
})

test('a server that is no cluster', async () => {
  const { port } = website.address() as AddressInfo
  const wanted = { exit: 3, code: 'not-a-cluster', message: /does not answer in JSON/, hint: /address of a node/ }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_SOURCE_URL: `http://127.0.0.1:${port}` })
})

test('a host that does not exist', async () => {
  const wanted = { exit: 3, code: 'unknown-host', message: /no-such-host\.invalid.*does not resolve/, hint: /DNS/ }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_SOURCE_URL: 'https://no-such-host.invalid:9200' })
})

test('an index whose primary shard is not assigned', async () => {
  const settings = { number_of_shards: 1, number_of_replicas: 0, 'routing.allocation.require._name': 'nosuch' }
  await pair.source.json('PUT', '/red?wait_for_active_shards=0', { settings })
  try {
    const wanted = { exit: 6, code: 'cluster-red', message: /source.*not assigned: red/, hint: /allocation\/explain/ }
    await isRefused(ferryOf(pair), ['copy', '--index', 'red'], wanted)
  } finally {
    await pair.source.json('DELETE', '/red')
  }
})

test('a name that no index has: near ones are suggested', async () => {
  const wanted = { exit: 6, code: 'index-unknown', message: /ordesr/, hint: /orders/ }
  await isRefused(ferryOf(pair), ['copy', '--index', 'ordesr'], wanted)
})

test('an index that is on the target already', async () => {
  const wanted = { exit: 6, code: 'target-exists', message: /customers/, hint: /--into-existing.*--rename/ }
  await isRefused(ferryOf(pair), ['copy', '--index', 'customers'], wanted)
})

test('a certificate that has expired: whose, since when, and how it is renewed', async () => {
  const port = await tlsFront(pair.source, { signedBy: pair.source, days: -1 })
  const wanted = { exit: 3, code: 'tls-untrusted', message: /^The source .*expired/, hint: /[Rr]enew/ }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_SOURCE_URL: `https://localhost:${port}` })
})

test.each([
  ['cluster', '/_cluster/settings', 'persistent', 'cluster.blocks.read_only'],
  ['index', '/customers/_settings', undefined, 'index.blocks.write'],
] as const)(
  'a target %s that is read-only: the block is named, with the call that takes it away',
  async (_what, path, scope, block) => {
    const put = async (value: true | null): Promise<unknown> =>
      await pair.target.json('PUT', path, scope === undefined ? { [block]: value } : { [scope]: { [block]: value } })
    await put(true)
    onTestFinished(async () => void (await put(null)))
    before = await everythingOn(pair.target)
    const wanted = {
      exit: 8,
      code: 'target-blocked',
      message: new RegExp(block),
      hint: new RegExp(`PUT ${path} \\{.*"${block}":null`),
    }
    await isRefused(ferryOf(pair), ['copy', '--index', 'customers', '--into-existing'], wanted)
  },
)

test('a target user to whom no role is mapped: the call that maps one', async () => {
  const { target } = pair
  await target.json('PUT', '/_plugins/_security/api/internalusers/unmapped', { password: target.user.password })
  before = await everythingOn(target)
  const wanted = {
    exit: 6,
    code: 'forbidden',
    message: /knows the user unmapped, but no role is mapped to it/,
    hint: /PUT \/_plugins\/_security\/api\/rolesmapping\/ROLE \{"users":\["unmapped"\]\}/,
  }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_TARGET_USERNAME: 'unmapped' })
})

test('a source user who may not read: the missing privilege is named', async () => {
  const { source } = pair
  await source.json('PUT', '/_security/role/half', {
    cluster: ['monitor'],
    indices: [{ names: ['*'], privileges: ['view_index_metadata', 'monitor', 'maintenance'] }],
  })
  await source.json('PUT', '/_security/user/halfling', { password: source.user.password, roles: ['half'] })
  const env = { SHARDFERRY_SOURCE_USERNAME: 'halfling' }
  const wanted = { exit: 6, code: 'forbidden', message: /indices:data\/read\/.*halfling/, hint: /index privilege `read`/ }
  await isRefused(ferryOf(pair), copy, wanted, env)
})

test('a target user who may not even look: the missing permission is named', async () => {
  await giveHalf('blind', [])
  const wanted = { exit: 6, code: 'forbidden', message: /indices:admin\/get.*blind/, hint: /`indices:admin\/get`/ }
  await isRefused(ferryOf(pair), copy, wanted, { SHARDFERRY_TARGET_USERNAME: 'blind' })
})

test('a target user who may not create indices: the missing permission is named, and the proposed role is enough', async () => {
  await giveHalf('halfling', ['indices:admin/get', 'indices:admin/resolve/index', 'indices:admin/aliases/get'])
  const env = { SHARDFERRY_TARGET_USERNAME: 'halfling' }
  const allowed = [...copy, '--rename', 'orders-allowed']
  const message = /halfling lacks .*indices:admin\/create.*orders-allowed/s
  await isRefused(ferryOf(pair), allowed, { exit: 6, code: 'forbidden', message, hint: /role shardferry_target/ }, env)

  const { hint } = lastEvent(await ferryOf(pair).run([...allowed, '--json'], env))
  const calls = [...hint.matchAll(/PUT (\/\S+) (\{.*?\})$/gm)]
  expect(calls).toHaveLength(2)
  for (const [, path = '', body = ''] of calls) await pair.target.json('PUT', path, body)
  expect(await ferryOf(pair).run(allowed, env)).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'orders', { target: 'orders-allowed' })).toEqual({ documents: 900, differences: [] })
})

/** A user of the target with some permissions on every index, but without the right to create one. */
async function giveHalf(username: string, permissions: readonly string[]): Promise<void> {
  const api = '/_plugins/_security/api'
  await pair.target.json('PUT', `${api}/roles/${username}`, {
    cluster_permissions: ['cluster_composite_ops', 'cluster_monitor'],
    index_permissions: [{ index_patterns: ['*'], allowed_actions: ['read', 'write', 'indices_monitor', ...permissions] }],
  })
  await pair.target.json('PUT', `${api}/internalusers/${username}`, { password: pair.target.user.password })
  await pair.target.json('PUT', `${api}/rolesmapping/${username}`, { users: [username] })
  before = await everythingOn(pair.target)
}

test.each([
  ['an option that does not exist', [...copy, '--indx', 'a'], /^Unknown option '--indx'\.$/, /--index/],
  ['a command that does not exist', ['copi'], /^Unknown command 'copi'\.$/, /copy/],
  ['too many words', ['copy', 'a', 'b', 'c'], /^Too many arguments/, /--help/],
  ['a throttle of nothing', ['throttle'], /told what to change/, /throttle --width 2/],
] as const)('%s on the command line', async (_what, args, message, hint) => {
  const text = await ferryOf(pair).run(args)
  expect(text).toMatchObject({ code: 2, stdout: '' })
  const [first = '', ...more] = text.stderr.trimEnd().split('\n')
  expect(first.replace('error [usage]: ', '')).toMatch(message)
  expect(more.join(' ')).toMatch(hint)
  if (args[0] !== 'throttle')
    expect(lastEvent(await ferryOf(pair).run([...args, '--json']))).toMatchObject({ event: 'error', code: 'usage' })
})

test('a settings file that is not YAML: line and column are told', async () => {
  const ferry = ferryOf(pair)
  writeFileSync(join(ferry.folder, 'shardferry.yaml'), 'width: 4\nsource:\n  url: [https://a:9200\nreaders: 3\n')
  await isRefused(ferry, copy, { exit: 2, code: 'settings-invalid', message: /shardferry\.yaml:[34]:\d+/, hint: /./ })
})

test('a setting that does not exist: the near one is told', async () => {
  const ferry = ferryOf(pair)
  writeFileSync(join(ferry.folder, 'shardferry.yaml'), 'witdh: 4\n')
  await isRefused(ferry, copy, { exit: 2, code: 'settings-invalid', message: /shardferry\.yaml:1:1.*witdh.*width/s, hint: null })
})

test('a secret as a plain flag is refused, and not repeated', async () => {
  const ferry = ferryOf(pair)
  const args = [...copy, '--source-password', 'Plain-secret-1']
  await isRefused(ferry, args, { exit: 2, code: 'settings-invalid', message: /--source-password/, hint: /env:/ })
  const { stdout, stderr } = await ferry.run(args)
  expect(stdout + stderr).not.toContain('Plain-secret-1')
})

test('a secret that refers to a variable that is not set', async () => {
  const wanted = { exit: 2, code: 'secret-missing', message: /NO_SUCH_VARIABLE/, hint: /./ }
  await isRefused(ferryOf(pair), [...copy, '--source-password', 'env:NO_SUCH_VARIABLE'], wanted)
})

test.each([
  ['is not YAML', (text: string) => text.replace('indices:', 'indices: ['), /plan\.yaml:\d+:\d+: /],
  ['has an unknown action', (text: string) => text.replace('action: create', 'action: creat'), /plan\.yaml:\d+:\d+: .*action/s],
  ['has no target name', (text: string) => text.replace('target: orders', 'target: ""'), /plan\.yaml:\d+:\d+: /],
  ['is not a plan', () => '[]', /plan\.yaml:1:1: /],
])('a plan that %s: line and column are told', async (_what, spoil, message) => {
  const ferry = ferryOf(pair)
  const file = join(ferry.folder, 'plan.yaml')
  expect(await ferry.run(['plan', '--index', 'orders'])).toMatchObject({ code: 0 })
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, spoil(text))
  expect(readFileSync(file, 'utf8')).not.toBe(text)
  await isRefused(ferry, ['run', file], { exit: 2, code: 'plan-invalid', message, hint: /shardferry plan --out/ })
})

test.each([
  [
    'another uuid',
    (text: string) => text.replace(/uuid: .*\n {4}action/, 'uuid: nope\n    action'),
    /not the index that the plan was made for/,
  ],
  ['another number of shards', (text: string) => text.replace('shards: 1\n', 'shards: 5\n'), /has 1 shards .* says 5/],
])('a plan with %s than the source has: nothing is created', async (_what, spoil, message) => {
  const ferry = ferryOf(pair)
  const file = join(ferry.folder, 'plan.yaml')
  expect(await ferry.run(['plan', '--index', 'orders'])).toMatchObject({ code: 0 })
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, spoil(text))
  expect(readFileSync(file, 'utf8')).not.toBe(text)
  await isRefused(ferry, ['run', file], { exit: 6, code: 'plan-refused', message, hint: /plan again/ })
})

test('a migration that is asked for under other names than it was planned for', async () => {
  const ferry = ferryOf(pair)
  const args = [...copy, '--rename', 'orders-first']
  expect(await ferry.run(args)).toMatchObject({ code: 0, stderr: '' })
  before = await everythingOn(pair.target)
  await isRefused(ferry, [...copy, '--rename', 'orders-second'], {
    exit: 9,
    code: 'state-other',
    message: /planned to move orders to orders-first, not to orders-second/,
    hint: /--name/,
  })
})

test('a field type that the target does not know; once it is corrected in the plan, the same command moves the index', async () => {
  const ferry = ferryOf(pair)
  const file = join(ferry.folder, 'plan.yaml')
  await ferry.run(['plan', '--index', 'orders'])
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/(mappings:\n(?:.*\n)*?.*n:\n +type: )long/, '$1no_such_type'))
  expect(readFileSync(file, 'utf8')).toContain('no_such_type')
  await isRefused(ferry, ['run', file], {
    exit: 6,
    code: 'metadata-refused',
    message: /orders.*no_such_type/s,
    hint: /plan file/,
  })
  writeFileSync(file, text.replace('target: orders', 'target: orders-corrected'))
  expect(await ferry.run(['run', file])).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'orders', { target: 'orders-corrected' })).toEqual({ documents: 900, differences: [] })
})

test('a state folder of a newer version', async () => {
  const ferry = ferryOf(pair)
  mkdirSync(join(ferry.state, 'm'), { recursive: true })
  const db = new DatabaseSync(join(ferry.state, 'm', 'journal.db'))
  db.exec('PRAGMA user_version = 99')
  db.close()
  await isRefused(ferry, copy, { exit: 9, code: 'state-version', message: /newer version.*99/, hint: /--state/ })
})

test('a journal that is damaged', async () => {
  const ferry = ferryOf(pair)
  mkdirSync(join(ferry.state, 'm'), { recursive: true })
  writeFileSync(join(ferry.state, 'm', 'journal.db'), 'x'.repeat(5000))
  await isRefused(ferry, copy, { exit: 9, code: 'state-unwritable', message: /is damaged/, hint: /--into-existing/ })
})

test('a state folder that is none', async () => {
  const ferry = ferryOf(pair)
  writeFileSync(ferry.state, '')
  await isRefused(ferry, copy, { exit: 9, code: 'state-unwritable', message: /state folder .*cannot be used/, hint: /--state/ })
})

/** Disks of their own need the right to mount one; without it these promises are not looked at. */
const disks = mayMount() ? ['a disk of 24 MB'] : []

test.each(disks)('a state folder on %s that is full', async () => {
  const ferry = ferryOf(pair)
  const full = fullDiskOf(ferry)
  await isRefused(
    ferry,
    copy,
    { exit: 9, code: 'state-unwritable', message: /disk is full/, hint: /Free some space/ },
    { SHARDFERRY_STATE: full.path },
  )
})

test.each(disks)(
  'a state folder on %s that fills up in the middle stops the run, and with room again it ends exact',
  async () => {
    const ferry = ferryOf(pair)
    const { path, free } = fullDiskOf(ferry, 300)
    const env = { SHARDFERRY_STATE: path }
    const args = [...copy, '--rename', 'orders-full', '--partition-docs', '5']
    const stopped = await ferry.run(args, env)
    expect(stopped).toMatchObject({ code: 9, stdout: expect.stringContaining(' copying ') })
    expect(stopped.stderr).toMatch(/error \[state-unwritable\]: .*Free some space/s)
    free()
    expect(await ferry.run(args, env)).toMatchObject({ code: 0, stderr: '' })
    expect(await compare(pair, 'orders', { target: 'orders-full' })).toEqual({ documents: 900, differences: [] })
  },
)

test('a command for a migration that does not exist', async () => {
  const ferry = ferryOf(pair)
  const refused = await ferry.run(['status'])
  expect(refused).toMatchObject({ code: 9, stdout: '' })
  expect(refused.stderr).toMatch(/error \[state-missing\]: .*named m .*shardferry copy/s)
  expect(existsSync(ferry.state)).toBe(false)
})

function fullDiskOf({ folder }: Ferry, kilobytes = 0): SmallDisk {
  const disk = smallDisk(join(folder, 'disk'))
  onTestFinished(() => disk.unmount())
  disk.fill(kilobytes)
  return disk
}
