import { z } from 'zod'
import { dataStreamWays, deletesBy, objectKinds } from '../model/plan.ts'
import type { Json, JsonObject, Plan } from '../model/plan.ts'
import { illegalName } from './rename.ts'

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
)
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json, 'is a mapping of names to values')

const count = z.int('is a whole number').nonnegative('is not negative')

const cluster = z.strictObject({
  address: z.string(),
  clusterName: z.string(),
  clusterUuid: z.string(),
  flavor: z.enum(['elasticsearch', 'opensearch']),
  version: z.string(),
})

const alias = z.strictObject({
  filter: z.exactOptional(jsonObject),
  index_routing: z.exactOptional(z.string()),
  search_routing: z.exactOptional(z.string()),
  is_write_index: z.exactOptional(z.boolean()),
  is_hidden: z.exactOptional(z.boolean()),
})

const read = z.strictObject({
  by: z.enum(['seq-no', 'slices', 'field']),
  field: z.exactOptional(z.string().min(1)),
  slices: z.exactOptional(z.int('is a whole number').min(1, 'is 1 or more').max(1024, 'is 1024 at most')),
  primaryOnly: z.exactOptional(z.boolean()),
  reason: z.exactOptional(z.string()),
})

const changes = z.array(z.strictObject({ kind: z.enum(['stripped', 'converted', 'dropped']), what: z.string(), why: z.string() }))

const indexName = z.string().superRefine((name, context) => {
  const illegal = illegalName(name)
  if (illegal !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(name)} is no index name: ${illegal}` })
})

const object = z.strictObject({
  kind: z.enum(objectKinds),
  name: z.string().min(1, 'is a name'),
  action: z.enum(['create', 'replace', 'same', 'skip', 'refuse']),
  reason: z.exactOptional(z.string()),
  definition: jsonObject,
  onTarget: z.exactOptional(jsonObject),
  changes,
})

const task = z.strictObject({
  source: z.string().min(1, 'is the name of an index'),
  target: indexName,
  uuid: z.string(),
  action: z.enum(['create', 'into-existing', 'skip', 'refuse']),
  reason: z.exactOptional(z.string()),
  shards: z.int('is a whole number').min(1, 'is 1 or more'),
  estimate: z.strictObject({ docs: count, bytes: count }),
  engine: z.exactOptional(z.enum(['stream', 'reindex'])),
  read,
  deletes: z.exactOptional(z.strictObject({ by: z.enum(deletesBy), reason: z.string() })),
  versionFrom: z.enum(['seq-no', 'version']),
  query: z.exactOptional(jsonObject),
  settings: jsonObject,
  mappings: jsonObject,
  aliases: z.record(z.string(), alias),
  changes,
  tuning: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  dataStream: z.exactOptional(indexName),
})

const dataStream = z.strictObject({
  source: z.string().min(1, 'is the name of a data stream'),
  target: indexName,
  action: z.enum(['create', 'into-existing']),
  by: z.enum(dataStreamWays),
  timestampField: z.string().min(1, 'is the name of a field'),
  indices: z.array(indexName),
  template: z.exactOptional(z.strictObject({ name: z.string().min(1, 'is the name of an index template'), body: jsonObject })),
  lifecycle: z.exactOptional(jsonObject),
  aliases: z.record(z.string(), alias),
  changes,
})

/** A plan file's shape, without what only makes sense across indices. */
export const planSchema: z.ZodType<Plan> = z.strictObject({
  shardferryPlan: z.literal(1, 'is the format of the file; this version of Shardferry reads format 1'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/, 'is fit for a file name: letters, digits, dot, dash and underscore'),
  createdAt: z.string(),
  source: cluster,
  target: cluster,
  patterns: z.array(z.string()),
  indices: z.array(task),
  dataStreams: z.exactOptional(z.array(dataStream)),
  skipped: z.array(z.strictObject({ index: z.string(), reason: z.string() })),
  objects: z.exactOptional(z.array(object)),
})
