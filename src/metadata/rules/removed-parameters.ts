import type { Change, JsonObject } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import { atLeast } from '../../model/version.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'

interface Parameter {
  readonly name: string
  readonly place: 'root' | 'field'
  readonly why: string
  readonly known: (to: Identity) => boolean
}

const elasticsearchSince =
  (major: number, minor = 0) =>
  (to: Identity): boolean =>
    to.flavor === 'elasticsearch' && atLeast(to.version, major, minor)
const elasticsearchBefore =
  (major: number) =>
  (to: Identity): boolean =>
    to.flavor === 'elasticsearch' && !atLeast(to.version, major)
const openSearchOrBefore =
  (major: number) =>
  (to: Identity): boolean =>
    to.flavor === 'opensearch' || !atLeast(to.version, major)

/** Parameters that documents do not need and that some servers refuse. */
const parameters: readonly Parameter[] = [
  { name: '_all', place: 'root', why: 'removed in Elasticsearch 6; copy_to does the same', known: elasticsearchBefore(6) },
  { name: '_timestamp', place: 'root', why: 'removed in Elasticsearch 5', known: () => false },
  { name: '_ttl', place: 'root', why: 'removed in Elasticsearch 5', known: () => false },
  {
    name: '_data_stream_timestamp',
    place: 'root',
    why: 'the target is a plain index, not part of a data stream',
    known: () => false,
  },
  { name: 'include_in_all', place: 'root', why: 'removed in Elasticsearch 6', known: elasticsearchBefore(6) },
  { name: 'include_in_all', place: 'field', why: 'removed in Elasticsearch 6', known: elasticsearchBefore(6) },
  {
    name: 'boost',
    place: 'field',
    why: 'removed in Elasticsearch 8; boost in the query does the same',
    known: openSearchOrBefore(8),
  },
  { name: 'time_series_dimension', place: 'field', why: 'the target has no time series indices', known: elasticsearchSince(8) },
  { name: 'time_series_metric', place: 'field', why: 'the target has no time series indices', known: elasticsearchSince(8) },
  {
    name: 'script',
    place: 'field',
    why: 'the target does not compute values of mapped fields',
    known: elasticsearchSince(7, 14),
  },
  {
    name: 'on_script_error',
    place: 'field',
    why: 'the target does not compute values of mapped fields',
    known: elasticsearchSince(7, 14),
  },
  {
    name: 'synthetic_source_keep',
    place: 'field',
    why: 'the target stores `_source` as it is written',
    known: elasticsearchSince(8, 16),
  },
  {
    name: 'runtime',
    place: 'root',
    why: 'the target has no runtime fields; no document is changed by that',
    known: elasticsearchSince(7, 11),
  },
  {
    name: 'derived',
    place: 'root',
    why: 'the target has no derived fields; no document is changed by that',
    known: to => to.flavor === 'opensearch' && atLeast(to.version, 2, 15),
  },
]

export const removedParameters: Rule = {
  id: 'removed-parameters',
  why: 'parameters that the target does not know',
  applies: () => true,
  rewrite: (mappings, _from, to) => {
    const changes: Change[] = []
    const unknown = parameters.filter(parameter => !parameter.known(to))
    const dropFrom = (definition: JsonObject, where: string, place: Parameter['place']): JsonObject => {
      const dropped = unknown.filter(parameter => parameter.place === place && Object.hasOwn(definition, parameter.name))
      for (const { name, why } of dropped) changes.push({ kind: 'dropped', what: `${where}.${name}`, why })
      return Object.fromEntries(Object.entries(definition).filter(([key]) => !dropped.some(({ name }) => name === key)))
    }
    const root = dropFrom(mappings, 'mappings', 'root')
    return { mappings: rewriteFields(root, (definition, where) => dropFrom(definition, where, 'field')), changes }
  },
}
