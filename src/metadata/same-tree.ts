import type { Json } from '../model/plan.ts'
import { isObject } from './tree.ts'

/** Whether two trees say the same, in whatever order their keys stand. */
export function sameTree(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, at) => sameTree(one as Json, b[at] as Json))
  if (!isObject(a) || !isObject(b)) return a === b
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every(key => sameTree(a[key], b[key]))
}
