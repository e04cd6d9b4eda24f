/**
 * From where a request may read. Invariant: nothing is connected to that no pattern names, compared text by text as
 * the servers do; without a pattern, nothing is. So nobody can have this process ask arbitrary addresses.
 */
import type { Auth, TlsSettings } from '../../model/connection.ts'
import { ShardferryError } from '../../model/errors.ts'

export interface RemoteHost {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly pathPrefix: string
}

export interface RemoteRule {
  /** `host:port`; each part may hold `*`. */
  readonly pattern: string
  /** Used where the request brings no login of its own. */
  readonly auth?: Auth
  readonly tls?: TlsSettings
}

/** Rules that can be changed at any time: the next request is judged by the new ones. */
export class Remotes {
  #rules: readonly RemoteRule[] = []

  constructor(rules: readonly RemoteRule[] = []) {
    this.set(rules)
  }

  get rules(): readonly RemoteRule[] {
    return this.#rules
  }

  /** @throws ShardferryError `settings-invalid`; the old rules stay */
  set(rules: readonly RemoteRule[]): void {
    for (const { pattern } of rules) requirePattern(pattern)
    this.#rules = rules
  }

  /** The first rule that lets it be read from. */
  ruleFor({ scheme, host, port }: RemoteHost): RemoteRule | undefined {
    // A host that means another one than it says, such as 0x7f.1, is none that a pattern names.
    if (new URL(`${scheme}://${host}`).hostname !== host.toLowerCase()) return undefined
    return this.#rules.find(({ pattern }) => wildcard(pattern).test(`${host}:${port}`))
  }
}

/** `scheme://host:port/prefix`, with the port written out; undefined for anything else. */
export function remoteHost(text: string): RemoteHost | undefined {
  const found = /^(https?):\/\/([A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})(\/[^\s?#]*)?$/.exec(text)
  const [, scheme, host = '', port, pathPrefix = ''] = found ?? []
  if (!found || Number(port) > 65_535) return undefined
  if (!URL.canParse(`${scheme}://${host}`)) return undefined
  return { scheme: scheme as 'http' | 'https', host, port: Number(port), pathPrefix: pathPrefix.replace(/\/+$/, '') }
}

export function addressOf({ scheme, host, port, pathPrefix }: RemoteHost): string {
  return `${scheme}://${host}:${port}${pathPrefix}`
}

function requirePattern(pattern: string): void {
  const found = /^([A-Za-z0-9_.*-]+|\[[0-9a-fA-F:.*]+\]):(\d{1,5}|\*|\d*\*\d*)$/.exec(pattern)
  if (found && /[^*.[\]:]/.test(found[1] ?? '')) return
  throw new ShardferryError('settings-invalid', `The remote "${pattern}" is no host:port, or its host names nothing.`, {
    hint: 'Write such as old.example:9200 or *.old.example:92*. A pattern for every host would let anybody read from any address.',
  })
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}
