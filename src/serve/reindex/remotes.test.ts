import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { RemoteRules } from './remote-rules.ts'
import { remoteHost, Remotes } from './remotes.ts'

function allows(pattern: string, address: string): boolean {
  const host = remoteHost(address)
  return host !== undefined && new Remotes([{ pattern }]).ruleFor(host) !== undefined
}

test.each([
  ['old.example:9200', 'http://old.example:9200', true],
  ['old.example:9200', 'https://old.example:9200/prefix', true],
  ['old.example:9200', 'http://old.example:9201', false],
  ['localhost:9200', 'http://127.0.0.1:9200', false],
  ['*.example:92*', 'http://a.b.example:9201', true],
  ['*.example:9200', 'http://example:9200', false],
  ['[::1]:9200', 'http://[::1]:9200', true],
  ['127.0.0.1:9200', 'http://0x7f.1:9200', false],
  ['0x7f.1:9200', 'http://0x7f.1:9200', false],
  ['old.example:9200', 'http://old.example:9200@evil.example:80', false],
  ['old.example:9200', 'http://evil.example:80#old.example:9200', false],
  ['*.example:9200', 'http://evil:80/.example:9200', false],
])('pattern %s, address %s: %s', (pattern, address, expected) => {
  expect(allows(pattern, address)).toBe(expected)
})

test('without a rule nothing may be read from', () => {
  expect(new Remotes().ruleFor(remoteHost('http://old.example:9200')!)).toBeUndefined()
})

test.each(['*', '*:*', '*:9200', '*.*:9200', 'old.example', 'http://old.example:9200', '', ':9200', 'a b:1'])(
  'no pattern: %j',
  pattern => {
    expect(() => new Remotes([{ pattern }])).toThrow(/no host:port/)
  },
)

test('rules that are changed while it runs hold at once, and after a restart; wrong ones change nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const named = {
    source: { side: 'source', addresses: [], auth: { kind: 'none' }, tls: { verify: false }, requestTimeoutMs: 1 },
  } as const
  const rules = new RemoteRules(folder, ['a.example:1'], named)
  rules.set(['b.example:2 as source'])
  expect(() => rules.set(['c.example:3', '*:*'])).toThrow(/no host:port/)
  expect(() => rules.set(['c.example:3 as nobody'])).toThrow(/connection/)
  const again = new RemoteRules(folder, ['a.example:1'], named)
  for (const one of [rules, again]) {
    expect(one.texts).toEqual(['b.example:2 as source'])
    expect(one.remotes.ruleFor(remoteHost('https://b.example:2')!)).toMatchObject({ tls: { verify: false } })
    expect(one.remotes.ruleFor(remoteHost('http://a.example:1')!)).toBeUndefined()
  }
})
