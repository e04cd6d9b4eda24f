import type { Change, JsonObject } from '../../model/plan.ts'
import type { AliasDefinition } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import { targetAliases } from '../aliases.ts'
import { targetMappings } from '../mappings.ts'
import type { Choices } from '../rule.ts'
import { targetSettings } from '../settings.ts'
import { isObject, withSetting } from '../tree.ts'
import type { Converted } from './object-kind.ts'

/** What a template gives an index, converted by the same rules as an index: settings, mappings, aliases. Other keys stay. */
export function convertTemplateBody(body: JsonObject, from: Identity, to: Identity, choices: Choices): Converted {
  const changes: Change[] = []
  const { settings, mappings, aliases } = body
  const mapped = isObject(mappings) ? targetMappings(mappings, from, to, choices) : undefined
  const needed = Object.entries(mapped?.settings ?? {})
  const set = isObject(settings) || needed.length > 0 ? targetSettings(isObject(settings) ? settings : {}, from, to) : undefined
  const named = isObject(aliases) ? targetAliases(aliases as Readonly<Record<string, AliasDefinition>>, to) : undefined
  for (const part of [set, mapped, named]) changes.push(...(part?.changes ?? []))
  return {
    definition: {
      ...body,
      ...(set ? { settings: needed.reduce((all, [name, value]) => withSetting(all, name, value), set.settings) } : {}),
      ...(mapped ? { mappings: mapped.mappings } : {}),
      ...(named ? { aliases: named.aliases as unknown as JsonObject } : {}),
    },
    changes,
    refusals: mapped?.refusals ?? [],
  }
}

/** The keys of an object that the target knows; the others are told. */
export function knownKeys(object: JsonObject, known: readonly string[], changes: Change[], why: string): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key]) => {
      if (known.includes(key)) return true
      changes.push({ kind: 'dropped', what: key, why })
      return false
    }),
  )
}
