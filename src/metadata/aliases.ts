import type { AliasDefinition, Change } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { atLeast } from '../model/version.ts'

export interface TargetAliases {
  readonly aliases: Readonly<Record<string, AliasDefinition>>
  readonly changes: readonly Change[]
}

/** The aliases of an index as the target can hold them: filter, both routings, write index, hidden. */
export function targetAliases(aliases: Readonly<Record<string, AliasDefinition>>, to: Identity): TargetAliases {
  const changes: Change[] = []
  const converted = Object.entries(aliases).map(([name, definition]) => {
    const { filter, index_routing, search_routing, is_write_index, is_hidden } = definition
    const drop = (key: string, since: string): void => {
      changes.push({ kind: 'dropped', what: `aliases.${name}.${key}`, why: `the target knows it only since ${since}` })
    }
    if (is_write_index !== undefined && !knows(to, 6, 4)) drop('is_write_index', 'Elasticsearch 6.4')
    if (is_hidden !== undefined && !knows(to, 7, 7)) drop('is_hidden', 'Elasticsearch 7.7')
    return [
      name,
      {
        ...(filter === undefined ? {} : { filter }),
        ...(index_routing === undefined ? {} : { index_routing }),
        ...(search_routing === undefined ? {} : { search_routing }),
        ...(is_write_index !== undefined && knows(to, 6, 4) ? { is_write_index } : {}),
        ...(is_hidden !== undefined && knows(to, 7, 7) ? { is_hidden } : {}),
      },
    ] as const
  })
  return { aliases: Object.fromEntries(converted), changes }
}

function knows(to: Identity, major: number, minor: number): boolean {
  return to.flavor === 'opensearch' || atLeast(to.version, major, minor)
}
