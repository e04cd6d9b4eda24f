import type { Change, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'

/** One conversion of mappings between two servers. */
export interface Rule {
  readonly id: string
  readonly why: string
  applies(from: Identity, to: Identity): boolean
  rewrite(mappings: JsonObject, from: Identity, to: Identity): Rewritten
}

export interface Rewritten {
  readonly mappings: JsonObject
  readonly changes: readonly Change[]
  /** Why the index cannot be moved with these mappings, each naming the field. */
  readonly refusals?: readonly string[]
}
