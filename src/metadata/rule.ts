import type { Change, Json, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'

/** One conversion of mappings between two servers. */
export interface Rule {
  readonly id: string
  readonly why: string
  applies(from: Identity, to: Identity): boolean
  rewrite(mappings: JsonObject, from: Identity, to: Identity, choices: Choices): Rewritten
}

/** What the person who moves decides. */
export interface Choices {
  /** Of a field type without a counterpart: the index is refused, or the field stays in the documents and is not searched. */
  readonly unknownTypes: 'refuse' | 'disable'
}

export interface Rewritten {
  readonly mappings: JsonObject
  readonly changes: readonly Change[]
  /** Why the index cannot be moved with these mappings, each naming the field. */
  readonly refusals?: readonly string[]
  /** Settings that the index needs with these mappings, such as `index.knn`. */
  readonly settings?: Readonly<Record<string, Json>>
}
