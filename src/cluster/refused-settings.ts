import type { Answer } from './cluster.ts'

/** The words of Elasticsearch 5 to 9 and OpenSearch 1 to 3; one answer may name several settings. */
const refusals = [
  /unknown setting \[([^\]]+)\]/g,
  /private index setting \[([^\]]+)\]/g,
  /\[([^\]]+)\] can not be set explicitly/g,
  /[Uu]nknown value for \[(index\.codec)\]/g,
  /[Ss]etting \[?(index\.[\w.]+)\]? was removed/g,
]

/**
 * The index settings, by full name, that a server refuses to make an index with. `suppressed` and `root_cause` name more
 * settings than the reason does, so the whole body is searched.
 */
export function refusedSettings(answer: Answer): string[] {
  const body = new TextDecoder().decode(answer.body)
  return refusals
    .flatMap(pattern => [...body.matchAll(pattern)].map(found => found[1] ?? ''))
    .map(name => (name.startsWith('index.') ? name : `index.${name}`))
}
