/**
 * Every failure a user can meet. The table is the documentation too: docs/reference/errors.md is generated from it.
 * `exit` is the process's exit code when the error ends a command.
 */
export const errorCodes = {
  usage: { exit: 2, text: 'The command line is not understood.' },
  'settings-invalid': {
    exit: 2,
    text: 'A setting in the file, the environment or a flag is wrong; the message names the place.',
  },
  'plan-invalid': {
    exit: 2,
    text: 'The plan file is not YAML, or says something that cannot be carried out; the message names line and column.',
  },
  'secret-missing': {
    exit: 2,
    text: 'A secret refers to an environment variable or file that is not there, or to a prompt without a terminal.',
  },
  'unknown-host': { exit: 3, text: 'The host name of a cluster address does not resolve.' },
  unreachable: {
    exit: 3,
    text: 'Nothing answers at any address of the cluster: wrong port, closed firewall, or the node is down.',
  },
  'wrong-protocol': { exit: 3, text: 'The address says http where the server speaks TLS, or https where it does not.' },
  'tls-untrusted': { exit: 3, text: "The server's certificate is not signed by a CA that was given or that the system trusts." },
  'not-a-cluster': { exit: 3, text: 'Something answers at the address, but it is neither Elasticsearch nor OpenSearch.' },
  unauthorized: { exit: 3, text: 'The cluster does not accept the user name, password, key or certificate.' },
  forbidden: { exit: 6, text: 'The user lacks a privilege; the message names the action, the hint the privilege.' },
  unsupported: { exit: 6, text: 'The server version, or a feature of an index, cannot be handled; the message says which.' },
  'cluster-red': { exit: 6, text: 'A cluster, or an index to move, has an unassigned primary shard.' },
  'index-unknown': { exit: 6, text: 'No index, alias or data stream on the source has that name.' },
  'nothing-selected': { exit: 6, text: 'The selection leaves no index to move.' },
  'target-exists': { exit: 6, text: 'An index with the target name exists already and the plan does not say into-existing.' },
  'plan-refused': { exit: 6, text: 'The plan contains an index that cannot be moved as it is; each refusal carries its reason.' },
  'target-changed': {
    exit: 6,
    text: 'An index that this migration created on the target is gone or was created anew by somebody else.',
  },
  'lineage-changed': {
    exit: 6,
    text: "A source index was deleted and created anew, or restored: its sequence numbers no longer mean what the journal's do.",
  },
  'access-exists': {
    exit: 6,
    text: 'A user, role, role mapping or API key of that name is there already and was not made by this migration.',
  },
  'metadata-refused': { exit: 6, text: 'The target refused the settings, mappings or aliases of an index.' },
  'shard-limit': { exit: 6, text: 'The target allows no more shards than it has or would get (cluster.max_shards_per_node).' },
  'reindex-not-allowed': {
    exit: 6,
    text: "The target's nodes may not read from the source by _reindex: its host:port is not in their allow-list.",
  },
  'reindex-remote': {
    exit: 3,
    text: "The target's nodes cannot reach the source by _reindex, do not trust its certificate, or it refuses the user; the message says which.",
  },
  'request-refused': { exit: 8, text: 'A cluster answered a request with an error that a repetition does not change.' },
  overloaded: { exit: 8, text: 'A cluster keeps answering 429: queue full or circuit breaker.' },
  unavailable: { exit: 8, text: 'A cluster stopped answering, or answers 502, 503 or 504, for longer than the retries last.' },
  'response-partial': { exit: 8, text: 'A search came back with failed shards, a time-out or fewer documents than it promised.' },
  'response-unreadable': { exit: 8, text: 'A response is not what the API promises: truncated, or not JSON.' },
  'cursor-lost': { exit: 8, text: 'A scroll ended before all its pages were read; its partition is read again.' },
  'page-too-large': {
    exit: 8,
    text: 'One page of documents is larger than the memory set aside for it; it is read again in smaller pages.',
  },
  'payload-too-large': { exit: 8, text: 'The target takes no request of that size (413); the batch is halved.' },
  'target-blocked': { exit: 8, text: 'The target blocks writes: disk flood stage, read-only index or cluster.' },
  'set-aside-limit': { exit: 8, text: 'More documents were refused by the target than --max-set-aside allows.' },
  'retries-spent': { exit: 8, text: 'A partition failed again and again; the last reason is given.' },
  'account-unbalanced': { exit: 5, text: 'Documents read are not documents written + already newer + set aside + filtered.' },
  'cutover-refused': {
    exit: 6,
    text: 'A condition of the cutover does not hold; nothing was changed. The message says which.',
  },
  'cutover-failed': {
    exit: 8,
    text: 'A step of the cutover failed; its steps are undone and applications stay where they are.',
  },
  'hook-failed': { exit: 8, text: 'A hook ended with an error; what it was called after is done all the same.' },
  'state-held': { exit: 9, text: 'Another process is running this migration.' },
  'state-version': { exit: 9, text: 'The state folder was written by a newer version of Shardferry.' },
  'state-unwritable': { exit: 9, text: 'The state folder cannot be written: disk full, read-only, or no permission.' },
  'state-other': { exit: 9, text: 'The state folder holds another migration under this name.' },
  'manifest-unreadable': {
    exit: 9,
    text: 'A list of what was copied is gone from the state folder or damaged, so deletes cannot be found by it.',
  },
  'state-missing': { exit: 9, text: 'There is no migration of that name in the state folder.' },
  'left-over': {
    exit: 8,
    text: 'Something that the migration made or changed could not be removed; the message lists what is left, and the same command goes on.',
  },
  stopped: { exit: 7, text: 'The run was stopped by Ctrl-C, SIGTERM or cancel; it can be resumed unless cancelled.' },
  internal: { exit: 1, text: 'A fault in Shardferry itself.' },
} as const

export type ErrorCode = keyof typeof errorCodes

/** Exit codes of a command that ended without an error; docs/reference/exit-codes.md prints them. */
export const exitCodes = { exact: 0, setAside: 4, differs: 5, unchecked: 10 } as const

/**
 * What a repetition can do about an error. `retry`: the same request again. `redo`: the partition again from its start.
 * `fatal`: nothing; the run stops and can be resumed once the cause is gone.
 */
export type Recovery = 'retry' | 'redo' | 'fatal'

export interface ErrorFacts {
  readonly hint?: string
  readonly recovery?: Recovery
  readonly status?: number
  /** The server's own error type, such as `es_rejected_execution_exception`. */
  readonly serverType?: string
  readonly cause?: unknown
}

/** Says what happened and to what; `hint` says what to do. Never carries a secret. */
export class ShardferryError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly recovery: Recovery
  readonly status: number | undefined
  readonly serverType: string | undefined

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'ShardferryError'
    this.code = code
    this.hint = facts.hint
    this.recovery = facts.recovery ?? 'fatal'
    this.status = facts.status
    this.serverType = facts.serverType
  }

  get exitCode(): number {
    return errorCodes[this.code].exit
  }
}

const fileErrors = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'EIO'])

/** Any thrown value as a ShardferryError; a foreign one becomes `internal` and keeps its cause. */
export function asShardferryError(thrown: unknown): ShardferryError {
  if (thrown instanceof ShardferryError) return thrown
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new ShardferryError('stopped', 'Stopped.', { cause: thrown })
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const { code = '', path = '' } = thrown as NodeJS.ErrnoException
  if (fileErrors.has(code)) {
    const full = code === 'ENOSPC' || code === 'EDQUOT'
    return new ShardferryError(
      'state-unwritable',
      `A file cannot be written${path ? ` (${path})` : ''}: ${full ? 'the disk is full' : message}.`,
      {
        cause: thrown,
        hint: full
          ? 'Free some space there, then run the same command again: nothing is lost.'
          : 'Check the permissions there, or choose another folder: --state FOLDER.',
      },
    )
  }
  return new ShardferryError('internal', message, {
    cause: thrown,
    hint: 'This is a fault in Shardferry. Nothing is lost: the same command resumes. Please report it with --log-level debug output.',
  })
}

/** What the signal of a stopped run carries as its reason. */
export function stoppedBy(what: string): ShardferryError {
  return new ShardferryError('stopped', `Stopped by ${what}.`, {
    hint: 'Run the same command again to go on: at most the partitions under way are read twice.',
  })
}
