import type { Change, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { rules } from './rules.ts'

export interface TargetMappings {
  readonly mappings: JsonObject
  readonly changes: readonly Change[]
  /** Why the index cannot be moved as it is; empty where it can. */
  readonly refusals: readonly string[]
}

/** The mappings a target index is created with: the source's, with every rule that applies to the route carried out. */
export function targetMappings(mappings: JsonObject, from: Identity, to: Identity): TargetMappings {
  let result: TargetMappings = { mappings, changes: [], refusals: [] }
  for (const rule of rules) {
    if (!rule.applies(from, to)) continue
    const rewritten = rule.rewrite(result.mappings, from, to)
    result = {
      mappings: rewritten.mappings,
      changes: [...result.changes, ...rewritten.changes],
      refusals: [...result.refusals, ...(rewritten.refusals ?? [])],
    }
  }
  return result
}
