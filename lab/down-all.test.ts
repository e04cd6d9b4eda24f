import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('main.ts', import.meta.url))
let temporary: string
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
})
afterEach(() => rmSync(temporary, { recursive: true, force: true }))

/** A cluster that was recorded and does not run. */
function recorded(runFolder: string, name: string): string {
  const folder = join(runFolder, name)
  mkdirSync(folder, { recursive: true })
  const record = { name, dist: 'opensearch-2.19.4', secure: false, nodes: [], urls: [], folder, heap: '512m', trust: [] }
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify({ ...record, settings: {}, repos: [], kept: false }))
  return folder
}

function lab(args: readonly string[], runFolder: string | undefined): { readonly code: number | null; readonly said: string } {
  const env = { PATH: process.env['PATH'], TMPDIR: temporary, ...(runFolder ? { SHARDFERRY_LAB_RUN: runFolder } : {}) }
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })
  return { code: status, said: `${stdout}${stderr}` }
}

test('down --all ends the clusters of the run folder it is given, and asks where that is everybody’s', () => {
  const shared = recorded(join(temporary, 'shardferry-lab'), 'theirs')
  const own = recorded(join(temporary, 'mine'), 'ours')
  expect(lab(['down', '--all'], join(temporary, 'mine'))).toEqual({ code: 0, said: 'ours is down\n' })
  expect([existsSync(own), existsSync(shared)]).toEqual([false, true])

  const refused = lab(['down', '--all'], undefined)
  expect(refused.code).toBe(1)
  for (const part of ['theirs', '--yes', 'SHARDFERRY_LAB_RUN']) expect(refused.said).toContain(part)
  expect(existsSync(shared)).toBe(true)
  expect(lab(['down', '--all', '--yes'], undefined)).toEqual({ code: 0, said: 'theirs is down\n' })
  expect(existsSync(shared)).toBe(false)
  expect(lab(['down', '--all'], undefined)).toEqual({ code: 0, said: '' })
})
