/**
 * One request, from the moment it is journaled to its answer. Invariant: it is answered once, in the journal, and then
 * it stays so; until then whoever starts the server anew goes on with it under the same id.
 */
import { readFileSync } from 'node:fs'
import { removeSecret, secretPath, writeSecret } from '../../access/secret-file.ts'
import { thisProcess } from '../../assemble.ts'
import { plainError, Said, saidIn } from '../../cluster/words.ts'
import { AskedFailure } from '../../copy/asked/writer.ts'
import type { Failure } from '../../copy/asked/writer.ts'
import type { ReindexState } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { obeyAsks } from '../../migration/control.ts'
import { endedBy } from '../../migration/ended-by.ts'
import { Memory } from '../../migration/memory.ts'
import { reindexProgress, reindexReport } from '../../migration/run-reindex.ts'
import type { ReindexMigration, ReindexProgress } from '../../migration/run-reindex.ts'
import type { ReindexAnswered } from '../../model/entries.ts'
import { asShardferryError, ShardferryError, stoppedBy } from '../../model/errors.ts'
import type { JsonObject } from '../../model/plan.ts'
import { Secret } from '../../model/secret.ts'
import { responseBody, statusBody } from './answers.ts'
import { carryOut } from './carry-out.ts'
import type { CarryOutParts } from './carry-out.ts'
import type { JobLogin } from './login.ts'
import { reindexOf } from './request.ts'
import type { Asked, Reindex } from './request.ts'

const nothing: ReindexProgress = { total: 0, created: 0, updated: 0, versionConflicts: 0, batches: 0, bulkRetries: 0 }
const publishEveryMs = 1_000

export class ReindexJob {
  readonly number: number
  readonly folder: string
  readonly reindex: Reindex
  /** Resolves with what the request is answered with; rejects where the server ends before. */
  readonly done: Promise<ReindexAnswered>
  readonly #journal: SqliteJournal
  readonly #memory: Memory
  readonly #login: JobLogin
  readonly #parts: CarryOutParts
  readonly #stop = new AbortController()
  #migration: ReindexMigration | undefined
  #cancelled: boolean

  private constructor(parts: CarryOutParts, number: number, folder: string, journal: SqliteJournal, login: JobLogin) {
    this.#parts = parts
    this.number = number
    this.folder = folder
    this.#journal = journal
    this.#memory = new Memory(journal)
    this.#login = login
    this.#cancelled = this.#memory.state.cancelled
    this.reindex = reindexOf(this.state.asked)!
    this.done = this.#run()
    this.done.catch(() => undefined)
  }

  /** Journals the request and begins with it. */
  static begin(
    parts: CarryOutParts,
    number: number,
    folder: string,
    { params, body }: Asked,
    headers: Readonly<Record<string, string>>,
    login: JobLogin,
  ): ReindexJob {
    const journal = SqliteJournal.open(folder)
    journal.lock(thisProcess())
    writeSecret(secretPath(folder, loginFile), new Secret(JSON.stringify(login)))
    journal.append({ type: 'reindex-asked', params, body, headers })
    return new ReindexJob(parts, number, folder, journal, login)
  }

  /** Goes on with a request that was not answered yet. @throws ShardferryError `state-held` */
  static resume(parts: CarryOutParts, number: number, folder: string): ReindexJob {
    const journal = SqliteJournal.open(folder)
    journal.lock(thisProcess())
    const login = JSON.parse(readFileSync(secretPath(folder, loginFile), 'utf8')) as JobLogin
    return new ReindexJob(parts, number, folder, journal, login)
  }

  get state(): ReindexState {
    return this.#memory.state.reindex!
  }

  /** `status` of its task. */
  get status(): JsonObject {
    const progress = this.#migration ? reindexProgress(this.#migration) : nothing
    return statusBody(progress, this.#docsPerSecond, this.#cancelled)
  }

  get cancelled(): boolean {
    return this.#cancelled
  }

  cancel(): void {
    this.#cancelled = true
    this.#memory.append({ type: 'asked', ask: { what: 'cancel' } })
    this.#stop.abort(new ShardferryError('stopped', 'Cancelled by user request.'))
  }

  /** @param docsPerSecond 0: no limit */
  rethrottle(docsPerSecond: number): void {
    this.#memory.append({ type: 'asked', ask: { what: 'throttle', docsPerSecond } })
    this.#migration?.throttler.obey({ what: 'throttle', docsPerSecond })
  }

  /** Leaves it to the next start of the server. */
  async leave(): Promise<void> {
    this.#stop.abort(stoppedBy('the end of the server'))
    await this.done.catch(() => undefined)
  }

  get #docsPerSecond(): number {
    return this.#memory.state.throttle.docsPerSecond ?? this.reindex.docsPerSecond
  }

  async #run(): Promise<ReindexAnswered> {
    // Whoever asked for it is given its id before anything else happens.
    await Promise.resolve()
    try {
      const answered = await this.#outcome()
      this.#memory.append(answered)
      removeSecret(secretPath(this.folder, loginFile))
      return answered
    } finally {
      this.#journal.close()
    }
  }

  async #outcome(): Promise<ReindexAnswered> {
    if (this.#cancelled) return this.#response(200, [])
    const job = {
      name: `reindex-${this.number}`,
      reindex: this.reindex,
      login: this.#login,
      memory: this.#memory,
      docsPerSecond: this.#docsPerSecond,
    }
    using open = new DisposableStack()
    const running = (migration: ReindexMigration): void => {
      this.#migration = migration
      const asks = open.use(obeyAsks(migration))
      asks.cancelled.addEventListener('abort', () => {
        this.#cancelled ||= this.#memory.state.cancelled
        this.#stop.abort(asks.cancelled.reason)
      })
      const publish = (): void => this.#journal.publish(migration.tally.snapshot(this.#memory.state))
      const timer = setInterval(publish, publishEveryMs)
      open.defer(() => {
        clearInterval(timer)
        publish()
      })
    }
    try {
      await carryOut(this.#parts, job, running, this.#stop.signal)
      if (this.#migration) this.#memory.append({ type: 'finished', report: reindexReport(this.#migration) })
      return this.#response(200, [])
    } catch (thrown) {
      return this.#failure(this.#stop.signal.aborted ? this.#stop.signal.reason : thrown)
    }
  }

  /** @throws ShardferryError where the server ends and the job does not */
  #failure(thrown: unknown): ReindexAnswered {
    const error = thrown instanceof Said ? asRefusal(thrown) : asShardferryError(thrown)
    for (const entry of endedBy(error)) this.#memory.append(entry)
    if (error.code === 'stopped' && !this.#cancelled) throw error
    if (error.code === 'stopped') return this.#response(200, [])
    if (error instanceof AskedFailure) return this.#response(error.status ?? 500, error.failures)
    const words = saidIn(thrown) ?? { status: error.status ?? 500, error: plainError(typeOf(error), messageOf(error)) }
    return { type: 'reindex-answered', ...words }
  }

  #response(status: number, failures: readonly Failure[]): ReindexAnswered {
    const tookMs = Date.now() - this.state.askedAtMs
    return { type: 'reindex-answered', status, response: responseBody(this.status, tookMs, failures) }
  }
}

const loginFile = 'reindex-login.json'

function asRefusal({ words, message }: Said): ShardferryError {
  return new ShardferryError('request-refused', message, { status: words.status })
}

function typeOf({ serverType, code }: ShardferryError): string {
  return serverType === undefined || serverType === '' ? `shardferry_${code.replaceAll('-', '_')}` : serverType
}

function messageOf({ message, hint }: ShardferryError): string {
  return hint === undefined ? message : `${message} ${hint}`
}
