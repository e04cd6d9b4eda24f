import type { Audited } from '../../model/entries.ts'
import type { JsonObject } from '../../model/plan.ts'
import type { Who } from '../guard/who.ts'

/** What the journal keeps of who asked for what. */
export function auditedBy(who: Who, did: string, how?: JsonObject): Audited {
  return { type: 'audited', by: who.name, did, ...(how === undefined || Object.keys(how).length === 0 ? {} : { how }) }
}
