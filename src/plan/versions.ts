import { ShardferryError } from '../model/errors.ts'
import type { Side } from '../model/connection.ts'
import type { Identity } from '../model/version.ts'
import { atLeast, describeIdentity } from '../model/version.ts'

/** @throws ShardferryError `unsupported` outside Elasticsearch 5.6 to 9 and OpenSearch 1 to 3 */
export function requireSupported(side: Side, identity: Identity): void {
  const { flavor, version } = identity
  const supported =
    flavor === 'elasticsearch' ? atLeast(version, 5, 6) && !atLeast(version, 10) : atLeast(version, 1) && !atLeast(version, 4)
  if (supported) return
  throw new ShardferryError('unsupported', `The ${side} is ${describeIdentity(identity)}.`, {
    hint: 'Shardferry moves between Elasticsearch 5.6 to 9 and OpenSearch 1 to 3.',
  })
}
