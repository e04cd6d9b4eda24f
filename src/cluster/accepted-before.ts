import { ShardferryError } from '../model/errors.ts'
import type { Auth, ConnectionSettings } from '../model/connection.ts'
import type { Answer, ClusterRequest } from './cluster.ts'
import { serverError } from './refusal.ts'

/**
 * What a cluster has accepted so far. Credentials, and requests, that were accepted before may well be again: a node knows
 * the users and roles of its native realm, and API keys, only once the security index is there, and refuses everybody while
 * it starts (Elasticsearch 7.10, two nodes, the elected master killed: some seconds after it answers again). Where nothing
 * was amiss with the cluster lately, refused credentials are those that have expired, or were changed or revoked.
 */
export class AcceptedBefore {
  /** The cluster has answered something other than an error. */
  anything = false
  /** Requests that were allowed once. */
  readonly #calls = new Set<string>()
  readonly #settings: Pick<ConnectionSettings, 'side' | 'auth'>
  readonly #now: () => number
  /** When credentials were refused first, by whatever node, since they were accepted last. */
  #refusedSinceMs: number | undefined
  /** When a node did not answer, or with a fault of its own. */
  #troubledAtMs = -Infinity

  constructor(settings: Pick<ConnectionSettings, 'side' | 'auth'>, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  trouble(): void {
    this.#troubledAtMs = this.#now()
  }

  /** Takes note of an answer. Gives the error of one that refuses what was accepted before; undefined for any other. */
  refusedSince(request: ClusterRequest, answer: Answer & { readonly from: string }): ShardferryError | undefined {
    const call = `${request.method} ${request.path}`
    if (answer.status >= 500) this.trouble()
    if (answer.status < 300) {
      this.anything = true
      this.#refusedSinceMs = undefined
      if (this.#calls.size < mostCallsKnown) this.#calls.add(call)
    }
    if (answer.status === 401 && this.anything) return this.#credentials(answer.from)
    return answer.status === 403 && this.#calls.has(call) ? this.#privilege(call, answer) : undefined
  }

  #credentials(from: string): ShardferryError {
    const { side, auth } = this.#settings
    this.#refusedSinceMs ??= this.#now()
    const passing = this.#now() - this.#refusedSinceMs < refusedForMs || this.#now() - this.#troubledAtMs < knowsNobodyForMs
    return new ShardferryError(
      'unauthorized',
      `The ${side} at ${from} no longer accepts the credentials (401), which it did before.`,
      {
        recovery: passing ? 'retry' : 'fatal',
        status: 401,
        hint: `${whatHappened(auth)} Give the ${side} valid ones, and run the same command again: it goes on where it stopped. What access grant made is renewed by access grant --rotate.`,
      },
    )
  }

  #privilege(call: string, answer: Answer & { readonly from: string }): ShardferryError | undefined {
    const { side } = this.#settings
    const { type, reason } = serverError(answer)
    if (type === 'cluster_block_exception') return undefined
    const message = `The ${side} at ${answer.from} no longer allows ${call} (403), which it did before: ${reason || 'no reason given'}`
    return new ShardferryError('forbidden', message, {
      recovery: 'retry',
      status: 403,
      serverType: type,
      hint: `If the privilege was taken away, give the ${side}'s user what it needs; otherwise look at its health: a node that starts may not know its users yet. Then run the same command again.`,
    })
  }
}

/** A path has an index in it or a few: this is far more than a migration asks for. */
const mostCallsKnown = 20_000

/** A password that is being changed, and caches that hear of it one after the other, may refuse for a moment. */
const refusedForMs = 5_000

/** A node that starts knows nobody until its security index is there. */
const knowsNobodyForMs = 60_000

function whatHappened(auth: Auth): string {
  switch (auth.kind) {
    case 'none':
      return 'It asks for a login now.'
    case 'basic':
      return `The password of ${auth.username} was changed, or the user was disabled or removed.`
    case 'api-key':
      return 'The API key has expired or was revoked.'
    case 'bearer':
      return 'The token has expired or was revoked.'
  }
}
