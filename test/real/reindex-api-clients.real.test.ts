/** The official clients reindex through the server, each in front of a cluster that it takes. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client as OpenSearch } from '@opensearch-project/opensearch'
import { Client as Elastic7 } from 'es7'
import { Client as Elastic8 } from 'es8'
import { Client as Elastic9 } from 'es9'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { down, list, up } from '../../lab/cluster.ts'
import { load, people } from '../support/documents.ts'
import { startReindexApi, targetOf } from '../support/reindex-api.ts'
import { siteAt } from '../support/site.ts'
import type { Site } from '../support/site.ts'

const name = 'test-real-reindexclients'
let source: Site

beforeAll(async () => {
  await ended(name)
  source = await started('source', 'elasticsearch-7.10.2')
  await load(source, 'people', people(50))
})
afterAll(async () => {
  await source?.close()
  await ended(name)
})

interface Counts {
  readonly total?: number | undefined
  readonly created?: number | undefined
}
interface Asked {
  readonly source: { readonly index: string; readonly remote: { readonly host: string } }
  readonly dest: { readonly index: string }
}

/** Starts it as a task, waits for its end, and gives what the client makes of its result. */
type Reindexed = (url: string, asked: Asked) => Promise<Counts | undefined>

const clients: Readonly<Record<string, { readonly dist: string; readonly reindex: Reindexed }>> = {
  '@elastic/elasticsearch 7': {
    dist: 'elasticsearch-7.17.29',
    reindex: async (node, body) => {
      const client = new Elastic7({ node })
      const { body: begun } = await client.reindex<{ task: string }>({ wait_for_completion: false, body })
      const { body: ended } = await client.tasks.get<{ response: Counts }>({ task_id: begun.task, wait_for_completion: true })
      await client.close()
      return ended.response
    },
  },
  '@elastic/elasticsearch 8': {
    dist: 'elasticsearch-8.19.21',
    reindex: async (node, asked) => {
      const client = new Elastic8({ node })
      const begun = await client.reindex({ wait_for_completion: false, ...asked })
      const ended = await client.tasks.get({ task_id: String(begun.task), wait_for_completion: true })
      await client.close()
      return ended.response as Counts
    },
  },
  '@elastic/elasticsearch 9': {
    dist: 'elasticsearch-9.5.3',
    reindex: async (node, asked) => {
      const client = new Elastic9({ node })
      const begun = await client.reindex({ wait_for_completion: false, ...asked })
      const ended = await client.tasks.get({ task_id: String(begun.task), wait_for_completion: true })
      await client.close()
      return ended.response as Counts
    },
  },
  '@opensearch-project/opensearch': {
    dist: 'opensearch-2.19.4',
    reindex: async (node, body) => {
      const client = new OpenSearch({ node })
      const { body: begun } = await client.reindex({ wait_for_completion: false, body })
      const { body: ended } = await client.tasks.get({
        task_id: String((begun as { task?: string }).task),
        wait_for_completion: true,
      })
      await client.close()
      return ended.response
    },
  },
  'opensearch-py': {
    dist: 'opensearch-2.19.4',
    reindex: async (url, asked) => {
      const python = join(import.meta.dirname, '../../.python/bin/python')
      if (!existsSync(python)) throw new Error('There is no Python with opensearch-py; make it: npm run python')
      const { stdout } = await promisify(execFile)(python, ['test/support/reindex.py', url, JSON.stringify(asked)])
      return (JSON.parse(stdout) as { response: Counts }).response
    },
  },
}

test.each(Object.keys(clients))('%s', async client => {
  const { dist, reindex } = clients[client]!
  const target = await started('target', dist)
  const api = await startReindexApi(targetOf(target), [{ pattern: new URL(source.urls).host }])
  onTestFinished(async () => {
    await api.close()
    await target.close()
    await ended(`${name}-target`)
  })
  const asked = { source: { index: 'people', remote: { host: source.urls } }, dest: { index: 'towns' } }
  expect(await reindex(api.url, asked)).toMatchObject({ total: 50, created: 50 })
  await target.json('POST', '/towns/_refresh')
  expect(await target.json('GET', '/towns/_count')).toMatchObject({ count: 50 })
})

async function started(suffix: string, dist: string): Promise<Site> {
  const cluster = await up({ name: `${name}-${suffix}`, dist })
  return siteAt(cluster.name, cluster.urls)
}

async function ended(prefix: string): Promise<void> {
  for (const one of list().filter(cluster => cluster.name.startsWith(prefix))) await down(one.name)
}
