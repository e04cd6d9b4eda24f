import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionSettings } from '../../model/connection.ts'
import { ShardferryError } from '../../model/errors.ts'
import { Remotes } from './remotes.ts'
import type { RemoteRule } from './remotes.ts'

export type Named = Readonly<Record<string, ConnectionSettings | undefined>>

/** Rules as people write them, kept in the state folder once they were changed while the server runs. */
export class RemoteRules {
  readonly remotes: Remotes
  readonly #file: string
  readonly #named: Named
  #texts: readonly string[]

  /** @param given of the settings, where they were never changed @throws ShardferryError `settings-invalid` */
  constructor(stateFolder: string, given: readonly string[], named: Named) {
    this.#file = join(stateFolder, 'reindex-remotes.json')
    this.#named = named
    this.#texts = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, 'utf8')) as string[]) : given
    this.remotes = new Remotes(this.#texts.map(text => ruleOf(text, named)))
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  /** From the next request on, and after the next start. @throws ShardferryError `settings-invalid`; the old ones stay */
  set(texts: readonly string[]): void {
    this.remotes.set(texts.map(text => ruleOf(text, this.#named)))
    writeFileSync(`${this.#file}.part`, JSON.stringify(texts))
    renameSync(`${this.#file}.part`, this.#file)
    this.#texts = texts
  }
}

/** `host:port`, or `host:port as NAME` with the login and the certificates of a connection. */
function ruleOf(text: string, named: Named): RemoteRule {
  const [pattern = '', name, ...more] = text.trim().split(/\s+as\s+/)
  if (name === undefined) return { pattern }
  const connection = named[name]
  if (connection && more.length === 0) return { pattern, auth: connection.auth, tls: connection.tls }
  throw new ShardferryError('settings-invalid', `The remote "${text}" names a connection that there is not.`, {
    hint: `There are: ${Object.keys(named).join(', ') || 'none'}. Write host:port as NAME, or host:port alone.`,
  })
}
