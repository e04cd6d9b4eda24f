import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realWorld } from '../../src/assemble.ts'
import type { ConnectionSettings } from '../../src/model/connection.ts'
import type { CarryOutParts } from '../../src/serve/reindex/carry-out.ts'
import { Remotes } from '../../src/serve/reindex/remotes.ts'
import type { RemoteRule } from '../../src/serve/reindex/remotes.ts'
import { startReindexServer } from '../../src/serve/reindex/start.ts'
import { siteAt } from './site.ts'
import type { Site } from './site.ts'

export const reindexCopy: CarryOutParts['copy'] = {
  width: 4,
  readers: 4,
  partitionDocs: 200_000,
  partitionBytes: 128 * 1024 * 1024,
  pageBytes: 3 * 1024 * 1024,
}

export interface ReindexApi {
  readonly url: string
  readonly remotes: Remotes
  readonly stateFolder: string
  /** What a client sees there. */
  readonly site: Site
  close(): Promise<void>
}

/** The way to a site as the server goes it: clients bring their own login. */
export function targetOf({ urls, caPath }: Site): ConnectionSettings {
  return {
    side: 'target',
    addresses: urls.split(','),
    auth: { kind: 'none' },
    tls: { verify: true, ...(caPath === undefined ? {} : { ca: readFileSync(caPath, 'utf8') }) },
    requestTimeoutMs: 60_000,
  }
}

/** A server in front of a target, in this process. */
export async function startReindexApi(target: ConnectionSettings, rules: readonly RemoteRule[]): Promise<ReindexApi> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'shardferry-reindex-api-'))
  const remotes = new Remotes(rules)
  const server = await startReindexServer({
    target,
    stateFolder,
    remotes,
    copy: reindexCopy,
    world: realWorld({}),
    host: '127.0.0.1',
    port: 0,
  })
  const site = siteAt('the server', [server.url])
  return {
    url: server.url,
    remotes,
    stateFolder,
    site,
    close: async () => {
      await site.close()
      await server.close()
      rmSync(stateFolder, { recursive: true, force: true })
    },
  }
}
