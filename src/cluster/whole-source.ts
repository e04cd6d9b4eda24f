import { atLeast } from '../model/version.ts'
import type { Identity } from '../model/version.ts'

/** Elasticsearch leaves vectors out of what it stores as `_source`, and out of what it answers unless it is asked for them. */
export function leavesVectorsOut({ flavor, version }: Identity): boolean {
  return flavor === 'elasticsearch' && atLeast(version, 9, 2)
}

/** What a search body says so that documents come whole. Of an index without vectors they come as they are stored, byte for byte. */
export function wholeSource(server: Identity): { readonly _source?: object } {
  return leavesVectorsOut(server) ? { _source: { exclude_vectors: false } } : {}
}
