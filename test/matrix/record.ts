import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FeatureOutcome, PairOutcome } from './run-pair.ts'

const folder = fileURLToPath(new URL('record/', import.meta.url))

/** One run of a pair, as it is kept. */
export interface RecordedPair extends PairOutcome {
  readonly on: string
  /** Of each server, at most. */
  readonly memoryMb: { readonly source: number; readonly target: number }
}

/** Kept by source, a line for each feature, so that a change shows in a diff. */
export function keepRecord(outcome: PairOutcome, memoryMb: RecordedPair['memoryMb']): void {
  mkdirSync(folder, { recursive: true })
  const pair: RecordedPair = { ...outcome, on: new Date().toISOString().slice(0, 10), memoryMb }
  const others = pairsIn(outcome.source).filter(({ target }) => target !== outcome.target)
  const sorted = [...others, pair].toSorted((a, b) => (a.target < b.target ? -1 : 1))
  writeFileSync(fileOf(outcome.source), `[\n${sorted.map(lines).join(',\n')}\n]\n`)
}

function lines({ features, ...rest }: RecordedPair): string {
  const rows = Object.entries(features).map(
    ([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one satisfies FeatureOutcome)}`,
  )
  return `${JSON.stringify(rest).slice(0, -1)},"features":{\n${rows.join(',\n')}\n}}`
}

export function readRecord(): RecordedPair[] {
  return existsSync(folder) ? readdirSync(folder).flatMap(file => pairsIn(file.replace(/\.json$/, ''))) : []
}

function pairsIn(source: string): RecordedPair[] {
  return existsSync(fileOf(source)) ? (JSON.parse(readFileSync(fileOf(source), 'utf8')) as RecordedPair[]) : []
}

function fileOf(source: string): string {
  return `${folder}${source}.json`
}
