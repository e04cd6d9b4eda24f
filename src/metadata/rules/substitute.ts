import type { Change, Json, JsonObject } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import { rewriteFields, typeOf } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { unknownType } from '../types.ts'

export interface Substitute {
  readonly definition: JsonObject
  /** What is not as it was; said in the plan after the rule's own reason. */
  readonly lost?: string
  /** Queries that found documents by the field no longer find all of them. */
  readonly hides?: true
  readonly settings?: Readonly<Record<string, Json>>
}

/**
 * A rule that gives fields of a type another one where the target does not know theirs.
 * @param become undefined where the target has nothing for it; the field is then left to the rule `known-types`
 */
export function substitute(
  type: string,
  why: string,
  become: (definition: JsonObject, from: Identity, to: Identity) => Substitute | undefined,
): Rule {
  return {
    id: type.replaceAll('_', '-'),
    why,
    applies: (from, to) => unknownType(type, from, to) !== undefined,
    rewrite: (mappings, from, to) => {
      const changes: Change[] = []
      let settings: Readonly<Record<string, Json>> = {}
      const rewritten = rewriteFields(mappings, (definition, where) => {
        const instead = typeOf(definition) === type ? become(definition, from, to) : undefined
        if (instead === undefined) return definition
        const { lost } = instead
        changes.push({
          kind: instead.hides ? 'dropped' : 'converted',
          what: where,
          why: lost === undefined ? why : `${why}; ${lost}`,
        })
        settings = { ...settings, ...instead.settings }
        return instead.definition
      })
      return { mappings: rewritten, changes, settings }
    },
  }
}

/** The named parameters of a definition that it has. */
export function keep(definition: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([name]) => names.includes(name)))
}

/** What every type of field may have. */
export const common = ['fields', 'copy_to', 'meta', 'store', 'doc_values', 'index']
