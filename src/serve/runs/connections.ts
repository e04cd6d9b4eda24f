import { join } from 'node:path'
import type { ConnectionSettings, Side } from '../../model/connection.ts'
import { ShardferryError } from '../../model/errors.ts'
import { readOwnFile, writeOwnFile } from './own-file.ts'

/** How a cluster is reached, as somebody gave it over the API: by the keys of the settings file, with secrets as they are. */
export interface GivenConnection {
  readonly url: string | readonly string[]
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly apiKey?: string | undefined
  readonly bearer?: string | undefined
  /** PEM text. */
  readonly ca?: string | undefined
  readonly fingerprint?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecure?: boolean | undefined
  readonly timeout?: string | undefined
}

/** What is told of it: which secrets there are, and none of them. */
export interface ShownConnection {
  readonly name: string
  readonly url: readonly string[]
  readonly username: string | null
  readonly auth: 'none' | 'basic' | 'api-key' | 'bearer'
  /** It stands in the settings of the server, and cannot be changed over the API. */
  readonly fixed: boolean
}

/** Connections by name: those of the server's own settings, and those that were given over the API, which are kept for a restart. */
export class Connections {
  readonly #file: string
  readonly #fixed: Partial<Readonly<Record<Side, ConnectionSettings>>>
  #given: Map<string, GivenConnection>

  constructor(folder: string, fixed: Partial<Readonly<Record<Side, ConnectionSettings>>>) {
    this.#file = join(folder, 'connections.json')
    this.#fixed = fixed
    this.#given = new Map(Object.entries((readOwnFile(this.#file) ?? {}) as Record<string, GivenConnection>))
  }

  /** @throws ShardferryError `settings-invalid` */
  named(name: string): ConnectionSettings | GivenConnection {
    const found = this.#fixedOne(name) ?? this.#given.get(name)
    if (found) return found
    throw new ShardferryError('settings-invalid', `There is no connection named ${JSON.stringify(name)}.`, {
      hint: 'List them: GET /api/v1/connections. Make one: PUT /api/v1/connections/NAME',
    })
  }

  all(): readonly ShownConnection[] {
    const fixed = Object.values(this.#fixed).map(({ side, addresses, auth }): ShownConnection => ({
      name: side,
      url: addresses,
      username: auth.kind === 'basic' ? auth.username : null,
      auth: auth.kind,
      fixed: true,
    }))
    const given = [...this.#given].filter(([name]) => !this.#fixedOne(name)).map(([name, one]) => shown(name, one))
    return [...fixed, ...given].toSorted((a, b) => a.name.localeCompare(b.name))
  }

  /** @throws ShardferryError `state-other` for one that the server's settings name */
  set(name: string, connection: GivenConnection | undefined): void {
    if (this.#fixedOne(name))
      throw new ShardferryError('state-other', `The connection ${name} stands in the server's own settings.`, {
        hint: 'Change it there and start the server again, or choose another name.',
      })
    if (connection) this.#given.set(name, connection)
    else this.#given.delete(name)
    writeOwnFile(this.#file, Object.fromEntries(this.#given))
  }

  #fixedOne(name: string): ConnectionSettings | undefined {
    return name === 'source' || name === 'target' ? this.#fixed[name] : undefined
  }
}

function shown(name: string, { url, username, apiKey, bearer }: GivenConnection): ShownConnection {
  const auth = username !== undefined ? 'basic' : apiKey !== undefined ? 'api-key' : bearer !== undefined ? 'bearer' : 'none'
  return { name, url: typeof url === 'string' ? [url] : url, username: username ?? null, auth, fixed: false }
}
