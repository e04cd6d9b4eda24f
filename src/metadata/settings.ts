import type { Change, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { atLeast } from '../model/version.ts'
import { convertAnalysis } from './analysis.ts'
import { convertSimilarity } from './similarity.ts'
import { matches, stripRules } from './stripped-settings.ts'
import { asText, editSettings } from './tree.ts'

export interface TargetSettings {
  readonly settings: JsonObject
  readonly changes: readonly Change[]
}

/**
 * What a target index is created with: the source's settings without what belongs to the source alone.
 * @param pipelines names of the target's ingest pipelines; undefined where they could not be listed, and then all are taken to exist
 */
export function targetSettings(
  settings: JsonObject,
  from: Identity,
  to: Identity,
  pipelines?: readonly string[],
): TargetSettings {
  const changes: Change[] = []
  const note = (kind: Change['kind'], name: string, why: string): void => {
    changes.push({ kind, what: `settings.${name}`, why })
  }
  const unasked: string[] = []
  const kept = editSettings(settings, (name, value) => {
    const rule = stripRules.find(rule => matches(rule, name) && (rule.when?.(from, to, value) ?? true))
    if (rule) {
      if (rule.unasked) unasked.push(name.replace(/^index\./, ''))
      else note('stripped', name, rule.why)
      return undefined
    }
    if (isPipeline(name) && pipelines && value !== '_none' && !pipelines.includes(asText(value))) {
      note('dropped', name, `the target has no ingest pipeline ${asText(value)}; create it there and set it again`)
      return undefined
    }
    if (name === 'index.codec') {
      const codec = targetCodec(asText(value), to)
      if (codec !== value)
        note(
          'converted',
          name,
          `not every target has the codec ${asText(value)}; it gets ${codec}, which changes only how it is stored`,
        )
      return codec
    }
    return value
  })
  if (unasked.length > 0) note('stripped', 'index.*', `every server sets these by itself: ${unasked.toSorted().join(', ')}`)
  const analysed = convertAnalysis(kept, from, to)
  const ranked = convertSimilarity(analysed.settings, to)
  return { settings: ranked.settings, changes: [...changes, ...analysed.changes, ...ranked.changes] }
}

function isPipeline(name: string): boolean {
  return name === 'index.default_pipeline' || name === 'index.final_pipeline'
}

/**
 * `lucene_default` is accepted everywhere, though no error message names it. `zlib` and `lz4` are OpenSearch's newer names of
 * `best_compression` and `default`; its zstd codecs come with 2.9. The name of a Lucene codec, such as `Lucene87`, means a version.
 */
function targetCodec(codec: string, to: Identity): string {
  if (codec === 'default' || codec === 'best_compression' || codec === 'lucene_default') return codec
  if (to.flavor === 'opensearch' && atLeast(to.version, 2, 9) && openSearchCodecs.test(codec)) return codec
  return codec === 'zlib' ? 'best_compression' : 'default'
}

const openSearchCodecs = /^(lz4|zlib|zstd|zstd_no_dict|qat_\w+)$/
