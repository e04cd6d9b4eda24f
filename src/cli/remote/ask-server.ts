import { Agent, request } from 'undici'
import { errorCodes, ShardferryError } from '../../model/errors.ts'
import type { ErrorCode } from '../../model/errors.ts'
import type { Progress } from '../../model/progress.ts'
import type { State } from '../../operate/state.ts'
import type { RemoteSettings } from '../../settings/serve-settings.ts'

/** A server, asked as its API has it. */
export interface Server {
  readonly get: <T>(path: string) => Promise<T>
  /** @param etag how the migration stood when this was decided */
  readonly post: <T>(path: string, body: object, etag?: string) => Promise<T>
}

/** A migration as the server shows it, as far as commands look. */
export interface Shown {
  readonly name: string
  readonly state: State
  readonly version: number
  readonly switches: number
  readonly read: number
  readonly expectedDocs: number
  readonly progress: Progress | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly cutover: { readonly phase: string }
}

/** A server that undoes what a migration made may wait for a cluster. */
const longestMs = 15 * 60_000

export function serverAt({ url, token, ca }: RemoteSettings, signal: AbortSignal): Server {
  const dispatcher = new Agent({ headersTimeout: longestMs, ...(ca === undefined ? {} : { connect: { ca } }) })
  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: object, etag?: string): Promise<T> => {
    const answer = await request(`${url}/api/v1${path}`, {
      method,
      dispatcher,
      signal,
      headers: {
        ...(token ? { authorization: `Bearer ${token.reveal()}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(etag === undefined ? {} : { 'if-match': etag }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((cause: unknown) => {
      signal.throwIfAborted()
      throw new ShardferryError('unreachable', `No server answers at ${url}: ${(cause as Error).message}`, {
        cause,
        hint: 'Check the address; the CA of its certificate is given with --server-ca. Start one with: shardferry serve',
      })
    })
    const text = await answer.body.text()
    if (answer.statusCode < 400) return JSON.parse(text) as T
    throw refusalOf(answer.statusCode, text, url)
  }
  return { get: path => ask('GET', path), post: (path, body, etag) => ask('POST', path, body, etag) }
}

/** Of the migration that is named, or of the only one there is. @throws ShardferryError `state-missing` */
export async function pathOf(server: Server, { name, url }: RemoteSettings): Promise<string> {
  if (name !== undefined) return `/migrations/${encodeURIComponent(name)}`
  const names = (await allOf(server)).map(one => one.name)
  if (names.length === 1) return `/migrations/${encodeURIComponent(names[0]!)}`
  throw new ShardferryError('state-missing', `There are ${names.length} migrations at ${url}: ${names.join(', ')}.`, {
    hint: 'Say which: --name NAME.',
  })
}

export async function allOf(server: Server): Promise<readonly Shown[]> {
  const found: Shown[] = []
  for (let after = ''; ;) {
    const page = `/migrations?limit=1000&after=${encodeURIComponent(after)}`
    const { migrations, next } = await server.get<{ migrations: readonly Shown[]; next: string | null }>(page)
    found.push(...migrations)
    if (next === null) return found
    after = next
  }
}

function refusalOf(status: number, text: string, url: string): ShardferryError {
  const { code = '', detail, hint } = parsed(text)
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'request-refused'
  return new ShardferryError(known, detail ?? `${url} answered with status ${status}.`, {
    status,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The problem that the answer tells of; nothing where something else than a server of ours answered. */
function parsed(text: string): { readonly code?: string; readonly detail?: string; readonly hint?: string } {
  try {
    return JSON.parse(text) as object
  } catch {
    return {}
  }
}
