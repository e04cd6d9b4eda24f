import { leavesVectorsOut } from '../../cluster/whole-source.ts'
import { fieldTypes, isVector } from '../fields.ts'
import type { Rule } from '../rule.ts'

const setting = 'index.mapping.exclude_source_vectors'

/** A source that leaves them out itself gives documents in the server's own words already. */
export const vectorsInSource: Rule = {
  id: 'vectors-in-source',
  why: 'the target would take vectors out of documents and write them anew when it is asked; with this they stay as they were sent',
  applies: (from, to) => leavesVectorsOut(to) && !leavesVectorsOut(from),
  rewrite: mappings => {
    if (![...fieldTypes(mappings).values()].some(isVector)) return { mappings, changes: [] }
    return {
      mappings,
      changes: [{ kind: 'converted', what: `settings.${setting}`, why: vectorsInSource.why }],
      settings: { [setting]: false },
    }
  },
}
