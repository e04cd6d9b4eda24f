import { ifAllowed } from '../cluster/if-allowed.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import { unreadableBy } from '../cluster/refusal.ts'
import { mapFew } from '../flow/map-few.ts'
import type { NamedIndex } from '../metadata/names.ts'
import { readNames } from '../metadata/names.ts'
import type { Found, IndexDefinition } from '../metadata/read.ts'
import { findIndex, readIndex } from '../metadata/read.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Estimate, JsonObject, Plan } from '../model/plan.ts'
import type { Selection } from '../model/selection.ts'
import type { Identity } from '../model/version.ts'
import { namesByStream } from './data-streams/backing-names.ts'
import { becoming } from './data-streams/becoming.ts'
import { asBacking } from './data-streams/from-aliases.ts'
import { inventoryStreams } from './data-streams/inventory-streams.ts'
import type { InventoriedStream } from './data-streams/inventory-streams.ts'
import { takeObjects } from './objects.ts'
import type { InventoriedObject } from './objects.ts'
import { targetNames } from './rename.ts'
import { readRoutingShards } from './routing-shards.ts'
import { sampleBytes } from './sample.ts'
import { selectIndices } from './select.ts'
import type { SeqNoUse } from './seq-no-use.ts'
import { seqNoUse } from './seq-no-use.ts'
import { requireSteady } from './steady-query.ts'
import { requireSupported } from './versions.ts'

/** Everything a plan is made from, as it was at one moment. */
export interface Inventory {
  readonly source: InventoriedCluster
  readonly target: InventoriedCluster
  /** What was asked for. */
  readonly patterns: readonly string[]
  readonly indices: readonly InventoriedIndex[]
  /** Of the source, with backing indices among these. */
  readonly dataStreams?: readonly InventoriedStream[]
  readonly skipped: Plan['skipped']
  /** Names of the target's ingest pipelines; undefined where its user may not see them. */
  readonly targetPipelines?: readonly string[]
  /** Names of aliases to move under which the target has an index. */
  readonly takenAliases: readonly string[]
  /** Beside indices, where it was asked for. */
  readonly objects?: readonly InventoriedObject[]
}

export interface InventoriedCluster {
  readonly address: string
  readonly identity: Identity
}

export interface InventoriedIndex {
  readonly index: NamedIndex
  /** The wanted name on the target, and what has it there already. */
  readonly target: string
  readonly onTarget: Found
  readonly definition: IndexDefinition
  readonly query?: JsonObject
  /** How finely routings are hashed; undefined for a single shard, and where the user may not see it. */
  readonly routingShards?: number
  /** The same of the index that the target has under the wanted name. */
  readonly existingRoutingShards?: number
  /** Zero for a closed index. */
  readonly estimate: Estimate
  /** Taken to be usable for a closed index, which nothing can be asked of. */
  readonly seqNo: SeqNoUse
  /** The block on the source that keeps it from being read; what that hides is as if there were nothing. */
  readonly unreadable?: 'read' | 'metadata'
}

const askedAtOnce = 6

/**
 * Looks at both clusters, without changing either.
 * @throws ShardferryError `index-unknown`, `nothing-selected`, `cluster-red`, `plan-invalid` (names, queries), `unsupported`
 */
export async function takeInventory(
  source: Cluster,
  target: Cluster,
  selection: Selection,
  signal: AbortSignal,
): Promise<Inventory> {
  requireSupported('source', source.identity)
  requireSupported('target', target.identity)
  const names = await readNames(source, signal)
  const { indices: selected, skipped } = selectIndices(names, selection.patterns, selection.includeSystem)
  const indices = asBacking(selected, names, selection.toDataStreams ?? [])
  const streams = await inventoryStreams(source, target, indices, selection, signal)
  const targets = targetNames(
    indices.map(({ name }) => name),
    selection,
    namesByStream(streams, selection),
    indices.flatMap(({ dataStream }) => dataStream ?? []),
  )
  for (const { name } of indices) requireSteady(queryFor(name, selection), name, Date.now())
  await refuseRed(source, indices, signal)
  const asTheyAre = await mapFew(indices, askedAtOnce, index =>
    inventory(source, target, index, targets.get(index.name) ?? index.name, selection, signal),
  )
  const { indices: inventoried, dataStreams } = becoming(asTheyAre, streams, selection)
  const targetPipelines = await pipelines(target, signal)
  return {
    source: { address: source.address, identity: source.identity },
    target: { address: target.address, identity: target.identity },
    patterns: selection.patterns,
    indices: inventoried,
    dataStreams,
    skipped,
    ...(targetPipelines === undefined ? {} : { targetPipelines }),
    takenAliases: await takenAliases(target, inventoried, signal),
    ...(selection.metadata ? { objects: await takeObjects(source, target, selection.metadata, signal) } : {}),
  }
}

async function inventory(
  source: Cluster,
  target: Cluster,
  index: NamedIndex,
  name: string,
  selection: Selection,
  signal: AbortSignal,
): Promise<InventoriedIndex> {
  const definition = await unlessBlocked(readIndex(source, index.name, signal))
  const onTarget = await findIndex(target, name, signal)
  const query = queryFor(index.name, selection)
  const asked = query === undefined ? {} : { query }
  const nothing = { estimate: { docs: 0, bytes: 0 }, seqNo: { usable: true } } as const
  if (typeof definition === 'string')
    return { index, target: name, onTarget, definition: unseen(index), ...asked, ...nothing, unreadable: definition }
  const found = { index, target: name, onTarget, definition, ...asked }
  if (!definition.open) return { ...found, ...nothing }
  const several = definition.shards > 1
  const routingShards = several ? await ifAllowed(readRoutingShards(source, index.name, signal)) : undefined
  const existingRoutingShards =
    several && onTarget.kind === 'index' && onTarget.definition.open
      ? await ifAllowed(readRoutingShards(target, name, signal))
      : undefined
  const docs = await unlessBlocked(count(source, index.name, asked, signal))
  if (typeof docs === 'string') return { ...found, ...nothing, unreadable: docs }
  const bytes = docs === 0 ? 0 : docs * (await sampleBytes(source, index.name, docs, asked, signal))
  const seqNo = await seqNoUse(source, definition, signal)
  return {
    ...found,
    ...(routingShards === undefined ? {} : { routingShards }),
    ...(existingRoutingShards === undefined ? {} : { existingRoutingShards }),
    estimate: { docs, bytes: Math.round(bytes) },
    seqNo,
  }
}

/** What was asked for, or the block that hides it: one index that nobody may read does not keep the others from being planned. */
async function unlessBlocked<T>(answer: Promise<T>): Promise<T | 'read' | 'metadata'> {
  try {
    return await answer
  } catch (thrown) {
    const block = unreadableBy(thrown)
    if (block === undefined) throw thrown
    return block
  }
}

function unseen({ name, open }: NamedIndex): IndexDefinition {
  return { name, uuid: '', settings: {}, mappings: {}, severalTypes: {}, aliases: {}, open, shards: 1 }
}

function queryFor(index: string, { filters, query }: Selection): JsonObject | undefined {
  return filters[index] ?? query
}

/** @throws ShardferryError `response-partial` when not every shard has counted */
async function count(source: Cluster, index: string, body: object, signal: AbortSignal): Promise<number> {
  const answer = await json<{ count: number; _shards: { failed: number } }>(source, {
    method: 'POST',
    path: `/${indexPath(index)}/_count`,
    body,
    signal,
  })
  if (answer._shards.failed === 0) return answer.count
  throw new ShardferryError(
    'response-partial',
    `${answer._shards.failed} shards of ${index} on the source did not count their documents.`,
    {
      recovery: 'retry',
      hint: 'Look at the health and the log of the source; then make the plan again.',
    },
  )
}

/** Health needs the cluster privilege `monitor`; without it a red index shows when its documents are counted. */
async function refuseRed(source: Cluster, indices: readonly NamedIndex[], signal: AbortSignal): Promise<void> {
  const health = await ifAllowed(
    json<{ indices?: Record<string, { status: string }> }>(source, {
      method: 'GET',
      path: '/_cluster/health',
      query: { level: 'indices' },
      signal,
    }),
  )
  const red = indices.filter(({ name, open }) => open && health?.indices?.[name]?.status === 'red').map(({ name }) => name)
  if (red.length === 0) return
  throw new ShardferryError('cluster-red', `Primary shards on the source are not assigned: ${red.join(', ')}.`, {
    hint: `Documents in them cannot be read. Ask GET _cluster/allocation/explain of the source why, or leave the index out: --index='*,-${red[0]}'.`,
  })
}

async function pipelines(target: Cluster, signal: AbortSignal): Promise<readonly string[] | undefined> {
  // Where there is none the answer is a 404.
  const none: Record<string, unknown> = {}
  const answer = await ifAllowed(
    jsonIfFound<Record<string, unknown>>(target, { method: 'GET', path: '/_ingest/pipeline', signal }).then(
      found => found ?? none,
    ),
  )
  return answer && Object.keys(answer)
}

async function takenAliases(
  target: Cluster,
  indices: readonly InventoriedIndex[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const aliases = [...new Set(indices.flatMap(({ definition }) => Object.keys(definition.aliases)))]
  const found = await mapFew(aliases, askedAtOnce, alias => findIndex(target, alias, signal))
  return aliases.filter((_alias, position) => found[position]?.kind === 'index')
}
