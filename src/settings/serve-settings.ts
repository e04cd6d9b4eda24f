import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ConnectionSettings, Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { roles } from '../model/role.ts'
import type { Role } from '../model/role.ts'
import type { Secret } from '../model/secret.ts'
import { isLoopback } from './addresses.ts'
import type { CopySettings, MigrationSettings } from './settings.ts'

/** What `shardferry serve` works with. */
export interface ServeSettings extends Pick<MigrationSettings, 'stateFolder' | 'logLevel'> {
  readonly host: string
  readonly port: number
  /** Names that it is reached by, besides its address. */
  readonly hosts: readonly string[]
  readonly tokens: readonly { readonly role: Role; readonly token: Secret }[]
  readonly tls?: ServeTls
  /** The Reindex API, where there is to be one. */
  readonly reindex?: ReindexApiSettings
  /** Clusters that the settings name: migrations may refer to them as `source` and `target`. */
  readonly connections: Partial<Readonly<Record<Side, ConnectionSettings>>>
}

export interface ReindexApiSettings {
  readonly host: string
  readonly port: number
  /** `host:port`, `host:port as source`. */
  readonly remotes: readonly string[]
  readonly copy: Pick<CopySettings, 'width' | 'readers' | 'partitionDocs' | 'partitionBytes' | 'pageBytes'>
}

export interface ServeTls {
  readonly cert: string
  readonly key: Secret
  readonly clientCa?: string
  /** By the common name of a client certificate. */
  readonly clients: Readonly<Record<string, Role>>
}

/** A server that a command asks. */
export interface RemoteSettings {
  readonly url: string
  readonly token?: Secret
  readonly ca?: string
  /** Of the migration, where one is given. */
  readonly name?: string
}

/** Fewer can be guessed. */
const leastTokenLength = 20

export interface ServeGiven {
  readonly host: string
  readonly tokens: Readonly<Partial<Record<Role, Secret>>>
  readonly cert: string | undefined
  readonly key: Secret | undefined
  readonly clientCa: string | undefined
  readonly clients: Readonly<Record<string, Role>>
}

/**
 * What makes a server that nobody steers who should not.
 * @throws ShardferryError `settings-invalid` for an address that others reach without a token or client certificates
 */
export function safelyServed({ host, tokens, cert, key, clientCa, clients }: ServeGiven): Pick<ServeSettings, 'tokens' | 'tls'> {
  const given = roles.flatMap(role => (tokens[role] ? [{ role, token: tokens[role] }] : []))
  for (const { role, token } of given)
    if (!/^[!-~]+$/.test(token.reveal()) || token.reveal().length < leastTokenLength)
      throw new ShardferryError(
        'settings-invalid',
        `serve.${role}Token is too short, or holds what no header can: ${leastTokenLength} printable characters or more are needed.`,
        { hint: 'Make one: openssl rand -hex 32' },
      )
  if (new Set(given.map(({ token }) => token.reveal())).size < given.length)
    throw new ShardferryError('settings-invalid', 'Two roles have the same token.', {
      hint: 'Make one for each: openssl rand -hex 32',
    })
  if ((cert === undefined) !== (key === undefined) || (clientCa !== undefined && cert === undefined))
    throw new ShardferryError('settings-invalid', 'serve.cert, serve.key and serve.clientCa go together.', {
      hint: 'TLS takes a certificate and its key; client certificates take TLS.',
    })
  if (given.length === 0 && clientCa === undefined && !isLoopbackHost(host))
    throw new ShardferryError(
      'settings-invalid',
      `serve.host is ${host}, which other machines reach, and there is no token: anybody there could steer migrations.`,
      {
        hint: 'Give a token (SHARDFERRY_SERVE_ADMIN_TOKEN, or --serve-admin-token file:PATH), or client certificates (--serve-client-ca FILE with --serve-cert and --serve-key); or listen at 127.0.0.1.',
      },
    )
  const tls = cert !== undefined && key ? { cert, key, clients, ...(clientCa === undefined ? {} : { clientCa }) } : undefined
  return { tokens: given, ...(tls ? { tls } : {}) }
}

export function isLoopbackHost(host: string): boolean {
  return isLoopback(`http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:1`)
}

/** The PEM text of a file. */
export async function pemFile(key: string, path: string, folder: string): Promise<string> {
  const text = await readFile(resolve(folder, path), 'utf8').catch((cause: unknown) => {
    throw new ShardferryError('settings-invalid', `${key}: ${path} cannot be read (${(cause as { code?: string }).code}).`, {
      hint: 'A relative path in a settings file starts from that file, one in a flag from the working folder.',
    })
  })
  if (text.includes('-----BEGIN CERTIFICATE')) return text
  throw new ShardferryError('settings-invalid', `${key}: ${path} holds no PEM certificate.`, {
    hint: 'Convert it: openssl x509 -inform der -in FILE -out cert.pem',
  })
}
