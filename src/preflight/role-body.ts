import type { Side } from '../model/connection.ts'
import type { Found } from './check.ts'
import { grants } from './needs.ts'
import type { Need } from './needs.ts'

/** Above that, a role names every index: the list would be no use to a person. */
const mostNames = 20

/** One role grants all that is missing, so it is told once: with the first error, or the first warning where there is none. */
export function withRole(found: readonly Found[], side: Side, role: string): Found[] {
  const first = found.find(({ severity }) => severity === 'error') ?? found[0]
  return found.map(one => ({
    ...one,
    remedy: one === first ? role : `The role shardferry_${side} (see above or below) grants it.`,
  }))
}

/** The call that makes a role with everything a plan needs, for a person to paste. */
export function elasticsearchRole(side: Side, api: string, user: string, needs: readonly Need[]): string {
  const role = `shardferry_${side}`
  const indices = byIndices(needs, what => grants[what].elasticsearch ?? [])
  const body = {
    cluster: distinct(needs.flatMap(({ what }) => (grants[what].level === 'cluster' ? (grants[what].elasticsearch ?? []) : []))),
    indices: indices.map(([names, privileges]) => ({ names, privileges })),
  }
  return `PUT ${api}/role/${role} ${JSON.stringify(body)} on the ${side}, then give ${user} the role ${role} (an API key: make a new one with these as role_descriptors)`
}

export function opensearchRole(side: Side, api: string, user: string | undefined, needs: readonly Need[]): string {
  const role = `shardferry_${side}`
  const indices = byIndices(needs, what => grants[what].opensearch)
  const body = {
    cluster_permissions: distinct(needs.flatMap(({ what }) => (grants[what].level === 'cluster' ? grants[what].opensearch : []))),
    index_permissions: indices.map(([index_patterns, allowed_actions]) => ({ index_patterns, allowed_actions })),
  }
  return `PUT ${api}/api/roles/${role} ${JSON.stringify(body)} and PUT ${api}/api/rolesmapping/${role} ${JSON.stringify({ users: [user ?? 'USER'] })} on the ${side}`
}

/** Privileges by the indices they are needed on; needs on the same indices become one entry. */
function byIndices(
  needs: readonly Need[],
  privileges: (what: Need['what']) => string | readonly string[],
): [names: readonly string[], privileges: readonly string[]][] {
  const ofIndices = needs.filter(({ what }) => grants[what].level === 'index')
  const groups = Map.groupBy(ofIndices, ({ indices }) => JSON.stringify(indices.length > mostNames ? ['*'] : indices))
  return [...groups].map(([names, group]) => [
    JSON.parse(names) as string[],
    distinct(group.flatMap(({ what }) => privileges(what))),
  ])
}

function distinct(list: readonly string[]): string[] {
  return [...new Set(list)]
}
