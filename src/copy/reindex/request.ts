import { remoteCredentials } from '../../cluster/remote-source.ts'
import type { Auth } from '../../model/connection.ts'
import type { Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import { partitionQuery } from '../partition-query.ts'

/** The source as the target's nodes speak to it. */
export interface RemoteSource {
  /** Scheme, host and port, word for word as the nodes' allow-list has host and port. */
  readonly host: string
  readonly auth: Auth
  readonly timeoutMs: number
}

/**
 * The body of a `_reindex` that moves one partition. `external_gte`: the version is the source's `_version`, so the same
 * document again is written again, and an older one is a version conflict, which is no failure (`proceed`). It holds the
 * source's password: it is for the wire only.
 */
export function reindexBody(task: IndexTask, partition: Partition, batchDocs: number, remote: RemoteSource): object {
  return {
    conflicts: 'proceed',
    source: {
      remote: remoteBody(remote),
      index: task.source,
      query: partitionQuery(task, partition.range),
      size: batchDocs,
    },
    // `_none`: documents have been through the source's pipelines. Routing is kept where nothing else is said.
    dest: { index: task.target, op_type: 'index', version_type: 'external_gte', pipeline: '_none' },
  }
}

function remoteBody({ host, auth, timeoutMs }: RemoteSource): object {
  const seconds = `${Math.ceil(timeoutMs / 1000)}s`
  return { host, ...remoteCredentials(auth), socket_timeout: seconds, connect_timeout: '30s' }
}
