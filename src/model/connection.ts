import type { Secret } from './secret.ts'

export type Side = 'source' | 'target'

/** How to reach one cluster; everything is resolved: files are read, secrets are values. */
export interface ConnectionSettings {
  readonly side: Side
  /** One or more node addresses with scheme and port, and maybe a path prefix: `https://es.example:9200/search`. */
  readonly addresses: readonly string[]
  readonly auth: Auth
  /** That an exported variable wins over another login in the settings file, which is a reason for a puzzling 401. */
  readonly loginNote?: string
  readonly tls: TlsSettings
  /** Longest wait for an answer's first byte, and between two of its parts. */
  readonly requestTimeoutMs: number
}

export type Auth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  /** The `encoded` form: base64 of `id:api_key`. */
  | { readonly kind: 'api-key'; readonly key: Secret }
  | { readonly kind: 'bearer'; readonly token: Secret }

export interface TlsSettings {
  /** PEM text of one or more CA certificates; the system's are used where there is none. */
  readonly ca?: string
  /** SHA-256 fingerprint, hex with or without colons, of a certificate in the server's chain. */
  readonly fingerprint?: string
  /** PEM text of a client certificate, for mutual TLS. */
  readonly cert?: string
  readonly key?: Secret
  readonly verify: boolean
}
