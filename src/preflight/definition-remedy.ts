import type { Flavor } from '../model/version.ts'

/** Which official plugin brings a part of an analysis or a field type. */
const plugins: readonly (readonly [name: RegExp, plugin: string])[] = [
  [/^icu_/, 'analysis-icu'],
  [/^kuromoji/, 'analysis-kuromoji'],
  [/^nori/, 'analysis-nori'],
  [/^smartcn/, 'analysis-smartcn'],
  [/phonetic/, 'analysis-phonetic'],
  [/^polish_stem|^polish$|^stempel/, 'analysis-stempel'],
  [/^ukrainian/, 'analysis-ukrainian'],
  [/^murmur3$/, 'mapper-murmur3'],
  [/^annotated_text$/, 'mapper-annotated-text'],
  [/^size$|^_size$/, 'mapper-size'],
]

/** What to do about the reason for which a server cannot make an index, in its words. */
export function definitionRemedy(reason: string, flavor: Flavor, index: string): string {
  const leave = `leave the index out: --index '*,-${index}'`
  const file = /reading (\w+?)(?:_path)?: |Failed to load hunspell dictionary for locale: (\S+)/.exec(reason)
  if (file?.[2] !== undefined)
    return `Copy the folder config/hunspell/${file[2]} from a node of the source to every node of the target, or ${leave}`
  if (file)
    return `Copy the file that ${file[1]} names from the config folder of a node of the source to the same place on every node of the target; no restart is needed. Or ${leave}`
  const named =
    /failed to find \w+ under name \[([\w-]+)\]/.exec(reason)?.[1] ?? /(?:type|analyzer) \[([\w-]+)\]/i.exec(reason)?.[1]
  const plugin = plugins.find(([name]) => name.test(named ?? ''))?.[1]
  if (plugin !== undefined)
    return `On every node of the target, then restart it:\nbin/${flavor}-plugin install ${plugin}\nOr edit analysis or mapping of ${index} in the plan file, or ${leave}`
  if (/Limit of (total|mapping|nested)|has exceeded|limit/i.test(reason))
    return `Raise the limit in the settings of ${index} in the plan file, such as index.mapping.total_fields.limit: 2000, or ${leave}`
  return `Edit settings or mappings of ${index} in the plan file (shardferry plan), install the plugin that is missing on every node of the target, or ${leave}`
}
