import type { Change, JsonObject } from '../model/plan.ts'
import { atLeast } from '../model/version.ts'
import type { Identity } from '../model/version.ts'
import { editSettings } from './tree.ts'

export function hasClassicSimilarity({ flavor, version }: Identity): boolean {
  return flavor === 'elasticsearch' && !atLeast(version, 7)
}

/** Similarities of an index that are `classic` become BM25, which is the default. */
export function convertSimilarity(settings: JsonObject, to: Identity): { settings: JsonObject; changes: readonly Change[] } {
  if (hasClassicSimilarity(to)) return { settings, changes: [] }
  const changes: Change[] = []
  const converted = editSettings(settings, (name, value) => {
    if (!/^index\.similarity\.[^.]+\.type$/.test(name) || value !== 'classic') return value
    const why = 'the similarity classic was removed in Elasticsearch 7; BM25 finds the same and ranks it otherwise'
    changes.push({ kind: 'converted', what: `settings.${name}`, why })
    return 'BM25'
  })
  return { settings: converted, changes }
}
