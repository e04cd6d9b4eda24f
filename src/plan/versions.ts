import { ShardferryError } from '../model/errors.ts'
import type { Side } from '../model/connection.ts'
import type { Identity } from '../model/version.ts'
import { atLeast, describeIdentity } from '../model/version.ts'

/** @throws ShardferryError `unsupported` for a source outside Elasticsearch 5.6 to 9 and OpenSearch 1 to 3, and a target below Elasticsearch 7.10 */
export function requireSupported(side: Side, identity: Identity): void {
  const { flavor, version } = identity
  const supported =
    flavor === 'elasticsearch'
      ? atLeast(version, ...oldest[side]) && !atLeast(version, 10)
      : atLeast(version, 1) && !atLeast(version, 4)
  if (supported) return
  throw new ShardferryError('unsupported', `The ${side} is ${describeIdentity(identity)}.`, {
    hint: 'Shardferry reads Elasticsearch 5.6 to 9 and OpenSearch 1 to 3, and writes to Elasticsearch 7.10 to 9 and OpenSearch 1 to 3.',
  })
}

const oldest: Readonly<Record<Side, [major: number, minor: number]>> = { source: [5, 6], target: [7, 10] }
