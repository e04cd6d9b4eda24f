/** Requests to the Reindex API as jobs: who may ask for them, how they are steered, and that they outlive the server. Both clusters are secured. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { startReindexApi, targetOf } from '../support/reindex-api.ts'
import type { ReindexApi } from '../support/reindex-api.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import type { Ferry, Running } from '../support/command-line.ts'
import { ferryOf } from '../support/shardferry.ts'
import { until } from '../support/until.ts'

let pair: Pair
let api: ReindexApi
let host: string

beforeAll(async () => {
  pair = await sharedPair()
  host = pair.source.urls.split(',')[0]!
  await load(pair.source, 'people', people(300))
  api = await startReindexApi(targetOf(pair.target), [
    { pattern: new URL(host).host, tls: { verify: true, ca: readFileSync(pair.source.caPath, 'utf8') } },
  ])
})
afterAll(async () => {
  await api?.close()
  await leave(pair)
})

interface Reply {
  readonly status: number
  readonly body: Record<string, unknown>
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

async function ask(
  method: string,
  path: string,
  body?: object,
  url = api.url,
  authorization = basic(pair.target.user),
): Promise<Reply> {
  const headers = { 'content-type': 'application/json', authorization, 'x-opaque-id': 'the-test' }
  const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await answer.text()
  return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text } }
}

function request(dest: string, more: object = {}): object {
  return { source: { index: 'people', size: 10, remote: { host, ...pair.source.user } }, dest: { index: dest }, ...more }
}

async function begun(dest: string, query: string, url = api.url): Promise<string> {
  const { status, body } = await ask('POST', `/_reindex?wait_for_completion=false${query}`, request(dest), url)
  expect(status).toBe(200)
  return body['task'] as string
}

async function written(task: string, url = api.url): Promise<number> {
  const { body } = await ask('GET', `/_tasks/${task}`, undefined, url)
  return (body as { task: { status?: { created: number } } }).task.status?.created ?? 0
}

test('documents move with the login of whoever asks, and no secret stays behind', async () => {
  const { status, body } = await ask('POST', '/_reindex?refresh=true', request('moved'))
  expect({ status, body }).toMatchObject({ status: 200, body: { total: 300, created: 300, failures: [] } })
  const counted = await pair.target.json<{ count: number }>('GET', '/moved/_count')
  expect(counted.count).toBe(300)
  expect(secretsIn(api.stateFolder)).toEqual([])
})

test('who may not ask the target for it is told what the target says, and reads nothing', async () => {
  const { status, body } = await ask(
    'POST',
    '/_reindex',
    request('stolen'),
    api.url,
    basic({ username: 'ferry', password: 'wrong' }),
  )
  expect({ status, body }).toEqual({ status: 401, body: { text: 'Unauthorized' } })
  const names = await pair.target.bytes('GET', '/_cat/indices?h=index')
  expect(names.toString()).not.toContain('stolen')
})

test('a remote that no rule names is refused in the words of the target, from the next request on', async () => {
  const { rules } = api.remotes
  onTestFinished(() => api.remotes.set(rules))
  api.remotes.set([])
  const { status, body } = await ask('POST', '/_reindex', request('nothing'))
  const reason = `[${new URL(host).host}] not allowlisted in reindex.remote.allowlist`
  expect({ status, body }).toMatchObject({ status: 400, body: { error: { type: 'illegal_argument_exception', reason } } })
})

test('a running task is shown, paced and cancelled as those of the target, for whom the target lets', async () => {
  const task = await begun('paced', '&requests_per_second=20')
  await until('something is written', async () => ((await written(task)) > 0 ? true : undefined))
  const [node = ''] = task.split(':')
  const listed = await ask('GET', '/_tasks?actions=*reindex&detailed=true')
  expect(listed.body).toMatchObject({
    nodes: { [node]: { tasks: { [task]: { action: 'indices:data/write/reindex', headers: { 'X-Opaque-Id': 'the-test' } } } } },
  })
  expect(JSON.stringify(listed.body)).not.toContain(pair.source.user.password)
  expect((await ask('GET', '/_tasks?actions=*search')).body).not.toMatchObject({ nodes: { [node]: {} } })
  expect((await ask('GET', '/_reindex')).body).toMatchObject({ reindex: [{ id: task, cancelled: false }] })
  const stranger = basic({ username: 'ferry', password: 'wrong' })
  for (const [method, path] of [
    ['GET', `/_tasks/${task}`],
    ['POST', `/_tasks/${task}/_cancel`],
    ['POST', `/_reindex/${task}/_rethrottle?requests_per_second=1`],
    ['GET', '/_reindex'],
    ['POST', `/_reindex/${task}/_cancel`],
  ] as const)
    expect((await ask(method, path, undefined, api.url, stranger)).status).toBe(401)
  const paced = await ask('POST', `/_reindex/${task}/_rethrottle?requests_per_second=30`)
  expect(paced.body).toMatchObject({ nodes: { [node]: { tasks: { [task]: { status: { requests_per_second: 30 } } } } } })
  const late = await ask('GET', `/_tasks/${task}?wait_for_completion=true&timeout=100ms`)
  expect(late).toMatchObject({ status: 500, body: { error: { type: 'timeout_exception' } } })
  expect((await ask('POST', `/_tasks/${task}/_cancel`)).status).toBe(200)
  const ended = await ask('GET', `/_tasks/${task}?wait_for_completion=true`)
  expect(ended.body).toMatchObject({
    completed: true,
    task: { cancelled: true },
    response: { canceled: 'by user request', total: 300 },
  })
  expect((await ask('GET', `/_reindex/${task}`)).body).toMatchObject({ completed: true, id: task, cancelled: true })
  expect((await ask('POST', `/_tasks/${task}/_cancel`)).body).toMatchObject({ nodes: {}, node_failures: [{ node_id: node }] })
  expect((await ask('POST', `/_reindex/${task}/_cancel`)).status).toBe(404)
})

test("the guide's loop of curl works with the host changed, also into a data stream", async () => {
  await load(pair.source, 'events', [{ id: 'e1', source: '{"@timestamp":"2026-11-24T00:00:00Z"}' }])
  await pair.target.json('PUT', '/_index_template/loop', { index_patterns: ['loop-events'], priority: 500, data_stream: {} })
  const script = `
    set -euo pipefail
    curl --silent --fail --user "$WRITER" "$TARGET/_cat/nodes?h=name,node.role,master"
    for index in people events; do
      curl --silent --fail-with-body --user "$WRITER" --header 'Content-Type: application/json' --request POST "$TARGET/_reindex?refresh=true" --data '{
        "source": { "remote": { "host": "'"$SOURCE"'", "username": "'"$READER"'", "password": "'"$PASSWORD"'" }, "index": "'"$index"'" },
        "dest": { "index": "loop-'"$index"'", "op_type": "create" }
      }'
    done`
  const { username, password } = pair.source.user
  const env = { SOURCE: host, READER: username, PASSWORD: password, TARGET: api.url }
  const writer = `${pair.target.user.username}:${pair.target.user.password}`
  const run = promisify(execFile)('bash', ['-c', script], { env: { ...process.env, ...env, WRITER: writer } })
  expect((await run).stdout).toContain('"created":300')
  for (const [index, count] of [
    ['people', 300],
    ['events', 1],
  ])
    expect(await pair.target.json('GET', `/loop-${index}/_count`)).toMatchObject({ count })
  await pair.target.json('DELETE', '/_data_stream/loop-events')
})

test('slices from remote, which servers refuse, move every document once', async () => {
  const { status, body } = await ask('POST', '/_reindex?slices=4', request('sliced'))
  expect({ status, body }).toMatchObject({ status: 200, body: { total: 300, created: 300, updated: 0 } })
})

test.each(['index', 'create'])('after kill -9 the next start goes on under the same id, each document once: %s', async opType => {
  const ferry = ferryOf(pair)
  const dest = `killed-${opType}`
  const first = await served(ferry)
  const body = {
    source: { index: 'people', size: 10, remote: { host, ...pair.source.user } },
    dest: { index: dest, op_type: opType },
  }
  const query = '?wait_for_completion=false&requests_per_second=40&slices=3'
  const { body: answer } = await ask('POST', `/_reindex${query}`, body, first.url)
  const task = answer['task'] as string
  await until('a part is written', async () => ((await written(task, first.url)) > 30 ? true : undefined))
  first.running.kill('SIGKILL')
  await first.running.outcome
  const second = await served(ferry)
  await ask('POST', `/_reindex/${task}/_rethrottle?requests_per_second=-1`, undefined, second.url)
  const ended = await ask('GET', `/_tasks/${task}?wait_for_completion=true&timeout=60s`, undefined, second.url)
  expect(ended.body).toMatchObject({ completed: true, response: { total: 300, version_conflicts: 0, failures: [] } })
  await pair.target.json('POST', `/${dest}/_refresh`)
  expect(await pair.target.json('GET', `/${dest}/_count`)).toMatchObject({ count: 300 })
  const listed = await fetch(`${second.own}/api/v1/migrations`)
  expect(await listed.json()).toMatchObject({ migrations: [{ name: 'reindex-1' }] })
  expect(secretsIn(ferry.state)).toEqual([])
})

test('rules are changed while it runs, a connection of the settings lends its login, and no command line resumes a request', async () => {
  const ferry = ferryOf(pair)
  const { url, own } = await served(ferry)
  const body = { source: { index: 'people', remote: { host } }, dest: { index: 'lent' } }
  expect(await ask('POST', '/_reindex', body, url)).toMatchObject({ status: 200, body: { created: 300 } })
  const change = { method: 'PUT', headers: { 'content-type': 'application/json' } }
  const put = async (remotes: string[]): Promise<number> =>
    (await fetch(`${own}/api/v1/reindex/remotes`, { ...change, body: JSON.stringify({ remotes }) })).status
  expect(await put(['*:*'])).toBe(400)
  expect(await put([])).toBe(200)
  expect((await ask('POST', '/_reindex', body, url)).status).toBe(400)
  const resumed = await ferry.run(['copy', '--name', 'reindex-1'])
  expect(resumed.stderr).toContain('Reindex API')
})

/** `shardferry serve` with a Reindex API that may read from the source; it ends with the test. */
async function served(ferry: Ferry): Promise<{ readonly url: string; readonly own: string; readonly running: Running }> {
  const remotes = `${new URL(host).host} as source`
  const running = ferry.start(['serve', '--port', '0', '--serve-reindex-port', '0', '--serve-remotes', remotes])
  const urlIn = (line: RegExp): Promise<string> => until(`it says ${line}`, () => Promise.resolve(line.exec(running.stdout)?.[1]))
  return { own: await urlIn(/^Serving .* at (\S+)$/m), url: await urlIn(/^Reindex API .* at (\S+),/m), running }
}

/** Files that hold a password. */
function secretsIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true }).map(name => join(folder, String(name)))
  const holds = (text: string): boolean =>
    [pair.source.user, pair.target.user].some(user => text.includes(user.password) || text.includes(basic(user)))
  return files.filter(file => statSync(file).isFile() && holds(readFileSync(file, 'latin1')))
}
