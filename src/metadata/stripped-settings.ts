import type { Json } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { atLeast } from '../model/version.ts'
import { asText } from './tree.ts'

/** A setting that a target index is not created with. */
export interface StripRule {
  /** Full name; `.*` at the end stands for everything below. */
  readonly setting: string
  readonly why: string
  /** Without it the rule holds for every route and value. */
  readonly when?: (from: Identity, to: Identity, value: Json) => boolean
  /** The server sets it on every index by itself: nobody chose it, so a plan tells of all of them in one line. */
  readonly unasked?: true
}

const own = 'every index gets its own'
const origin = 'tells where the source index came from'
const state = 'a state of the source index, not part of its definition'
const place = "names nodes of the source's cluster"
const remote = "tied to the source's storage"

const toElasticsearch = (_from: Identity, to: Identity): boolean => to.flavor === 'elasticsearch'
const toOpenSearch = (_from: Identity, to: Identity): boolean => to.flavor === 'opensearch'
const toElasticsearchBefore =
  (major: number, minor: number) =>
  (_from: Identity, to: Identity): boolean =>
    to.flavor === 'opensearch' || !atLeast(to.version, major, minor)

/** Everything that is not listed here is kept. What a target refuses beyond this list is stripped when the index is created. */
export const stripRules: readonly StripRule[] = [
  { setting: 'index.uuid', why: own, unasked: true },
  { setting: 'index.history_uuid', why: own, unasked: true },
  { setting: 'index.history.uuid', why: own, unasked: true },
  { setting: 'index.provided_name', why: own, unasked: true },
  { setting: 'index.creation_date', why: own, unasked: true },
  { setting: 'index.creation_date_string', why: own, unasked: true },
  { setting: 'index.version.*', why: own, unasked: true },
  { setting: 'index.transport_version.*', why: own, unasked: true },
  { setting: 'index.resize.*', why: origin },
  { setting: 'index.shrink.*', why: origin },
  { setting: 'index.rollup.source.*', why: origin },
  { setting: 'index.downsample.*', why: origin },
  { setting: 'index.dimensions', why: origin },
  { setting: 'index.context.*', why: origin },
  { setting: 'index.routing.allocation.include._tier_preference', why: place, unasked: true },
  { setting: 'index.routing.allocation.include.*', why: place },
  { setting: 'index.routing.allocation.require.*', why: place },
  { setting: 'index.routing.allocation.exclude.*', why: place },
  { setting: 'index.routing.allocation.initial_recovery.*', why: place },
  { setting: 'index.routing.allocation.enable', why: 'a switch of operations: the target could not place its shards' },
  { setting: 'index.blocks.*', why: 'a block on the source would refuse the documents on the target' },
  { setting: 'index.frozen', why: state },
  { setting: 'index.search.throttled', why: state },
  { setting: 'index.verified_before_close', why: state, unasked: true },
  { setting: 'index.verified_read_only', why: state },
  { setting: 'index.tiering.*', why: state },
  { setting: 'index.merge.enabled', why: 'private to the server' },
  { setting: 'index.allocation.existing_shards_allocator', why: remote },
  { setting: 'index.store.snapshot.*', why: remote },
  { setting: 'index.searchable_snapshot.*', why: remote },
  { setting: 'index.store.type', why: remote, when: (_from, _to, value) => value === 'snapshot' || value === 'remote_snapshot' },
  { setting: 'index.remote_store.*', why: 'the target decides about remote storage itself' },
  { setting: 'index.replication.type', why: own, unasked: true, when: (_from, _to, value) => value === 'DOCUMENT' },
  { setting: 'index.replication.type', why: 'the target decides how it replicates' },

  {
    setting: 'index.lifecycle.name',
    why: 'the policy would roll over or delete a half-copied index; set it again once everything is moved',
    when: toElasticsearch,
  },
  {
    setting: 'index.lifecycle.*',
    why: 'OpenSearch has no ILM; attach an ISM policy once everything is moved',
    when: toOpenSearch,
  },
  { setting: 'index.xpack.*', why: 'belongs to X-Pack', when: toOpenSearch },
  { setting: 'index.mode', why: 'OpenSearch has no index modes', when: toOpenSearch },
  { setting: 'index.logsdb.*', why: 'OpenSearch has no index modes', when: toOpenSearch },
  {
    setting: 'index.mapping.source.mode',
    why: 'the target stores `_source` as it is written',
    when: toElasticsearchBefore(8, 17),
  },
  {
    setting: 'index.plugins.index_state_management.policy_id',
    why: 'the policy would act on a half-copied index; attach it again once everything is moved',
    when: toOpenSearch,
  },
  {
    setting: 'index.opendistro.index_state_management.policy_id',
    why: 'the policy would act on a half-copied index; attach it again once everything is moved',
    when: toOpenSearch,
  },
  { setting: 'index.plugins.*', why: 'belongs to OpenSearch plugins', when: toElasticsearch },
  { setting: 'index.opendistro.*', why: 'belongs to Open Distro plugins', when: toElasticsearch },
  { setting: 'index.knn', why: "belongs to OpenSearch's k-NN plugin", when: toElasticsearch },
  { setting: 'index.knn.*', why: "belongs to OpenSearch's k-NN plugin", when: toElasticsearch },
  {
    setting: 'index.derived_source.*',
    why: 'OpenSearch only; the target stores `_source` as it is written',
    when: toElasticsearch,
  },

  { setting: 'index.mapping.single_type', why: 'the target knows no mapping types' },
  { setting: 'index.mapper.dynamic', why: 'removed in Elasticsearch 7; `dynamic` in the mappings says it', when: notBefore7 },
  {
    setting: 'index.soft_deletes.enabled',
    why: 'the target always keeps soft deletes',
    when: (_from, to, value) => asText(value) === 'false' && alwaysSoftDeletes(to),
  },
  {
    setting: 'index.translog.retention.*',
    why: 'the target keeps history by soft deletes instead',
    when: (_from, to) => to.flavor === 'elasticsearch' && atLeast(to.version, 8),
  },
]

function notBefore7(_from: Identity, to: Identity): boolean {
  return to.flavor === 'opensearch' || atLeast(to.version, 7)
}

/** Elasticsearch 8 and OpenSearch 2 refuse to create an index without them. */
function alwaysSoftDeletes(to: Identity): boolean {
  return atLeast(to.version, to.flavor === 'opensearch' ? 2 : 8)
}

export function matches(rule: StripRule, name: string): boolean {
  return rule.setting.endsWith('.*') ? name.startsWith(rule.setting.slice(0, -1)) : name === rule.setting
}
