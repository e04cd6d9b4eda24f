// `filter_path`: includes and `-` excludes over dotted paths with `*` and `**`.
import { isObject } from './json.ts'
import type { Json } from './json.ts'
import { wildcard } from './names.ts'

/** What is left of an answer; undefined when nothing is. */
export function filterPath(value: Json, expression: string): Json | undefined {
  const paths = expression.split(',').filter(path => path !== '')
  const excludes = paths.filter(path => path.startsWith('-')).map(path => path.slice(1).split('.'))
  const includes = paths.filter(path => !path.startsWith('-')).map(path => path.split('.'))
  const included = includes.length === 0 ? value : keep(value, includes)
  return included === undefined || excludes.length === 0 ? included : drop(included, excludes)
}

/** The paths that remain below a key; an empty path means that the key is matched to its end. */
function below(paths: string[][], key: string): string[][] {
  return paths.flatMap(path => {
    const [first = '', ...rest] = path
    if (first === '**') return [path, rest, ...below([rest], key)].filter(next => next.length > 0 || rest.length === 0)
    return wildcard(first)(key) ? [rest] : []
  })
}

function keep(value: Json, paths: string[][]): Json | undefined {
  if (paths.some(path => path.length === 0)) return value
  if (paths.length === 0) return undefined
  if (Array.isArray(value)) return nonEmpty(value.map(element => keep(element, paths)).filter(element => element !== undefined))
  if (!isObject(value)) return undefined
  const kept = Object.entries(value).flatMap(([key, element]) => {
    const rest = element === undefined ? undefined : keep(element, below(paths, key))
    return rest === undefined ? [] : [[key, rest] as const]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function drop(value: Json, paths: string[][]): Json {
  if (paths.length === 0) return value
  if (Array.isArray(value)) return value.map(element => drop(element, paths))
  if (!isObject(value)) return value
  const kept = Object.entries(value).flatMap(([key, element]) => {
    const rest = below(paths, key)
    return element === undefined || rest.some(path => path.length === 0) ? [] : [[key, drop(element, rest)] as const]
  })
  return Object.fromEntries(kept)
}

function nonEmpty(array: Json[]): Json[] | undefined {
  return array.length === 0 ? undefined : array
}
