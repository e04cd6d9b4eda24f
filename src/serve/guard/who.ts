/**
 * Who asks. Invariant: what is given is compared with every token, in a time that does not depend on either, and an address
 * that keeps failing is not listened to for a while, whatever it brings then.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { roles } from '../../model/role.ts'
import type { Role } from '../../model/role.ts'
import type { ServeSettings } from '../../settings/serve-settings.ts'

export interface Who {
  /** As the audit names them. */
  readonly name: string
  readonly role: Role
}

/** What a request brings. */
export interface Credentials {
  readonly authorization: string | undefined
  /** The common name of a client certificate that the CA has signed. */
  readonly certificate: string | undefined
  readonly address: string
}

export type Answer = { readonly who: Who } | { readonly refused: 'unknown' | 'missing' | 'too-many'; readonly afterMs?: number }

const mostFailures = 10
const forgottenAfterMs = 60_000
/** Addresses that are remembered, at most: the oldest give way. */
const mostAddresses = 10_000

export class Doorkeeper {
  readonly #tokens: readonly { readonly role: Role; readonly digest: Buffer }[]
  readonly #clients: Readonly<Record<string, Role>> | undefined
  readonly #failures = new Map<string, { count: number; sinceMs: number }>()
  readonly #now: () => number

  constructor({ tokens, tls }: Pick<ServeSettings, 'tokens' | 'tls'>, now: () => number) {
    this.#tokens = tokens.map(({ role, token }) => ({ role, digest: digest(token.reveal()) }))
    this.#clients = tls?.clientCa === undefined ? undefined : tls.clients
    this.#now = now
  }

  /** Whether nobody has to say who they are: on an address that only this machine reaches. */
  get open(): boolean {
    return this.#tokens.length === 0 && this.#clients === undefined
  }

  ask({ authorization, certificate, address }: Credentials): Answer {
    if (this.open) return { who: { name: 'local', role: 'admin' } }
    if (authorization === undefined && certificate !== undefined && this.#clients) {
      const role = Object.hasOwn(this.#clients, certificate) ? this.#clients[certificate]! : 'viewer'
      return { who: { name: `certificate ${certificate}`, role } }
    }
    if (authorization === undefined) return { refused: 'missing' }
    const afterMs = this.#lockedForMs(address)
    if (afterMs > 0) return { refused: 'too-many', afterMs }
    const role = this.#roleOf(authorization)
    if (role) return { who: { name: `${role} token`, role } }
    this.#failed(address)
    return { refused: 'unknown' }
  }

  #roleOf(authorization: string): Role | undefined {
    const given = digest(tokenIn(authorization))
    const found = this.#tokens.filter(({ digest }) => timingSafeEqual(digest, given))
    return roles.findLast(role => found.some(one => one.role === role))
  }

  #lockedForMs(address: string): number {
    const known = this.#failures.get(address)
    if (!known || known.count < mostFailures) return 0
    return Math.max(0, known.sinceMs + forgottenAfterMs - this.#now())
  }

  #failed(address: string): void {
    const known = this.#failures.get(address)
    const goesOn = known !== undefined && this.#now() - known.sinceMs < forgottenAfterMs
    this.#failures.delete(address)
    // The time counts from the last failure.
    this.#failures.set(address, { count: goesOn ? known.count + 1 : 1, sinceMs: this.#now() })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > mostAddresses && oldest !== undefined) this.#failures.delete(oldest)
  }
}

/** `Bearer TOKEN`, `ApiKey TOKEN`, or the password of `Basic`, which is what clients of clusters know to send. */
function tokenIn(authorization: string): string {
  const [, scheme = '', rest = ''] = /^(\S+)\s+(\S+)$/.exec(authorization) ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'apikey':
      return rest
    case 'basic': {
      const text = Buffer.from(rest, 'base64').toString('utf8')
      return text.slice(text.indexOf(':') + 1)
    }
    default:
      return ''
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
