import type { Json, JsonObject } from '../../src/model/plan.ts'
import { atLeast } from '../../src/model/version.ts'
import type { Flavor, Version } from '../../src/model/version.ts'

export interface Server {
  readonly flavor: Flavor
  readonly version: Version
}

/** Something an index can have, as an index of its own on every source that knows it. */
export interface Feature {
  /** Also the name of its index. */
  readonly name: string
  readonly group: 'field type' | 'mapping' | 'setting' | 'document'
  known(server: Server): boolean
  readonly settings?: JsonObject
  readonly mappings?: JsonObject
  /** By name of the mapping type, instead of `mappings`, where there are several. */
  readonly types?: Readonly<Record<string, JsonObject>>
  readonly documents: readonly TypedDocument[]
  /** Query DSL that must find the same on both sides. */
  readonly query: JsonObject
}

export interface TypedDocument {
  readonly id: string
  readonly routing?: string
  readonly type?: string
  readonly parent?: string
  readonly source: string | Uint8Array
}

export const everywhere = (): boolean => true
export const since =
  (elasticsearch: string | undefined, opensearch?: string) =>
  (server: Server): boolean =>
    reached(server, server.flavor === 'elasticsearch' ? elasticsearch : opensearch)
/** Elasticsearch only, and before a version. */
export const elasticsearchBefore =
  (major: number) =>
  ({ flavor, version }: Server): boolean =>
    flavor === 'elasticsearch' && !atLeast(version, major)

function reached({ version }: Server, first: string | undefined): boolean {
  const [major = 0, minor = 0] = (first ?? '').split('.').map(Number)
  return first !== undefined && atLeast(version, major, minor)
}

/** An index with one field `f` of this definition, and a document for each value. */
export function fieldType(
  name: string,
  known: Feature['known'],
  definition: JsonObject,
  values: readonly Json[],
  query: JsonObject,
  settings?: JsonObject,
): Feature {
  return {
    name,
    group: 'field type',
    known,
    ...(settings === undefined ? {} : { settings }),
    mappings: { properties: { n: { type: 'integer' }, f: definition } },
    documents: documentsOf(values.map(f => ({ f }))),
    query,
  }
}

export function documentsOf(sources: readonly JsonObject[]): TypedDocument[] {
  return sources.map((source, n) => ({ id: `d${n}`, source: JSON.stringify({ n, ...source }) }))
}
