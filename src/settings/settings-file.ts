import { readFile } from 'node:fs/promises'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Pair, YAMLMap } from 'yaml'
import { ShardferryError } from '../model/errors.ts'
import { nearest } from './suggest.ts'
import { settingsTable } from './table.ts'
import type { SettingRow } from './table.ts'

/** A settings file's values by key, each as it is written, and where to find them. */
export interface SettingsFile {
  readonly values: ReadonlyMap<string, unknown>
  readonly problems: readonly string[]
  /** `shardferry.yaml:7:12` of a value, or of a part of it. */
  place(path: readonly PropertyKey[]): string
}

/**
 * Reads a YAML file. Scalars come as the text that is written, as those of flags and environment variables do, except inside of
 * queries; so `name: 2024` and `username: 007` mean what they say.
 * @throws ShardferryError `settings-invalid` where the file cannot be read or is not YAML
 */
export async function readSettingsFile(path: string, shown: string): Promise<SettingsFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ShardferryError(
      'settings-invalid',
      `The settings file ${shown} cannot be read (${(cause as { code?: string }).code}).`,
      {
        hint: 'Check the path given with --config, or write a file with: shardferry init',
      },
    )
  })
  const lines = new LineCounter()
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${shown}:${line}:${col}`
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors[0]
  if (broken)
    throw new ShardferryError('settings-invalid', `${at(broken.pos[0])}: ${yamlProblem(broken.code, broken.message)}`, {
      hint: 'The file must be YAML. Indent with spaces, and put values with special characters in quotes.',
    })

  const values = new Map<string, unknown>()
  const problems: string[] = []
  const offset = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined
      if (node?.range) return node.range[0] ?? 0
    }
    return 0
  }
  const root = document.contents
  if (isMap(root)) collect(root, '', document, values, (offset, problem) => problems.push(`${at(offset)}: ${problem}`))
  else if (root !== null && !(isScalar(root) && root.value === null)) problems.push(`${at(0)}: must be a map of settings`)
  return { values, problems, place: path => at(offset(path)) }
}

function collect(
  map: YAMLMap,
  prefix: string,
  document: Document,
  values: Map<string, unknown>,
  report: (offset: number, problem: string) => void,
): void {
  for (const pair of map.items) {
    const name = keyOf(pair)
    const key = `${prefix}${name}`
    const offset = (pair.key as { range?: readonly number[] }).range?.[0] ?? 0
    const row = settingsTable.find(row => row.key === key)
    const section = sectionKeys(`${key}.`)
    if (row) {
      try {
        const value = written(pair.value, row, document)
        if (value !== null && value !== undefined) values.set(key, value)
      } catch {
        report(offset, `${key} refers to an anchor that is not there; a value that starts with * must be in quotes`)
      }
    } else if (section.length > 0) {
      const inner = isAlias(pair.value) ? pair.value.resolve(document) : pair.value
      if (isMap(inner)) collect(inner, `${key}.`, document, values, report)
      else if (!isScalar(inner) || inner.value !== null)
        report(offset, `${key} must be a map with ${section.slice(0, 3).join(', ')} and so on`)
    } else {
      report(offset, `there is no setting ${key}${suggestion(name, prefix)}`)
    }
  }
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : '?'
}

function sectionKeys(prefix: string): string[] {
  return settingsTable.filter(row => row.key.startsWith(prefix)).map(row => row.key.slice(prefix.length))
}

/** The nearest key of the same section; at the top, also one of a section: `username` is `source.username`. */
function suggestion(name: string, prefix: string): string {
  const here = prefix
    ? sectionKeys(prefix).map(key => `${prefix}${key}`)
    : [...new Set(settingsTable.map(row => row.key.split('.')[0] ?? ''))]
  const last = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
  // A flag's name counts as the key's: `index` is `indices`.
  const byFlag = settingsTable.find(row => row.flag === `--${name}`)?.key
  const elsewhere = settingsTable.find(row => last(row.key) === name)?.key
  const near = nearest(name, here.map(last))
  const found = byFlag ?? elsewhere ?? (near === undefined ? undefined : `${prefix}${near}`)
  return found === undefined ? '' : `; did you mean ${found}?`
}

function written(node: unknown, row: SettingRow, document: Document): unknown {
  if (row.type === 'query' || row.type === 'queries')
    return typeof node === 'object' && node !== null && 'toJS' in node
      ? (node.toJS as (document: Document) => unknown)(document)
      : node
  return asWritten(node, document)
}

function asWritten(node: unknown, document: Document): unknown {
  if (isAlias(node)) {
    const target = node.resolve(document)
    if (target === undefined) throw new Error('unresolved alias')
    return asWritten(target, document)
  }
  if (isSeq(node)) return node.items.map(item => asWritten(item, document))
  if (isMap(node)) return Object.fromEntries(node.items.map(pair => [keyOf(pair), asWritten(pair.value, document)]))
  if (!isScalar(node) || node.value === null) return null
  return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value))
}

/** The parser's own words, but for those that quote the text: it may be a secret. */
function yamlProblem(code: string, message: string): string {
  switch (code) {
    case 'UNEXPECTED_TOKEN':
      return 'something stands here that YAML does not expect'
    case 'BAD_DQ_ESCAPE':
      return 'the text in double quotes holds an unknown escape; use single quotes'
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_COLLECTION_TYPE':
      return 'a value that starts with ! must be in quotes'
    case 'BAD_ALIAS':
      return 'a value that starts with * must be in quotes'
    case 'DUPLICATE_KEY':
      return 'this key is there twice'
    default:
      return message.charAt(0).toLowerCase() + message.slice(1)
  }
}
