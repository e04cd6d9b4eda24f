/** The Reindex API: what a cluster says of a request and makes of it is what the server in front of it says and makes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { down, list, up } from '../../lab/cluster.ts'
import { settled } from '../support/pair.ts'
import { startReindexApi, targetOf } from '../support/reindex-api.ts'
import type { ReindexApi } from '../support/reindex-api.ts'
import { effectOf, fillRemote, makePipelines } from '../support/reindex-differential.ts'
import { siteAt } from '../support/site.ts'
import type { Site } from '../support/site.ts'
import { differences, requests } from './reindex-api-requests.ts'

const name = 'test-real-reindexapi'
const targets = [
  { dist: 'elasticsearch-7.10.2', allowList: 'reindex.remote.whitelist' },
  { dist: 'opensearch-2.19.4', allowList: 'reindex.remote.allowlist' },
] as const

let source: Site
const apis = new Map<string, { readonly target: Site; readonly api: ReindexApi }>()

beforeAll(async () => {
  for (const one of list().filter(cluster => cluster.name.startsWith(name))) await down(one.name)
  source = await started('source', 'elasticsearch-7.10.2', {})
  const remote = hostPort(source)
  await settled([
    fillRemote(source),
    ...targets.map(async ({ dist, allowList }) => {
      const target = await started(dist.split('-')[0]!, dist, { [allowList]: remote })
      await makePipelines(target)
      apis.set(dist, { target, api: await startReindexApi(targetOf(target), [{ pattern: remote }]) })
    }),
  ])
})
afterAll(async () => {
  for (const { target, api } of apis.values()) await settled([api.close(), target.close()])
  await source?.close()
  for (const one of list().filter(cluster => cluster.name.startsWith(name))) await down(one.name)
})

describe.each(targets)('$dist', ({ dist }) => {
  test('every request is answered, and carried out, as by the cluster itself, but for what is listed', async () => {
    const { target, api } = apis.get(dist)!
    const differing: Record<string, unknown> = {}
    const queue = [...requests.entries()]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [i, request] = next
        const theirs = await effectOf(target, target, source, `r${i}x`, request)
        const ours = await effectOf(target, api.site, source, `s${i}x`, request)
        if (JSON.stringify(theirs) !== JSON.stringify(ours)) differing[request.what] = { theirs, ours }
      }
    }
    await settled([work(), work(), work()])
    const unlisted = Object.fromEntries(Object.entries(differing).filter(([what]) => !(what in differences)))
    expect(unlisted).toEqual({})
    expect(Object.keys(differences).filter(what => !(what in differing))).toEqual([])
    expect(requests.length).toBeGreaterThan(200)
  }, 900_000)
})

test('what is compared are different requests', () => {
  expect(new Set(requests.map(({ what }) => what)).size).toBe(requests.length)
})

async function started(suffix: string, dist: string, settings: Record<string, unknown>): Promise<Site> {
  const cluster = await up({ name: `${name}-${suffix}`, dist, settings })
  return siteAt(cluster.name, cluster.urls)
}

function hostPort({ urls }: Site): string {
  return new URL(urls).host
}
