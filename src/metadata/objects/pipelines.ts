import { jsonIfFound } from '../../cluster/json.ts'
import type { JsonObject } from '../../model/plan.ts'
import { isManaged, unchanged } from './object-kind.ts'
import type { ObjectKind } from './object-kind.ts'

/** Whether the target has the processors of a pipeline, only the target can tell; the plan lets it simulate each. */
export const ingestPipelines: ObjectKind = {
  name: 'ingest-pipeline',
  part: 'pipelines',
  known: () => true,
  read: async (cluster, signal) => {
    const found = await jsonIfFound<Record<string, JsonObject>>(cluster, { method: 'GET', path: '/_ingest/pipeline', signal })
    return Object.fromEntries(Object.entries(found ?? {}).filter(([name, pipeline]) => !isManaged(name, pipeline)))
  },
  convert: unchanged,
  path: (_server, name) => `/_ingest/pipeline/${encodeURIComponent(name)}`,
}
