/** A server in front of real clusters: what it is asked for, what others ask of it, and what becomes of it when it is killed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry } from '../support/shardferry.ts'
import { until } from '../support/until.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
  await pair.source.json('PUT', '/lake', { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(pair.source, 'lake', people(3000))
})
afterAll(() => leave(pair))

const token = 'admin-token-of-20-characters'
const env = { SHARDFERRY_SERVE_ADMIN_TOKEN: token, SHARDFERRY_SERVER_TOKEN: token }

interface Shown {
  readonly state: string
  readonly here: boolean
  readonly read: number
  readonly report: { readonly verdict: string } | null
  readonly verified: readonly { readonly equal: boolean }[]
}

async function startServer(ferry: Ferry): Promise<{ url: string; kill: () => Promise<void> }> {
  const running = ferry.start(['serve', '--port', '0'], env)
  const url = await until('the server', () => Promise.resolve(/at (http:\S+)/.exec(running.stdout)?.[1]))
  const kill = async (): Promise<void> => {
    running.kill('SIGKILL')
    await running.outcome
  }
  return { url, kill }
}

async function ask<T>(url: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
  })
  const found = (await answer.json()) as T
  expect({ path, status: answer.status, found }).toMatchObject({ status: expect.toSatisfy((n: number) => n < 300) as number })
  return found
}

function whenShown(url: string, what: string, wanted: (now: Shown) => boolean): Promise<Shown> {
  return until(what, async () => {
    const now = await ask<Shown>(url, '/migrations/lake')
    return wanted(now) ? now : undefined
  })
}

test('a migration goes on after the server was killed, is verified, and the command line follows by the server', async () => {
  const ferry = ferryOf(pair)
  const first = await startServer(ferry)
  const asked = {
    name: 'lake',
    source: 'source',
    target: 'target',
    settings: { indices: ['lake'], rename: 'lake-served', docsPerSecond: 200, partitionDocs: 100 },
  }
  const { worst } = await ask<{ worst: string }>(first.url, '/checks', asked)
  expect(['ok', 'info', 'warning', 'unknown']).toContain(worst)
  await ask(first.url, '/migrations', asked)
  await whenShown(first.url, 'documents to be read', ({ read }) => read > 300)
  await first.kill()

  const second = await startServer(ferry)
  expect(await ask<Shown>(second.url, '/migrations/lake')).toMatchObject({ here: true })
  const remote = { ...env, SHARDFERRY_SERVER: second.url, SHARDFERRY_NAME: 'lake' }
  expect(await ferry.run(['throttle', '--docs-per-second', '0'], remote)).toMatchObject({ code: 0, stderr: '' })
  const done = await whenShown(second.url, 'the account', ({ report }) => report !== null)
  expect(done).toMatchObject({ state: 'done', report: { verdict: 'exact' } })
  expect(await compare(pair, 'lake', { target: 'lake-served' })).toEqual({ documents: 3000, differences: [] })

  expect(await ferry.run(['verify'], remote)).toMatchObject({ code: 0, stderr: '' })
  expect(await ask<Shown>(second.url, '/migrations/lake')).toMatchObject({ verified: [{ equal: true }] })
  const { steps } = await ask<{ steps: readonly string[] }>(second.url, '/migrations/lake/complete', { dryRun: true })
  expect(steps).toEqual([])
  await second.kill()
})
