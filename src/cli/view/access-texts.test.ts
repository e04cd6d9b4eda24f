import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { indexTask, plan } from '../../journal/sample-entries.test-part.ts'
import { Secret } from '../../model/secret.ts'
import { grantedText } from './granted-text.ts'
import { handWorkText } from './hand-work.ts'

const secret = new Secret('hidden-word-1')
const addresses = ['https://a:9200', 'https://b:9200']

/** What stands in the text as settings. */
function settingsIn(text: string): unknown {
  return parse(text.slice(text.search(/^(source|target):/m)))
}

test('a secret that is kept in a file is told by its place only, and the settings refer to it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-granted-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'ferry')
  writeFileSync(path, 'hidden-word-1\n')
  const text = grantedText('source', addresses, { kind: 'user', name: 'ferry', path, secret, done: ['create user ferry'] })
  expect(text).not.toContain('hidden-word-1')
  expect(settingsIn(text)).toEqual({ source: { url: addresses, username: 'ferry', password: `file:${path}` } })
})

test('a secret that is kept nowhere is shown once, and the settings refer to the environment', () => {
  const text = grantedText('target', ['https://a:9200'], {
    kind: 'api-key',
    name: 'ferry-1',
    path: '/nowhere/ferry-1',
    secret,
    done: [],
  })
  expect(text).toContain("export SHARDFERRY_TARGET_API_KEY='hidden-word-1'")
  expect(settingsIn(text)).toEqual({ target: { url: 'https://a:9200', apiKey: 'env:SHARDFERRY_TARGET_API_KEY' } })
})

test('what only a person can undo is told with the address and in the words of the target', () => {
  const byReindex = plan(indexTask('cities', { engine: 'reindex' }))
  const text = (flavor: 'elasticsearch' | 'opensearch', version: string): string =>
    handWorkText(['https://old:9200', 'https://public.example'], {
      ...byReindex,
      target: { ...byReindex.target, flavor, version },
    })
  expect(text('elasticsearch', '8.19.0')).toContain(
    'old:9200, public.example:443 in reindex.remote.whitelist of elasticsearch.yml',
  )
  expect(text('opensearch', '2.19.4')).toContain(
    'reindex.remote.allowlist (or its old name, reindex.remote.whitelist) of opensearch.yml',
  )
  expect(text('opensearch', '3.4.0')).toContain('reindex.remote.allowlist of opensearch.yml')
  expect(handWorkText(['https://old:9200'], undefined)).toContain(
    'reindex.remote.whitelist (elasticsearch.yml) or reindex.remote.allowlist',
  )
})

test('where the stream moves the documents, nothing was done on nodes, and nothing of it is to be undone', () => {
  const text = handWorkText(
    ['https://old:9200'],
    plan(indexTask('cities'), indexTask('left', { action: 'skip', engine: 'reindex' })),
  )
  expect(text).toContain('firewall rules that let this machine in')
  expect(text).not.toMatch(/node|reindex|bucket/)
})
