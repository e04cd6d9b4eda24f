// Index expressions: lists, wildcards, exclusions and aliases.
import { indexNotFound } from './errors.ts'
import type { Call } from './http.ts'
import { flag } from './http.ts'
import type { AliasSpec, Index, Store } from './store.ts'

/** One index an expression names; `via` is empty when it is named directly or by a wildcard on its own name. */
export interface Resolved {
  index: Index
  via: AliasSpec[]
}

export interface ResolveOptions {
  hidden: boolean
  ignoreUnavailable: boolean
  resourceType?: string
}

/** The options of a request. Which indices a wildcard reaches without `expand_wildcards` differs from one API to the next. */
export function optionsOf(call: Call, hiddenByDefault: boolean): ResolveOptions {
  const expand = call.query.get('expand_wildcards')?.split(',')
  const hidden = expand ? expand.includes('all') || expand.includes('hidden') : hiddenByDefault
  return { hidden, ignoreUnavailable: flag(call, 'ignore_unavailable') }
}

/** The indices of an expression in the order of their creation. A missing name without a wildcard is a 404. */
export function resolve(store: Store, expression: string | undefined, options: ResolveOptions): Resolved[] {
  const found = new Map<Index, AliasSpec[]>()
  let wildcardSeen = false
  for (const part of (expression ?? '_all').split(',')) {
    const pattern = part === '_all' || part === '' ? '*' : part
    if (wildcardSeen && pattern.startsWith('-')) {
      for (const index of matches(store, pattern.slice(1), { ...options, hidden: true }).keys()) found.delete(index)
      continue
    }
    const matched = matches(store, pattern, options)
    if (pattern.includes('*')) wildcardSeen = true
    else if (matched.size === 0 && !options.ignoreUnavailable) throw indexNotFound(pattern, options.resourceType)
    for (const [index, via] of matched) {
      const direct = via.length === 0 || found.get(index)?.length === 0
      found.set(index, direct ? [] : [...(found.get(index) ?? []), ...via])
    }
  }
  return [...store.indices.values()].flatMap(index => {
    const via = found.get(index)
    return via ? [{ index, via }] : []
  })
}

export function wildcard(pattern: string): (name: string) => boolean {
  const source = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${source.join('.*')}$`)
  return name => expression.test(name)
}

function matches(store: Store, pattern: string, options: ResolveOptions): Map<Index, AliasSpec[]> {
  const fits = wildcard(pattern)
  const isPattern = pattern.includes('*')
  const result = new Map<Index, AliasSpec[]>()
  for (const index of store.indices.values()) {
    const visible = !isPattern || !index.hidden || options.hidden || (pattern.startsWith('.') && index.name.startsWith('.'))
    if (visible && fits(index.name)) result.set(index, [])
    else {
      const aliases = [...index.aliases].filter(
        ([name, spec]) => fits(name) && (!isPattern || options.hidden || spec.is_hidden !== true),
      )
      // A bare star reaches a hidden index only by its own name.
      if (aliases.length > 0 && (pattern !== '*' || visible))
        result.set(
          index,
          aliases.map(([, spec]) => spec),
        )
    }
  }
  return result
}
