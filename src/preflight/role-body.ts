import { pluginRole, xPackRole } from '../cluster/role-body.ts'
import type { Side } from '../model/connection.ts'
import type { Need } from '../model/needs.ts'
import type { Version } from '../model/version.ts'
import type { Found } from './check.ts'

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
export function elasticsearchRole(
  { side, identity: { version } }: { readonly side: Side; readonly identity: { readonly version: Version } },
  api: string,
  user: string,
  needs: readonly Need[],
): string {
  const role = `shardferry_${side}`
  const body = xPackRole(needs, version, mostNames)
  return `PUT ${api}/role/${role} ${JSON.stringify(body)} on the ${side}, then give ${user} the role ${role} (an API key: make a new one with these as role_descriptors)`
}

export function opensearchRole(side: Side, api: string, user: string | undefined, needs: readonly Need[]): string {
  const role = `shardferry_${side}`
  const body = pluginRole(needs, mostNames)
  return `PUT ${api}/api/roles/${role} ${JSON.stringify(body)} and PUT ${api}/api/rolesmapping/${role} ${JSON.stringify({ users: [user ?? 'USER'] })} on the ${side}`
}
