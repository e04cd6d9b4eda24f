import type { Change, Json, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { atLeast } from '../model/version.ts'
import { editSettings, isObject, setting, settingsByName, withSetting } from './tree.ts'

/** Names that Elasticsearch 5 and 6 take and later servers refuse, and the same thing's name today. */
const renamed: Readonly<Record<string, string>> = {
  nGram: 'ngram',
  edgeNGram: 'edge_ngram',
  htmlStrip: 'html_strip',
  PathHierarchy: 'path_hierarchy',
  delimited_payload_filter: 'delimited_payload',
}

/**
 * Analysis of an index made by Elasticsearch 5, 6 or 7 in the words of today: old names renamed, the `standard` token filter (it never did
 * anything) left out, and the limits on n-grams and shingles, new in 7, raised to what the filters use.
 */
export function convertAnalysis(
  settings: JsonObject,
  from: Identity,
  to: Identity,
): { settings: JsonObject; changes: readonly Change[] } {
  const old = from.flavor === 'elasticsearch' && !atLeast(from.version, 8)
  if (!old || (to.flavor === 'elasticsearch' && !atLeast(to.version, 7))) return { settings, changes: [] }
  const changes: Change[] = []
  const words = editSettings(settings, (name, value) => {
    const part = /^index\.analysis\.(\w+)\..+\.(type|tokenizer|filter|char_filter)$/.exec(name)
    if (!part) return value
    const modern = modernise(value, part[2] ?? '', settings)
    if (JSON.stringify(modern) !== JSON.stringify(value))
      changes.push({
        kind: 'converted',
        what: `settings.${name}`,
        why: `${JSON.stringify(value)} is ${JSON.stringify(modern)} in newer servers`,
      })
    return modern
  })
  return raiseLimits(words, changes)
}

function modernise(value: Json, key: string, settings: JsonObject): Json {
  const one = (name: Json): Json => {
    if (typeof name !== 'string' || isDefinedHere(name, key, settings)) return name
    return Object.hasOwn(renamed, name) ? (renamed[name] ?? name) : name
  }
  if (key !== 'filter') return Array.isArray(value) ? value.map(one) : one(value)
  const names: readonly Json[] = Array.isArray(value) ? value : [value]
  const kept = names.filter(name => name !== 'standard' || isDefinedHere('standard', key, settings)).map(one)
  return Array.isArray(value) ? kept : (kept[0] ?? [])
}

/** An index may define a filter of its own under a built-in's name; such a name stays. */
function isDefinedHere(name: string, key: string, settings: JsonObject): boolean {
  if (key === 'type') return false
  const index = settings['index']
  const analysis = isObject(index) ? index['analysis'] : undefined
  const group = isObject(analysis) ? analysis[key] : undefined
  return isObject(group) && Object.hasOwn(group, name)
}

const limits = [
  {
    types: ['ngram', 'nGram'],
    low: 'min_gram',
    high: 'max_gram',
    lowest: 1,
    highest: 2,
    limit: 'index.max_ngram_diff',
    standard: 1,
  },
  {
    types: ['shingle'],
    low: 'min_shingle_size',
    high: 'max_shingle_size',
    lowest: 2,
    highest: 2,
    limit: 'index.max_shingle_diff',
    standard: 3,
  },
] as const

function raiseLimits(settings: JsonObject, changes: Change[]): { settings: JsonObject; changes: readonly Change[] } {
  let raised = settings
  const byName = settingsByName(settings)
  for (const { types, low, high, lowest, highest, limit, standard } of limits) {
    if (setting(settings, limit) !== undefined) continue
    let widest = standard as number
    for (const [name, value] of byName) {
      const base = /^(index\.analysis\.(?:filter|tokenizer)\..+)\.type$/.exec(name)?.[1]
      if (base === undefined || !(types as readonly Json[]).includes(value)) continue
      const span = Number(byName.get(`${base}.${high}`) ?? highest) - Number(byName.get(`${base}.${low}`) ?? lowest)
      widest = Math.max(widest, span)
    }
    if (widest === standard) continue
    raised = withSetting(raised, limit, widest)
    changes.push({
      kind: 'converted',
      what: `settings.${limit}`,
      why: `the analysis needs ${widest}; newer servers allow ${standard}`,
    })
  }
  return { settings: raised, changes }
}
