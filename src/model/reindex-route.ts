import type { Identity } from './version.ts'
import { describeIdentity } from './version.ts'

type Kind = Pick<Identity, 'flavor' | 'version'>

/**
 * Why a target's own `_reindex` cannot read from a source; undefined where it can. Each pair was tried on real servers, as far
 * as they are there: Elasticsearch 5 to 7 wants the answers of its own major or older, and takes OpenSearch's version for an
 * old one of its own; OpenSearch 1 does the same to OpenSearch; OpenSearch 2 and later reads all.
 */
export function reindexRefusal(source: Kind, target: Kind): string | undefined {
  const [from, to] = [source.version.major, target.version.major]
  if (target.flavor === 'opensearch') {
    if (to >= 2 || (source.flavor === 'elasticsearch' && from <= 7)) return undefined
  } else if (source.flavor === 'elasticsearch' && from <= Math.max(to, 6)) return undefined
  return `the _reindex of ${describeIdentity(target)} cannot read from ${describeIdentity(source)}; copy with --engine stream`
}
