/** A server's refusal in its own words, for whoever passes it on. */
import { ShardferryError } from '../model/errors.ts'
import type { JsonObject } from '../model/plan.ts'
import type { Answer } from './cluster.ts'

export interface Words {
  readonly status: number
  /** As it stands under `error` of an answer. */
  readonly error: JsonObject
}

export function wordsOf({ status, body }: Pick<Answer, 'status' | 'body'>): Words {
  const text = new TextDecoder().decode(body)
  try {
    const { error } = JSON.parse(text) as { error?: string | JsonObject }
    if (typeof error === 'object') return { status, error }
    return { status, error: plainError('status_exception', error ?? text) }
  } catch {
    return { status, error: plainError('status_exception', text) }
  }
}

/** The same error, with what the server said as its cause. */
export function withWords(error: ShardferryError, answer: Pick<Answer, 'status' | 'body'>): ShardferryError {
  const { code, message, recovery, hint = '', status = 0, serverType = '' } = error
  return new ShardferryError(code, message, { recovery, hint, status, serverType, cause: new Said(wordsOf(answer)) })
}

/** What can be passed on of an error, or of what caused it. */
export function saidIn(thrown: unknown): Words | undefined {
  for (let one = thrown; one instanceof Error; one = one.cause) if (one instanceof Said) return one.words
  return undefined
}

/** Words that stand for an error. */
export class Said extends Error {
  readonly words: Words
  constructor(words: Words) {
    super(`${words.status}: ${JSON.stringify(words.error['reason'] ?? '')}`)
    this.words = words
  }
}

/** As servers write an error that nothing caused. */
export function plainError(type: string, reason: string, causedBy?: JsonObject): JsonObject {
  return { root_cause: [{ type, reason }], type, reason, ...(causedBy === undefined ? {} : { caused_by: causedBy }) }
}
