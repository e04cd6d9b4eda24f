import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Auth, ConnectionSettings, Side, TlsSettings } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { Secret } from '../model/secret.ts'
import { isLoopback } from './addresses.ts'
import { layers } from './given.ts'
import type { Given } from './given.ts'
import { parseSecretRef, resolveSecret, secretHint } from './secret-ref.ts'
import type { AskSecret } from './secret-ref.ts'
import type { ConnectionKey, SettingValue } from './table.ts'

/** What is validated of one side, and where relative paths and secrets come from. */
export interface SideSettings {
  readonly side: Side
  readonly value: <Key extends ConnectionKey>(key: Key) => SettingValue<Key>
  readonly given: (key: ConnectionKey) => Given | undefined
  readonly env: NodeJS.ProcessEnv
  readonly ask: AskSecret | undefined
  /** Of the settings file, and of the process. */
  readonly fileFolder: string
  readonly workingFolder: string
}

/**
 * Reads files and resolves secrets; may wait for a person.
 * @throws ShardferryError `settings-invalid`, `secret-missing`
 */
export async function connectionSettings(settings: SideSettings, signal?: AbortSignal): Promise<ConnectionSettings> {
  const { side } = settings
  const addresses = addressesOf(settings)
  const note = loginNote(settings)
  return {
    side,
    addresses,
    auth: await auth(settings, addresses[0] ?? '', signal),
    ...(note === undefined ? {} : { loginNote: note }),
    tls: await tls(settings, signal),
    requestTimeoutMs: settings.value('timeout'),
  }
}

/** @throws ShardferryError `settings-invalid` where no address is given */
export function addressesOf({ side, value }: SideSettings): readonly string[] {
  const addresses = value('url')
  if (addresses) return addresses
  throw new ShardferryError('settings-invalid', `${side}.url is not given: the address of the ${side}.`, {
    hint: `Give it on the command line, with --${side}-url or SHARDFERRY_${side.toUpperCase()}_URL, or in shardferry.yaml; shardferry init writes one.`,
  })
}

/** What should be told about a connection before it is used. */
export function connectionWarnings({ side, addresses, auth, tls }: ConnectionSettings): string[] {
  const warnings: string[] = []
  const plain = addresses.find(address => address.startsWith('http:'))
  if (!tls.verify)
    warnings.push(
      `${side}.insecure: the ${side}'s certificate is not verified; anybody in between can read and change everything. Give its CA with ${side}.ca or ${side}.fingerprint instead.`,
    )
  if (plain !== undefined && auth.kind !== 'none' && !addresses.every(isLoopback))
    warnings.push(`${side}.url: ${plain} is not https: credentials and documents go over the network unencrypted.`)
  if (plain !== undefined && (tls.ca ?? tls.fingerprint ?? tls.cert) !== undefined)
    warnings.push(`${side}.url: ${plain} is not https: the CA, fingerprint or certificate given for the ${side} has no effect.`)
  return warnings
}

/** The ways to authenticate that are given, that of the strongest layer first. */
function methodsOf(settings: SideSettings): readonly Given[] {
  return (['username', 'apiKey', 'bearer'] as const)
    .flatMap(key => settings.given(key) ?? [])
    .sort((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer))
}

/** An exported variable that was forgotten is as good as a wrong password. */
function loginNote(settings: SideSettings): string | undefined {
  const [method, unheard] = methodsOf(settings)
  const used = [method, method?.row.key === `${settings.side}.username` ? settings.given('password') : undefined]
  for (const given of used) {
    const { layer, over, row } = given ?? {}
    if (layer !== 'environment' || row?.env === undefined) continue
    const other = over?.value !== `env:${row.env}` ? over?.named : undefined
    const named = other ?? (given === method && unheard?.layer === 'file' ? unheard.named() : undefined)
    if (named !== undefined) return `${row.env} is exported and wins over ${named}; if the file is right: unset ${row.env}`
  }
  return undefined
}

/** The one way to authenticate that is given; where several are, that of the strongest layer. */
async function auth(settings: SideSettings, address: string, signal?: AbortSignal): Promise<Auth> {
  const { side } = settings
  const [first, second] = methodsOf(settings)
  if (first && second && first.layer === second.layer)
    throw new ShardferryError('settings-invalid', `${first.named()} and ${second.named()} are both given.`, {
      hint: `Give one: a user with a password, an API key, or a bearer token.`,
    })
  const password = settings.given('password')
  if (!first) {
    if (!password) return { kind: 'none' }
    throw new ShardferryError('settings-invalid', `${password.named()} is given without a user.`, {
      hint: `Give the user with ${side}.username, --${side}-username or SHARDFERRY_${side.toUpperCase()}_USERNAME.`,
    })
  }
  switch (first.row.key.slice(side.length + 1)) {
    case 'apiKey':
      return {
        kind: 'api-key',
        key: encodedKey(headerSafe(await secret(first, `API key of the ${side} ${address}`, settings, signal), first)),
      }
    case 'bearer':
      return {
        kind: 'bearer',
        token: headerSafe(await secret(first, `bearer token of the ${side} ${address}`, settings, signal), first),
      }
    default: {
      const username = settings.value('username') ?? ''
      if (username.includes(':'))
        throw new ShardferryError('settings-invalid', `${first.named()} must not hold a colon.`, {
          hint: 'HTTP basic authentication ends the user name at the first colon.',
        })
      const what = `password of ${username} on the ${side} ${address}`
      if (password) return { kind: 'basic', username, password: await secret(password, what, settings, signal) }
      if (settings.ask) return { kind: 'basic', username, password: await fromTerminal(what, settings, signal) }
      throw new ShardferryError('secret-missing', `There is no ${what}, and no terminal to ask on.`, {
        hint: `Set SHARDFERRY_${side.toUpperCase()}_PASSWORD, or give ${side}.password as env:NAME or file:PATH.`,
      })
    }
  }
}

async function tls(settings: SideSettings, signal?: AbortSignal): Promise<TlsSettings> {
  const { side } = settings
  const ca = await pem('ca', settings)
  const cert = await pem('cert', settings)
  const fingerprint = settings.value('fingerprint')
  const keyGiven = settings.given('key')
  if ((cert === undefined) !== (keyGiven === undefined))
    throw new ShardferryError(
      'settings-invalid',
      `${side}.${cert === undefined ? 'key' : 'cert'} is given without ${side}.${cert === undefined ? 'cert' : 'key'}.`,
      { hint: 'Mutual TLS takes a certificate and its key.' },
    )
  const key = keyGiven && (await clientKey(keyGiven, settings, signal))
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    verify: !settings.value('insecure'),
  }
}

async function clientKey(given: Given, settings: SideSettings, signal?: AbortSignal): Promise<Secret> {
  if (given.value === 'prompt')
    throw new ShardferryError('settings-invalid', `${given.named()} must be file:PATH or env:NAME.`, {
      hint: 'A PEM key has many lines and cannot be typed in.',
    })
  const key = await secret(given, `client key for the ${settings.side}`, settings, signal)
  const text = key.reveal()
  if (!text.includes('-----BEGIN'))
    throw new ShardferryError('settings-invalid', `${given.named()} does not lead to a PEM key.`, {
      hint: 'Convert it: openssl pkcs12 -in FILE.p12 -nocerts -nodes -out key.pem',
    })
  if (text.includes('ENCRYPTED'))
    throw new ShardferryError('settings-invalid', `${given.named()} leads to a key with a passphrase, which cannot be used.`, {
      hint: 'Make one without: openssl pkey -in FILE -out key.pem (and keep its permissions at 0600).',
    })
  return key
}

async function pem(name: 'ca' | 'cert', settings: SideSettings): Promise<string | undefined> {
  const given = settings.given(name)
  const value = settings.value(name)
  if (!given || value === undefined) return undefined
  // A program gives the text itself.
  if (value.includes('-----BEGIN CERTIFICATE')) return value
  const path = resolve(
    folderOf(given, settings),
    value.replace(/^~(?=\/)/, () => settings.env['HOME'] ?? '~'),
  )
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ShardferryError(
      'settings-invalid',
      `${given.named()}: ${path} cannot be read (${(cause as { code?: string }).code}).`,
      {
        hint: 'A relative path in a settings file starts from that file, one in a flag from the working folder.',
      },
    )
  })
  if (text.includes('-----BEGIN CERTIFICATE')) return text
  throw new ShardferryError('settings-invalid', `${given.named()}: ${path} holds no PEM certificate.`, {
    hint: 'Convert it: openssl x509 -inform der -in FILE -out ca.pem, or openssl pkcs12 -in FILE.p12 -nokeys -out ca.pem',
  })
}

async function secret(given: Given, what: string, settings: SideSettings, signal?: AbortSignal): Promise<Secret> {
  if (given.value instanceof Secret) return valueItself(given.value, given, settings.side)
  const ref = typeof given.value === 'string' ? parseSecretRef(given.value) : undefined
  if (!ref) throw new ShardferryError('settings-invalid', `${given.named()} must not be the secret itself.`, { hint: secretHint })
  return resolveSecret(ref, what, { env: settings.env, folder: folderOf(given, settings), ask: settings.ask }, signal)
}

/** A variable holds the value. What only looks like a reference is no key and no token, and would end in a puzzling 401; a password may look like anything. */
function valueItself(value: Secret, given: Given, side: Side): Secret {
  if (given.row.key === `${side}.password` || !/^(env|file):/.test(value.reveal())) return value
  throw new ShardferryError('settings-invalid', `${given.named()} holds a reference, where the secret itself belongs.`, {
    hint: `Put the value into the variable; or leave the variable out and give ${given.row.flag ?? given.row.key} file:PATH.`,
  })
}

function fromTerminal(what: string, { env, workingFolder, ask }: SideSettings, signal?: AbortSignal): Promise<Secret> {
  return resolveSecret({ from: 'prompt' }, what, { env, folder: workingFolder, ask }, signal)
}

function folderOf(given: Given, settings: SideSettings): string {
  return given.layer === 'file' ? settings.fileFolder : settings.workingFolder
}

/** Base64 has no colon: with one it is `id:api_key`, as the create call answers in two fields. */
function encodedKey(key: Secret): Secret {
  return key.reveal().includes(':') ? new Secret(Buffer.from(key.reveal()).toString('base64')) : key
}

/** HTTP clients name a header's value in the error when it cannot be sent, so that is refused here. */
function headerSafe(value: Secret, given: Given): Secret {
  if (/^[\x21-\x7e]+$/.test(value.reveal())) return value
  throw new ShardferryError(
    'settings-invalid',
    `${given.named()} leads to a value with spaces, line ends or special letters in it.`,
    {
      hint: 'Look whether the variable or file holds the key alone, without a name or quotes around it.',
    },
  )
}
