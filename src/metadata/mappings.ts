import type { Change, Json, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import type { Choices } from './rule.ts'
import { rules } from './rules.ts'

export interface TargetMappings {
  readonly mappings: JsonObject
  readonly changes: readonly Change[]
  /** Why the index cannot be moved as it is; empty where it can. */
  readonly refusals: readonly string[]
  /** Settings that the index needs with these mappings. */
  readonly settings: Readonly<Record<string, Json>>
}

/** The mappings a target index is created with: the source's, with every rule that applies to the route carried out. */
export function targetMappings(
  mappings: JsonObject,
  from: Identity,
  to: Identity,
  choices: Choices = { unknownTypes: 'refuse' },
): TargetMappings {
  let result: TargetMappings = { mappings, changes: [], refusals: [], settings: {} }
  for (const rule of rules) {
    if (!rule.applies(from, to)) continue
    const { changes, refusals = [], settings, ...rewritten } = rule.rewrite(result.mappings, from, to, choices)
    result = {
      mappings: rewritten.mappings,
      changes: [...result.changes, ...changes],
      refusals: [...result.refusals, ...refusals],
      settings: { ...result.settings, ...settings },
    }
  }
  return result
}
