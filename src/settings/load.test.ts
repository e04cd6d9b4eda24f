import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { ShardferryError } from '../model/errors.ts'
import { loadMigrationSettings, loadSettings } from './load.ts'
import type { SettingsRequest } from './load.ts'
import type { Settings } from './settings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardferry-settings-'))
})

const file = (text: string, name = 'shardferry.yaml'): void => writeFileSync(join(folder, name), text)
const request = (over: Partial<SettingsRequest> = {}): SettingsRequest => ({
  flags: {},
  env: {},
  sourceUrl: 'https://old.example',
  targetUrl: 'https://new.example',
  folder,
  ...over,
})
const load = (over: Partial<SettingsRequest> = {}): Promise<Settings> => loadSettings(request(over))

async function refusal(over: Partial<SettingsRequest> = {}): Promise<ShardferryError> {
  const error: unknown = await load(over).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error instanceof ShardferryError) return error
  throw new Error(`not refused as it should be: ${String(error)}`)
}

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

describe('two addresses are enough', () => {
  test('everything else has its default', async () => {
    expect(await load()).toEqual({
      name: 'old.example-9200-to-new.example-9200',
      nameGiven: false,
      stateFolder: join(folder, '.shardferry'),
      logLevel: 'info',
      source: {
        side: 'source',
        addresses: ['https://old.example:9200'],
        auth: { kind: 'none' },
        tls: { verify: true },
        requestTimeoutMs: 90_000,
      },
      target: {
        side: 'target',
        addresses: ['https://new.example:9200'],
        auth: { kind: 'none' },
        tls: { verify: true },
        requestTimeoutMs: 90_000,
      },
      selection: { patterns: ['*'], includeSystem: false, renames: {}, dataStreams: 'keep', toDataStreams: [], filters: {} },
      copy: {
        intoExisting: false,
        versionFrom: 'seq-no',
        readBy: 'auto',
        engine: 'stream',
        width: 4,
        readers: 2,
        partitionDocs: 200_000,
        partitionBytes: 128 * 1024 ** 2,
        pageBytes: 3 * 1024 ** 2,
        docsPerSecond: 0,
        bytesPerSecond: 0,
        protect: true,
        maxLoad: 0,
        windows: [],
        maxSetAside: 10_000,
        catchUpRounds: 10,
        follow: false,
        followBack: true,
        tune: true,
        deletes: 'auto',
        unknownTypes: 'refuse',
      },
      warnings: [],
    } satisfies Settings)
  })

  test('without an address the message says how to give one', async () => {
    const error = await refusal({ targetUrl: undefined })
    expect(error.message).toBe('target.url is not given: the address of the target.')
    expect(error.hint).toContain('SHARDFERRY_TARGET_URL')
    const ask = (): Promise<string> => Promise.reject(new Error('asked for a password before the address is known'))
    const flags = { 'source.username': 'elastic', name: 'named' }
    expect((await refusal({ targetUrl: undefined, flags, ask })).message).toBe(error.message)
  })

  test('the settings are frozen to the bottom', async () => {
    const settings = await load()
    expect(Object.isFrozen(settings.source.tls) && Object.isFrozen(settings.selection.patterns)).toBe(true)
  })
})

describe('flags go before the environment, that before the file, that before the default', () => {
  test('each layer is overridden by the one above', async () => {
    file('width: 1\nreaders: 1\npageBytes: 1mb\ndocsPerSecond: 1\n')
    const { copy } = await load({
      flags: { width: '3' },
      env: { SHARDFERRY_WIDTH: '2', SHARDFERRY_READERS: '2' },
    })
    expect([copy.width, copy.readers, copy.pageBytes, copy.partitionDocs]).toEqual([3, 2, 1024 ** 2, 200_000])
  })

  test('the positional address goes before everything', async () => {
    const { source } = await load({ sourceUrl: 'http://a', flags: { 'source.url': ['http://b'] } })
    expect(source.addresses).toEqual(['http://a:9200'])
  })

  test('an empty environment variable counts as none', async () => {
    expect((await load({ env: { SHARDFERRY_WIDTH: '' } })).copy.width).toBe(4)
  })

  test('the file is the one named by --config, by SHARDFERRY_CONFIG, or shardferry.yaml', async () => {
    file('width: 1\n')
    file('width: 2\n', 'two.yaml')
    file('width: 3\n', 'three.yaml')
    const env = { SHARDFERRY_CONFIG: 'two.yaml' }
    expect((await load()).copy.width).toBe(1)
    expect((await load({ env })).copy.width).toBe(2)
    expect((await load({ env, file: 'three.yaml' })).copy.width).toBe(3)
    expect((await refusal({ file: 'four.yaml' })).message).toContain('four.yaml cannot be read (ENOENT)')
  })

  test('a setting nobody knows is refused, also from a library', async () => {
    expect((await refusal({ flags: { widht: 1 } })).message).toBe('There is no setting widht.')
  })
})

describe('a wrong setting is named by its place', () => {
  test('file, line and column', async () => {
    file('# hello\nwidth: 4\nsource:\n  url: ftp://old\n')
    expect((await refusal({ sourceUrl: undefined })).message).toBe(
      'shardferry.yaml:4:8: source.url must start with http:// or https://.',
    )
  })

  test('flag, environment variable, argument', async () => {
    expect((await refusal({ flags: { maxLoad: '-1' } })).message).toBe('--max-load must be a number from 0 to 1000.')
    expect((await refusal({ flags: { width: 'many' } })).message).toBe('--width must be a whole number from 1 to 256.')
    expect((await refusal({ env: { SHARDFERRY_PAGE_BYTES: '5 apples' } })).message).toBe(
      "SHARDFERRY_PAGE_BYTES must be a size with its unit, such as '64mb'.",
    )
    expect((await refusal({ sourceUrl: 'old:9200' })).message).toBe('SOURCE must start with http:// or https://.')
  })

  test('all problems are told at once', async () => {
    file('width: 0\nreadBy: magic\nsource:\n  timeout: 30\n')
    expect((await refusal()).message.split('\n')).toEqual([
      "shardferry.yaml:4:12: source.timeout must be a time with its unit, such as '30s'.",
      'shardferry.yaml:2:9: readBy must be one of auto, seq-no, slices.',
      'shardferry.yaml:1:8: width must be a whole number from 1 to 256.',
    ])
  })

  test('deep inside of a map', async () => {
    file('filters:\n  logs:\n    term: { a: 1 }\n  more: 7\n')
    expect((await refusal()).message).toMatch(/^shardferry\.yaml:4:9: filters\.more must be Query DSL/)
  })

  test('YAML errors have their place and quote no text of the file', async () => {
    file('source:\n  password: "hunter2\\q"\n')
    const error = await refusal()
    expect(error.message).toMatch(/^shardferry\.yaml:2:\d+: the text in double quotes holds an unknown escape/)
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2')
  })

  test.each([
    ['widht: 4', 'shardferry.yaml:1:1: there is no setting widht; did you mean width?'],
    ['source:\n  user: x', 'shardferry.yaml:2:3: there is no setting source.user; did you mean source.username?'],
    ['source: { api_key: x }', 'shardferry.yaml:1:11: there is no setting source.api_key; did you mean source.apiKey?'],
    ['username: x', 'shardferry.yaml:1:1: there is no setting username; did you mean source.username?'],
    ['index: x', 'shardferry.yaml:1:1: there is no setting index; did you mean indices?'],
    ['zzzzzz: x', 'shardferry.yaml:1:1: there is no setting zzzzzz'],
    ['source: https://x', 'shardferry.yaml:1:1: source must be a map with url, username, password and so on'],
    ['- a', 'shardferry.yaml:1:1: must be a map of settings'],
  ])('%j', async (text, message) => {
    file(text)
    expect((await refusal()).message).toBe(message)
  })
})

describe('a file means what it says', () => {
  test('an empty file, and keys without a value, set nothing', async () => {
    file('# nothing\n')
    expect((await load()).copy.width).toBe(4)
    file('width:\nsource:\ntarget: ~\n')
    expect((await load()).copy.width).toBe(4)
  })

  test('numbers that are names stay as written', async () => {
    file('name: 007\nindices: [2024, logs-1e3]\nrenames: { 2024: 1_0 }\n')
    const { name, selection } = await load()
    expect([name, selection.patterns, selection.renames]).toEqual(['007', ['2024', 'logs-1e3'], { 2024: '1_0' }])
  })

  test('queries keep their types, and numbers that JSON rounds are refused', async () => {
    file('filters:\n  a: { range: { n: { gte: 5, x: true } } }\nquery: { match_all: {} }\n')
    const { selection } = await load()
    expect(selection.filters).toEqual({ a: { range: { n: { gte: 5, x: true } } } })
    expect(selection.query).toEqual({ match_all: {} })
    file('query: { term: { id: 9007199254740993 } }\n')
    expect((await refusal()).message).toContain('write it in quotes')
  })

  test('relative paths start from the file', async () => {
    file('state: journals\npauseFile: stop\n')
    expect((await loadMigrationSettings(request())).stateFolder).toBe(join(folder, 'journals'))
    expect((await load()).copy.pauseFile).toBe(join(folder, 'stop'))
  })

  test('windows, loads and sizes are those that a person writes', async () => {
    file("windows: ['22:00-06:00', 12:00-13:00]\nmaxLoad: 1.5\nbytesPerSecond: 20mb\nprotect: false\n")
    const { windows, maxLoad, bytesPerSecond, protect } = (await load()).copy
    expect({ windows, maxLoad, bytesPerSecond, protect }).toEqual({
      windows: ['22:00-06:00', '12:00-13:00'],
      maxLoad: 1.5,
      bytesPerSecond: 20 * 1024 ** 2,
      protect: false,
    })
    expect((await load({ flags: { windows: ['00:00-24:00'], bytesPerSecond: '0' } })).copy).toMatchObject({
      windows: ['00:00-24:00'],
      bytesPerSecond: 0,
    })
  })

  test.each(['22-6', '22:00-26:00', '24:00-06:00', '22:00 - 06:00', 'night'])('%s is no window', async window => {
    expect((await refusal({ flags: { windows: [window] } })).message).toBe(
      '--window must be times of day from and to, such as 22:00-06:00.',
    )
  })
})

describe('addresses', () => {
  test('several addresses of one cluster share the scheme', async () => {
    const { source } = await load({ sourceUrl: 'https://a, https://b:443/search/,https://a:9200' })
    expect(source.addresses).toEqual(['https://a:9200', 'https://b:443/search'])
    expect((await refusal({ sourceUrl: 'https://a,http://b' })).message).toContain('all http:// or all https://')
    expect((await refusal({ sourceUrl: 'https://a,b' })).message).toBe(
      'SOURCE (address 2 of 2) must start with http:// or https://.',
    )
  })

  test.each(['https://elastic:hunter2@old:9200', 'elastic:hunter2@old', 'https://e:hunt,hunter2@old', 'https://e:hunter2/x@old'])(
    'a password in an address is refused and not repeated: %#',
    async url => {
      const error = await refusal({ sourceUrl: url })
      expect(error.code).toBe('settings-invalid')
      expect(error.message).toMatch(/^SOURCE .*(must not hold a user name or password|must be an address such as)/)
      expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain('hunter2')
    },
  )
})

describe('how to authenticate', () => {
  const ask = (question: string): Promise<string> => Promise.resolve(`asked: ${question}`)

  test('the password comes from its reference, its variable, or a person', async () => {
    const flags = { 'source.username': 'elastic' }
    const password = async (over: Partial<SettingsRequest>): Promise<string> => {
      const { auth } = (await load({ flags, ...over })).source
      return auth.kind === 'basic' ? `${auth.username} ${auth.password.reveal()}` : auth.kind
    }
    expect(await password({ flags: { ...flags, 'source.password': 'env:PW' }, env: { PW: 'a' } })).toBe('elastic a')
    expect(await password({ env: { SHARDFERRY_SOURCE_PASSWORD: 'env:b' } })).toBe('elastic env:b')
    expect(await password({ ask })).toBe('elastic asked: Password of elastic on the source https://old.example:9200: ')
  })

  test('without a password, variable and terminal it says so', async () => {
    const error = await refusal({ flags: { 'target.username': 'elastic' } })
    expect([error.code, error.hint]).toEqual(['secret-missing', expect.stringContaining('SHARDFERRY_TARGET_PASSWORD')])
  })

  test('a literal secret is refused and not repeated, wherever it stands', async () => {
    for (const over of [{ flags: { 'source.password': 'hunter2' } }, { flags: { 'target.apiKey': 'env:hunter2-x' } }]) {
      const error = await refusal(over)
      expect(error.code).toBe('settings-invalid')
      expect(error.message).toContain('must be env:NAME, file:PATH or prompt')
      expect(error.hint).toContain('visible in `ps` and in the file')
      expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2')
    }
    file('source:\n  bearer: hunter2\n')
    const error = await refusal()
    expect(error.message).toBe(
      'shardferry.yaml:2:11: source.bearer must be env:NAME, file:PATH or prompt, not the secret itself.',
    )
  })

  test('an API key may be given as id:key', async () => {
    const { auth } = (await load({ env: { SHARDFERRY_SOURCE_API_KEY: 'id:key' } })).source
    expect(auth.kind === 'api-key' && auth.key.reveal()).toBe('aWQ6a2V5')
  })

  test('a key that no header can carry is refused and not repeated', async () => {
    const error = await refusal({ env: { SHARDFERRY_SOURCE_BEARER: 'hunter2\nx' } })
    expect([error.code, `${error.message}${error.hint}`.includes('hunter2')]).toEqual(['settings-invalid', false])
  })

  test('of two ways the stronger layer decides; in one layer they are refused', async () => {
    file('source: { username: elastic, password: env:PW }\n')
    const { auth } = (await load({ flags: { 'source.apiKey': 'env:KEY' }, env: { KEY: 'k' } })).source
    expect(auth.kind).toBe('api-key')
    file('source: { username: elastic, apiKey: env:KEY }\n')
    expect((await refusal()).message).toBe(
      'shardferry.yaml:1:21: source.username and shardferry.yaml:1:38: source.apiKey are both given.',
    )
  })

  test('an exported variable that wins over another login in the file is told of, for whoever gets a 401', async () => {
    const env = { SHARDFERRY_SOURCE_PASSWORD: 'p' }
    const note = async (over: Partial<SettingsRequest>): Promise<string | undefined> => (await load(over)).source.loginNote
    writeFileSync(join(folder, 'pw'), 'p')
    file('source: { username: elastic, password: file:pw }\n')
    expect(await note({ env })).toBe(
      'SHARDFERRY_SOURCE_PASSWORD is exported and wins over shardferry.yaml:1:40: source.password; if the file is right: unset SHARDFERRY_SOURCE_PASSWORD',
    )
    expect(await note({ env, flags: { 'source.password': 'file:pw' } })).toBeUndefined()
    expect(await note({})).toBeUndefined()
    expect(await note({ env: { SHARDFERRY_SOURCE_API_KEY: 'k' } })).toContain(
      'SHARDFERRY_SOURCE_API_KEY is exported and wins over',
    )
    file('source: { username: elastic, password: env:SHARDFERRY_SOURCE_PASSWORD }\n')
    expect(await note({ env })).toBeUndefined()
  })

  test('a password without a user is refused', async () => {
    expect((await refusal({ env: { SHARDFERRY_SOURCE_PASSWORD: 'x' } })).message).toBe(
      'SHARDFERRY_SOURCE_PASSWORD is given without a user.',
    )
  })

  test('no way of printing settings shows a secret', async () => {
    const settings = await load({ flags: { 'source.username': 'u' }, env: { SHARDFERRY_SOURCE_PASSWORD: 'hunter2' } })
    expect(JSON.stringify(settings)).not.toContain('hunter2')
  })
})

describe('TLS', () => {
  test('CA, certificate and key are read', async () => {
    file(certificate, 'ca.pem')
    file('-----BEGIN PRIVATE KEY-----\n', 'key.pem')
    file('source: { ca: ca.pem, cert: ca.pem, key: file:key.pem }\n')
    const { tls } = (await load()).source
    expect([tls.ca, tls.cert, tls.key?.reveal()]).toEqual([certificate, certificate, '-----BEGIN PRIVATE KEY-----'])
  })

  test('a CA that is missing or no PEM is refused with its place', async () => {
    file('binary', 'ca.der')
    expect((await refusal({ flags: { 'source.ca': 'ca.der' } })).message).toBe(
      `--source-ca: ${join(folder, 'ca.der')} holds no PEM certificate.`,
    )
    file('source:\n  ca: none.pem\n')
    expect((await refusal()).message).toMatch(/^shardferry\.yaml:2:7: source\.ca: .*none\.pem cannot be read \(ENOENT\)/)
  })

  test('a certificate without its key is refused, and so is a key to be typed in', async () => {
    file(certificate, 'c.pem')
    expect((await refusal({ flags: { 'source.cert': 'c.pem' } })).message).toBe('source.cert is given without source.key.')
    expect((await refusal({ flags: { 'source.cert': 'c.pem', 'source.key': 'prompt' } })).message).toContain(
      'file:PATH or env:NAME',
    )
  })

  test('a fingerprint has 64 hex digits, colons allowed', async () => {
    const hex = 'AB'.repeat(32)
    expect((await load({ flags: { 'source.fingerprint': hex } })).source.tls.fingerprint).toBe(hex)
    await load({ flags: { 'source.fingerprint': hex.replaceAll(/(..)(?!$)/g, '$1:') } })
    expect((await refusal({ flags: { 'source.fingerprint': 'AB:CD' } })).message).toContain('64 hex digits')
  })

  test('what weakens the transport is warned of', async () => {
    const { warnings, source } = await load({
      sourceUrl: 'http://old',
      flags: { 'source.username': 'u', 'target.insecure': true },
      env: { SHARDFERRY_SOURCE_PASSWORD: 'x' },
    })
    expect(source.tls.verify).toBe(true)
    expect(warnings).toEqual([
      expect.stringContaining('http://old:9200 is not https'),
      expect.stringContaining("the target's certificate is not verified"),
    ])
    expect((await load({ sourceUrl: 'http://localhost' })).warnings).toEqual([])
  })
})

describe('what is moved', () => {
  test('patterns come from repeated flags and commas; leaving out alone leaves out of everything', async () => {
    expect((await load({ flags: { indices: ['a,b-*', '-b-x'] } })).selection.patterns).toEqual(['a', 'b-*', '-b-x'])
    expect((await load({ flags: { indices: ['-b'] } })).selection.patterns).toEqual(['*', '-b'])
  })

  test('a rename tells the indices apart', async () => {
    expect((await load({ flags: { rename: '{index}-v2' } })).selection.rename).toBe('{index}-v2')
    expect((await load({ flags: { rename: 'new', indices: 'old' } })).selection.rename).toBe('new')
    expect((await refusal({ flags: { rename: 'new' } })).message).toBe('--rename would give several indices the name new.')
    expect((await refusal({ flags: { rename: '{idx}' } })).message).toContain('must be a lower-case index name')
  })

  test('a query on the command line is JSON', async () => {
    expect((await load({ flags: { query: '{"term":{"a":1}}' } })).selection.query).toEqual({ term: { a: 1 } })
    expect((await refusal({ flags: { query: 'a:1' } })).message).toContain('must be Query DSL')
    expect((await refusal({ flags: { query: '{}' } })).message).toContain('exactly one query')
  })
})

describe('commands that speak to no cluster', () => {
  test('need no address and resolve no secret', async () => {
    file('source:\n  url: https://old\n  username: u\n  password: env:NOT_SET\n')
    const settings = await loadMigrationSettings(request({ sourceUrl: undefined, targetUrl: undefined }))
    expect([settings.name, settings.stateFolder]).toEqual([undefined, join(folder, '.shardferry')])
    const named = await loadMigrationSettings(request({ sourceUrl: undefined }))
    expect(named.name).toBe('old-9200-to-new.example-9200')
  })
})
