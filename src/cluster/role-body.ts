import { elasticsearchPrivileges, grants } from '../model/needs.ts'
import type { Need, What } from '../model/needs.ts'
import type { Version } from '../model/version.ts'

/** The body of a role of X-Pack; also the role descriptor of an API key. */
export interface XPackRole {
  readonly cluster: readonly string[]
  readonly indices: readonly { readonly names: readonly string[]; readonly privileges: readonly string[] }[]
}

/** The body of a role of the OpenSearch security plugin. */
export interface PluginRole {
  readonly cluster_permissions: readonly string[]
  readonly index_permissions: readonly {
    readonly index_patterns: readonly string[]
    readonly allowed_actions: readonly string[]
  }[]
}

/** @param mostNames above that, a role names every index: for a person to read */
export function xPackRole(needs: readonly Need[], version: Version, mostNames = Infinity): XPackRole {
  const words = (what: What): readonly string[] => elasticsearchPrivileges(what, version)
  return {
    cluster: onCluster(needs, words),
    indices: byIndices(needs, words, mostNames).map(([names, privileges]) => ({ names, privileges })),
  }
}

/** @param mostNames as for `xPackRole` */
export function pluginRole(needs: readonly Need[], mostNames = Infinity): PluginRole {
  const words = (what: What): readonly string[] => grants[what].opensearch
  return {
    cluster_permissions: onCluster(needs, words),
    index_permissions: byIndices(needs, words, mostNames).map(([index_patterns, allowed_actions]) => ({
      index_patterns,
      allowed_actions,
    })),
  }
}

function onCluster(needs: readonly Need[], words: (what: What) => readonly string[]): string[] {
  return distinct(needs.flatMap(({ what }) => (grants[what].level === 'cluster' ? words(what) : [])))
}

/** Privileges by the indices they are needed on; needs on the same indices become one entry. */
function byIndices(
  needs: readonly Need[],
  words: (what: What) => readonly string[],
  mostNames: number,
): [names: readonly string[], privileges: readonly string[]][] {
  const ofIndices = needs.filter(({ what }) => grants[what].level === 'index' && words(what).length > 0)
  const groups = Map.groupBy(ofIndices, ({ indices }) => JSON.stringify(indices.length > mostNames ? ['*'] : indices))
  return [...groups].map(([names, group]) => [JSON.parse(names) as string[], distinct(group.flatMap(({ what }) => words(what)))])
}

function distinct(list: readonly string[]): string[] {
  return [...new Set(list)]
}
