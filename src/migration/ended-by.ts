import type { Entry } from '../model/entries.ts'
import type { ShardferryError } from '../model/errors.ts'

/** How the journal says that an error ended a run; nothing where it is the journal that could not be written, or that another holds. */
export function endedBy({ code, message, hint }: ShardferryError): readonly Entry[] {
  if (code === 'stopped') return [{ type: 'stopped', reason: message }]
  return code.startsWith('state-') ? [] : [{ type: 'failed', code, message, hint }]
}
