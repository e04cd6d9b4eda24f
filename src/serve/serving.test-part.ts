/** A state folder with a migration in it, and the application that serves it; gone when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { migrationFolder } from '../assemble.ts'
import { holder, indexTask, plan } from '../journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import type { Entry } from '../model/entries.ts'
import type { ServeSettings } from '../settings/serve-settings.ts'
import { limits, serve } from './serve.ts'
import type { Serving } from './serve.ts'

export interface Served {
  readonly stateFolder: string
  readonly url: string
  readonly server: Serving
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Response>
}

export async function served(more: Partial<ServeSettings> = {}, within: Partial<typeof limits> = {}): Promise<Served> {
  const stateFolder = more.stateFolder ?? newStateFolder()
  const settings: ServeSettings = {
    stateFolder,
    logLevel: 'error',
    host: '127.0.0.1',
    port: 0,
    hosts: [],
    tokens: [],
    connections: {},
    ...more,
  }
  const server = await serve(settings, [], { ...limits, ...within })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { url } = server
  return {
    stateFolder,
    url,
    server,
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers }),
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  }
}

export function newStateFolder(): string {
  const stateFolder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  onTestFinished(() => rmSync(stateFolder, { recursive: true, force: true }))
  return stateFolder
}

/** A migration that some other process has begun, or runs while the test holds its journal. */
export function migrationIn(stateFolder: string, name: string, ...entries: readonly Entry[]): SqliteJournal {
  const journal = SqliteJournal.open(migrationFolder(stateFolder, name))
  onTestFinished(() => journal.close())
  journal.append({ type: 'planned', plan: { ...plan(indexTask('cities')), name } })
  journal.append({ type: 'started', holder })
  for (const entry of entries) journal.append(entry)
  return journal
}
