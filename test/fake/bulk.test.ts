import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, errorOf, itemsOf, lines } from './ask.ts'
import { startFake } from './fake.ts'
import type { FakeCluster } from './fake.ts'

let fake: FakeCluster
beforeEach(async () => {
  fake = await startFake()
})
afterEach(() => fake.close())

test('external versions conflict below the stored one, and a tombstone counts as stored', async () => {
  const at = (version: number, type: string): object => ({ _id: '1', version, version_type: type })
  const answer = await ask(
    fake,
    'POST',
    '/a/_bulk',
    lines([at(5, 'external'), '{}'], [at(5, 'external'), '{}'], [at(5, 'external_gte'), '{}'], [at(4, 'external_gte'), '{}']) +
      `${JSON.stringify({ delete: at(9, 'external_gte') })}\n${lines([at(8, 'external_gte'), '{}'])}`,
  )
  expect(itemsOf(answer).map(item => item.status)).toEqual([201, 409, 200, 409, 200, 409])
  expect(answer.text).toContain('[1]: version conflict, current version [5] is higher or equal to the one provided [5]')
  expect(fake.store.index('a').shards[0]?.maxSeqNo).toBe(2)
})

test('a tombstone is forgotten after gc_deletes', async () => {
  await ask(fake, 'PUT', '/a', { settings: { 'index.gc_deletes': '0ms' } })
  const gone = JSON.stringify({ delete: { _id: '1', version: 9, version_type: 'external' } })
  await ask(fake, 'POST', '/a/_bulk', `${gone}\n`)
  await new Promise(resolve => setTimeout(resolve, 5))
  const late = await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1', version: 3, version_type: 'external' }, '{}']))
  expect(itemsOf(late)[0]?.status).toBe(201)
})

test('a document with another routing is another document', async () => {
  await ask(fake, 'PUT', '/a', { settings: { number_of_shards: 5 } })
  await ask(
    fake,
    'POST',
    '/a/_bulk',
    lines(...'abcdef'.split('').map((routing): [object, string] => [{ _id: '1', routing }, '{}'])),
  )
  const { count } = (await ask(fake, 'GET', '/a/_count')).body as { count: number }
  expect(count).toBeGreaterThan(1)
})

test('filter_path keeps the position of every item', async () => {
  const path = '/a/_bulk?filter_path=errors,took,items.*.status,items.*.error'
  const answer = await ask(fake, 'POST', path, lines([{ _id: '1' }, '{}'], [{ _id: '2' }, '{'], [{ _id: '3' }, '{}']))
  expect(answer.body).toMatchObject({
    errors: true,
    items: [{ index: { status: 201 } }, { index: { status: 400 } }, { index: { status: 201 } }],
  })
  expect(answer.text).not.toContain('_seq_no')
})

test('what is wrong with a line fails the whole request and applies nothing', async () => {
  const good = lines([{ _id: '1' }, '{}'])
  const reason = async (body: string): Promise<string> => {
    const answer = await ask(fake, 'POST', '/a/_bulk', body)
    expect(answer.status).toBe(400)
    return errorOf(answer).reason
  }
  expect(await reason(good + lines([{ _id: '2', _routing: 'x' }, '{}']))).toBe(
    'Action/metadata line [3] contains an unknown parameter [_routing]',
  )
  expect(await reason(good.trimEnd())).toBe('The bulk request must be terminated by a newline [\\n]')
  expect(await reason(good + lines([{ _id: 'x'.repeat(513) }, '{}']))).toContain(
    'is too long, must be no longer than 512 bytes but was: 513',
  )
  expect(await reason(`${good}{"create":{"_id":"2","version":1,"version_type":"external"}}\n{}\n`)).toContain(
    'only support internal versioning',
  )
  expect(fake.store.indices.size).toBe(0)
})

test('a mapping type is an unknown parameter where types are gone', async () => {
  await using typeless = await startFake({ flavor: 'opensearch' })
  expect(errorOf(await ask(typeless, 'POST', '/a/_bulk', lines([{ _id: '1', _type: '_doc' }, '{}']))).reason).toContain('[_type]')
  expect(itemsOf(await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1', _type: '_doc' }, '{}'])))[0]?.status).toBe(201)
})

test('documents the mapping or the parser refuses fail alone', async () => {
  const properties = { n: { type: 'long' }, i: { type: 'integer' }, d: { type: 'date' }, o: { type: 'object' } }
  await ask(fake, 'PUT', '/a', { mappings: { dynamic: 'strict', properties } })
  const answer = await ask(
    fake,
    'POST',
    '/a/_bulk',
    lines(
      [{ _id: '1' }, '{"n":"12","d":"2026-01-31T10:00:00.123456789+01:00"}'],
      [{ _id: '2' }, '{"n":"abc"}'],
      [{ _id: '3' }, '{"i":3000000000}'],
      [{ _id: '4' }, '{"d":"garbage"}'],
      [{ _id: '5' }, '{"n":1,"n":2}'],
      [{ _id: '6' }, '{"n":'],
      [{ _id: '7' }, '[1]'],
      [{ _id: '8' }, '{"other":1}'],
      [{ _id: '9' }, '{"o":5}'],
      [{ _id: '' }, '{}'],
    ),
  )
  const [parsing, strict, argument] = [
    'mapper_parsing_exception',
    'strict_dynamic_mapping_exception',
    'illegal_argument_exception',
  ]
  expect(itemsOf(answer).map(item => item.error?.type)).toEqual([
    undefined,
    ...Array<string>(6).fill(parsing),
    strict,
    parsing,
    argument,
  ])
  expect(answer.text).toContain(
    "failed to parse field [n] of type [long] in document with id '2'. Preview of field's value: 'abc'",
  )
  expect(fake.store.index('a').shards[0]?.maxSeqNo).toBe(0)
})

test('field names that objects inherit are field names like any other', async () => {
  const answer = await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1' }, '{"constructor":{"toString":1},"hasOwnProperty":"x"}']))
  expect(answer.body).toMatchObject({ errors: false })
  expect((await ask(fake, 'GET', '/a/_mapping')).text).toContain('"constructor":{"properties":{"toString":{"type":"long"}}}')
})

test('unmapped fields get the mapping servers guess', async () => {
  await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1' }, '{"n":1,"f":1.5,"s":"x","d":"2026-01-01","o":{"b":[true]}}']))
  expect((await ask(fake, 'GET', '/a/_mapping')).body).toEqual({
    a: {
      mappings: {
        properties: {
          d: { type: 'date' },
          f: { type: 'float' },
          n: { type: 'long' },
          o: { properties: { b: { type: 'boolean' } } },
          s: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
        },
      },
    },
  })
})

test('a write block turns items away with 403', async () => {
  await ask(fake, 'PUT', '/a', { settings: { 'index.blocks.write': true } })
  const answer = await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1' }, '{}']))
  expect(itemsOf(answer)[0]).toMatchObject({ status: 403, error: { type: 'cluster_block_exception' } })
})

test('writes through an alias go to its write index', async () => {
  const alias = (write: boolean): object => ({ aliases: { w: { is_write_index: write } } })
  await ask(fake, 'PUT', '/a', alias(false))
  await ask(fake, 'PUT', '/b', alias(true))
  expect((await ask(fake, 'POST', '/w/_bulk', lines([{ _id: '1' }, '{}']))).text).toContain('"_index":"b"')
})

test('a body above the limit is a 413 without a body, also when it was small before decompression', async () => {
  await using small = await startFake({ maxContentBytes: 1000 })
  const body = gzipSync(lines([{ _id: '1' }, `{"s":"${'x'.repeat(2000)}"}`]))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const answer = await fetch(`${small.url}/a/_bulk`, { method: 'POST', body, headers })
  expect([answer.status, await answer.text()]).toEqual([413, ''])
  const accepted = await fetch(`${fake.url}/a/_bulk`, { method: 'POST', body, headers })
  expect(accepted.status).toBe(200)
})
