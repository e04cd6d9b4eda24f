import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readQueryFile } from './query-file.ts'

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-queries-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'queries')
  writeFileSync(path, text)
  return path
}

const query = { query: { match: { message: 'a ] b' } } }

test('lines of index and body are searches; the same one counts once', () => {
  const line = JSON.stringify({ index: 'logs', body: query })
  expect(readQueryFile(file(`${line}\n\n${line}\n${JSON.stringify({ index: 'other', body: {} })}\n`))).toEqual([
    { index: 'logs', body: query },
    { index: 'other', body: {} },
  ])
})

test('a text slow log gives its searches', () => {
  const source = JSON.stringify(query)
  const log =
    `[2026-01-01T00:00:00,000][WARN ][index.search.slowlog.query] [node-0] [logs][0]took[1.2s], took_millis[1200], total_hits[3 hits], types[], stats[], search_type[QUERY_THEN_FETCH], total_shards[1], source[${source}], id[], \n` +
    `[2026-01-01T00:00:00,000][WARN ][index.search.slowlog.fetch] [node-0] [logs-2][11] took[1.2s], took_millis[1200], source[], id[], \n`
  expect(readQueryFile(file(log))).toEqual([{ index: 'logs', body: query }])
})

test('a JSON slow log gives its searches', () => {
  const seven = { type: 'index_search_slowlog', message: '[logs][0]', took: '1s', source: JSON.stringify(query) }
  const eight = { 'elasticsearch.slowlog.message': '[other][1]', 'elasticsearch.slowlog.source': JSON.stringify(query) }
  expect(readQueryFile(file(`${JSON.stringify(seven)}\n${JSON.stringify(eight)}\n`))).toEqual([
    { index: 'logs', body: query },
    { index: 'other', body: query },
  ])
})

test.each([
  ['{"index":"a"}', /Line 1 .* neither/],
  ['hello', /Line 1 .* neither/],
  ['\n', /holds no searches/],
])('%j is told to be no file of searches', (text, message) => {
  expect(() => readQueryFile(file(text))).toThrow(message)
})

test('a file that is not there is told', () => {
  expect(() => readQueryFile('/nowhere/at/all')).toThrow(/cannot be read/)
})
