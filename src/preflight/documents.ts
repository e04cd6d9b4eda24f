import { movedTasks } from '../model/plan.ts'
import type { IndexTask } from '../model/plan.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'
import { flatSettings, isObject } from './flat-settings.ts'
import { mappedFields } from './mapping-fields.ts'
import { shortList } from './name-lists.ts'

/** What mappings and settings tell of the documents: what `_source` lacks, and what keeps some of them together. */
export const documents: Check = {
  id: 'documents',
  title: 'what _source holds; joins, nested documents and routing',
  code: 'plan-refused',
  run: async ({ plan }) =>
    await attempted('documents', 'source', () => {
      if (!plan) return Promise.resolve([noPlan('source', 'what its documents hold')])
      const tasks = movedTasks(plan)
      const found = facts.flatMap(({ severity, holds, message, remedy }) => {
        const indices = tasks.filter(holds)
        if (indices.length === 0) return []
        const names = shortList(indices.map(task => task.source))
        return [{ about: 'source', severity, message: `${names}: ${message}`, ...(remedy === undefined ? {} : { remedy }) }]
      })
      if (found.length > 0) return Promise.resolve(found)
      const message = 'Documents are whole in _source; no joins, nested documents or required routing.'
      return Promise.resolve([{ about: 'source', severity: 'ok', message }])
    }),
}

interface Fact {
  readonly severity: Found['severity']
  readonly holds: (task: IndexTask) => boolean
  readonly message: string
  readonly remedy?: string
}

const facts: readonly Fact[] = [
  {
    severity: 'warning',
    holds: task => changed(task, /^mappings\._source\.(includes|excludes)$/),
    message:
      'the source has not kept every field in _source (_source.includes or excludes). What was left out cannot be copied: it is not found by searches on the target.',
    remedy: 'Index those documents again from where they came from, or accept it: documents arrive as the source has them',
  },
  {
    severity: 'info',
    holds: task =>
      changed(task, /^mappings\._source\.mode$|source\.mode$|derived_source/) ||
      flatSettings(task.settings).get('index.mapping.source.mode') === 'synthetic',
    message:
      '_source is rebuilt by the server (synthetic): order, duplicates and formats were lost when the documents were indexed.',
  },
  {
    severity: 'info',
    holds: task => hasType(task, 'join'),
    message: 'join fields. Parents and children stay on one shard, as every document keeps its routing.',
  },
  {
    severity: 'info',
    holds: task => hasType(task, 'nested'),
    message: 'nested documents. _cat/indices and _stats count them one by one; compare counts by _count.',
  },
  {
    severity: 'info',
    holds: task => {
      const routing = task.mappings['_routing']
      return isObject(routing) && routing['required'] === true
    },
    message: 'routing is required, and is copied with each document.',
  },
  {
    severity: 'info',
    holds: task => Number(flatSettings(task.settings).get('index.routing_partition_size') ?? 1) > 1,
    message: 'a routing is spread over several shards (index.routing_partition_size), which is kept.',
  },
  {
    severity: 'warning',
    holds: task => task.action === 'into-existing' && changed(task, /number_of_shards|routing_partition_size/),
    message:
      'the index on the target has another number of shards. Documents of one id under several routings may fall together, and one replaces the other.',
    remedy: 'Let Shardferry make the index (without --into-existing, under another name: --rename), unless ids are unique',
  },
]

function changed({ changes }: IndexTask, what: RegExp): boolean {
  return changes.some(change => what.test(change.what))
}

function hasType({ mappings }: IndexTask, type: string): boolean {
  return mappedFields(mappings).some(field => field.type === type)
}
