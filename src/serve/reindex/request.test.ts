import { expect, test } from 'vitest'
import { describe as described } from './describe.ts'
import { authOf } from './login.ts'
import { endToEnd } from './pass-through.ts'
import { understand } from './request.ts'

const remote = { host: 'http://old.example:9200', username: 'reader', password: 'Lantern-1' }
const body = { source: { index: ['a', 'b'], remote }, dest: { index: 'c' } }

test('what is remembered of a request holds no secret', () => {
  const headers = { Authorization: 'ApiKey Lantern-2' }
  const { password: _, username: __, ...open } = remote
  const both = [body, { ...body, source: { ...body.source, remote: { ...open, headers } } }]
  for (const one of both) {
    const understood = understand({}, JSON.stringify(one))!
    expect(JSON.stringify([understood.asked, understood.reindex, described(understood.reindex)])).not.toContain('Lantern')
  }
})

test.each([
  ['local', { ...body, source: { index: 'a' } }],
  ['a script', { ...body, script: { source: 'x' } }],
  ['a field of a later version', { ...body, source: { ...body.source, remote: { ...remote, api_key: 'x' } } }],
  ['a login without a password', { ...body, source: { ...body.source, remote: { host: remote.host, username: 'x' } } }],
  ['a host without a port', { ...body, source: { ...body.source, remote: { host: 'http://old.example' } } }],
  [
    'a query with more digits than a double',
    '{"source":{"index":"a","query":{"term":{"n":9007199254740993}},"remote":{"host":"http://a:1"}},"dest":{"index":"c"}}',
  ],
  ['no JSON', '{'],
])('left to the target: %s', (_what, one) => {
  expect(understand({}, typeof one === 'string' ? one : JSON.stringify(one))).toBeUndefined()
})

test('left to the target: a parameter that is not known', () => {
  expect(understand({ filter_path: 'total' }, JSON.stringify(body))).toBeUndefined()
})

test('a description is as servers write it', () => {
  const { reindex } = understand(
    {},
    JSON.stringify({ ...body, source: { ...body.source, query: { terms: { n: [1, 2] }, x: {} } } }),
  )!
  expect(described(reindex)).toBe(
    'reindex from [host=old.example port=9200 query={\n  "terms" : {\n    "n" : [\n      1,\n      2\n    ]\n  },\n  "x" : { }\n} username=reader password=<<>>][a, b] to [c]',
  )
})

test('headers of one connection are not sent on, and those that it names neither', () => {
  const headers = {
    connection: 'close, X-Own',
    'x-own': '1',
    te: 'trailers',
    'transfer-encoding': 'chunked',
    host: 'a',
    accept: 'b',
  }
  expect(endToEnd(headers)).toEqual({ accept: 'b' })
})

test('logins of every kind are taken as they come', () => {
  const basic = authOf(`Basic ${Buffer.from('a:b:c').toString('base64')}`)
  expect(basic).toMatchObject({ kind: 'basic', username: 'a' })
  expect(basic?.kind === 'basic' && basic.password.reveal()).toBe('b:c')
  expect([authOf('ApiKey x'), authOf('bearer y'), authOf(undefined), authOf('Negotiate z')].map(auth => auth?.kind)).toEqual([
    'api-key',
    'bearer',
    'none',
    undefined,
  ])
})
