/**
 * The migrations that this server runs. What was asked for is on disk before it is answered, so a server that is killed goes
 * on with it when it starts again; what another process holds is left to that.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { migrationFolder } from '../../assemble.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { fold, mayPlanAnew } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { endedBy } from '../../migration/ended-by.ts'
import type { Entry } from '../../model/entries.ts'
import { asShardferryError, ShardferryError, stoppedBy } from '../../model/errors.ts'
import { connectBoth } from '../../operate/clusters.ts'
import type { Clusters } from '../../operate/clusters.ts'
import { checkPlan, draftPlan } from '../../operate/draft.ts'
import { holdAndPlan, requireSamePlan } from '../../operate/hold-and-plan.ts'
import { runJournaled } from '../../operate/run-journaled.ts'
import { refuseUnlessRunnable } from '../../plan/require-ok.ts'
import { requireNoErrors } from '../../preflight/checks.ts'
import type { Settings } from '../../settings/settings.ts'
import type { Watched } from '../watch/watched.ts'
import type { Migrations } from '../watch/migrations.ts'
import type { Connections } from './connections.ts'
import { readOwnFile, writeOwnFile } from './own-file.ts'
import { settingsOf } from './settings-of.ts'
import type { AskedMigration } from './settings-of.ts'

export interface RunsParts {
  readonly migrations: Migrations
  readonly connections: Connections
  /** Such as to time its requests. */
  readonly seen: (cluster: Cluster, migration: string) => Cluster
  readonly onEnd: (name: string, error: ShardferryError | undefined) => void
}

/** Kept in the migration's folder. */
interface Kept {
  readonly asked: AskedMigration
  readonly idempotency?: { readonly key: string; readonly of: string } | undefined
}

export interface NewMigration {
  readonly asked: AskedMigration
  /** Journaled before anything else: who asked for it. */
  readonly entries: readonly Entry[]
  /** Whoever asks again with the same key and the same request gets the same migration. */
  readonly idempotencyKey?: string | undefined
}

export class Runs implements AsyncDisposable {
  readonly #parts: RunsParts
  readonly #running = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>()

  constructor(parts: RunsParts) {
    this.#parts = parts
  }

  here(name: string): boolean {
    return this.#running.has(name)
  }

  /**
   * Takes a migration on and runs it; gives its name. `made` is false where the same was asked for before.
   * @throws ShardferryError `settings-invalid`, `plan-refused`; `state-other` where there is one of that name
   */
  async create({ asked, entries, idempotencyKey }: NewMigration, signal: AbortSignal): Promise<{ name: string; made: boolean }> {
    const { migrations, connections } = this.#parts
    if (asked.plan) refuseUnlessRunnable(asked.plan)
    const { name } = await settingsOf(asked, connections, migrations.stateFolder, signal)
    // From here on nothing is waited for: of two that ask at the same time, the second finds the first.
    const before = idempotencyKey === undefined ? undefined : this.#askedBefore(idempotencyKey, asked)
    if (before !== undefined) return { name: before, made: false }
    if (migrations.has(name))
      throw new ShardferryError('state-other', `There is a migration named ${name} already.`, {
        hint: `Give another name, or go on with that one: POST /api/v1/migrations/${name}/start`,
      })
    const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey, of: fingerprint(asked) }
    const folder = migrationFolder(migrations.stateFolder, name)
    writeOwnFile(keptFile(folder), { asked, idempotency } satisfies Kept)
    using journal = SqliteJournal.open(folder)
    for (const entry of entries) journal.append(entry)
    this.#begin(name)
    return { name, made: true }
  }

  /**
   * Runs a migration on that has ended before its time.
   * @throws ShardferryError `state-held`, `settings-invalid`; `state-other` where nobody ever told how its clusters are reached
   */
  async start(
    watched: Watched,
    asked: AskedMigration | undefined,
    { entries, dryRun }: { readonly entries: readonly Entry[]; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { name, folder, journal } = watched
    await this.#settingsOf(asked ?? this.askedFor(watched), name, signal)
    if (this.here(name) || journal.isHeld())
      throw new ShardferryError('state-held', `Migration ${name} is being run.`, {
        hint: 'Watch it, or cancel it first.',
      })
    if (dryRun) return
    if (asked) writeOwnFile(keptFile(folder), { ...this.#kept(folder), asked } satisfies Kept)
    for (const entry of entries) journal.append(entry)
    this.#begin(name)
  }

  /** How the clusters of a migration are reached. @throws ShardferryError `state-other` where the server was never told */
  askedFor({ name, folder }: Pick<Watched, 'name' | 'folder'>): AskedMigration {
    const kept = this.#kept(folder)
    if (kept) return kept.asked
    throw new ShardferryError(
      'state-other',
      `Migration ${name} was started elsewhere: how its clusters are reached is not known here.`,
      {
        hint: `Tell it: POST /api/v1/migrations/${name}/start with source and target. Or use the command line, where it was started.`,
      },
    )
  }

  async settingsFor(watched: Pick<Watched, 'name' | 'folder'>, signal: AbortSignal): Promise<Settings> {
    return await this.#settingsOf(this.askedFor(watched), watched.name, signal)
  }

  async #settingsOf(asked: AskedMigration, name: string, signal: AbortSignal): Promise<Settings> {
    const { connections, migrations } = this.#parts
    const settings = { ...asked.settings, name }
    return await settingsOf({ ...asked, settings }, connections, migrations.stateFolder, signal)
  }

  /** What was under way when the server was killed or stopped. */
  resumeUnfinished(): readonly string[] {
    const names = this.#parts.migrations
      .all()
      .filter(({ state, journal, folder }) => isUnfinished(state) && this.#kept(folder) !== undefined && !journal.isHeld())
      .map(({ name }) => name)
    for (const name of names) this.#begin(name)
    return names
  }

  /** Ends every run so that the next start goes on with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort(stoppedBy('the end of the server'))
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  #begin(name: string): void {
    const stop = new AbortController()
    const run = async (): Promise<void> => {
      const error = await this.#run(name, stop.signal).then(() => undefined, asShardferryError)
      this.#running.delete(name)
      this.#parts.onEnd(name, error)
    }
    const done = run()
    this.#running.set(name, { stop, done })
  }

  async #run(name: string, signal: AbortSignal): Promise<void> {
    const { migrations, seen } = this.#parts
    const folder = migrationFolder(migrations.stateFolder, name)
    using journal = SqliteJournal.open(folder)
    const before = fold(journal.entries()).lastNumber
    try {
      const { plan } = this.askedFor({ name, folder })
      const settings = await this.settingsFor({ name, folder }, signal)
      await using clusters = await connectBoth(settings, signal)
      await this.#plan(journal, settings, clusters, plan, signal)
      const both = { source: seen(clusters.source, name), target: seen(clusters.target, name) }
      await runJournaled({ settings, clusters: both, journal, folder, signal })
    } catch (thrown) {
      const error = asShardferryError(signal.aborted ? signal.reason : thrown)
      // A run that has begun tells itself how it ended.
      if (fold(journal.entries()).lastNumber === before) for (const entry of endedBy(error)) journal.append(entry)
      throw error
    }
  }

  async #plan(
    journal: SqliteJournal,
    settings: Settings,
    clusters: Clusters,
    given: AskedMigration['plan'],
    signal: AbortSignal,
  ): Promise<void> {
    await holdAndPlan(
      journal,
      known => requireSamePlan(known, clusters, undefined),
      async ({ created }) => {
        const plan = given ?? (await draftPlan(settings, clusters, signal))
        requireSamePlan(plan, clusters, undefined)
        const made = plan.indices.filter(({ source }) => created.has(source)).map(({ target }) => target)
        requireNoErrors(await checkPlan(plan, settings, clusters, { journal, created: new Set(made) }, signal))
        refuseUnlessRunnable(plan)
        return plan
      },
      state => mayPlanAnew(state) && state.created.size === 0,
    )
  }

  /** @throws ShardferryError `state-other` where the key came with another request */
  #askedBefore(key: string, asked: AskedMigration): string | undefined {
    for (const { name, folder } of this.#parts.migrations.all()) {
      const idempotency = this.#kept(folder)?.idempotency
      if (idempotency?.key !== key) continue
      if (idempotency.of === fingerprint(asked)) return name
      throw new ShardferryError(
        'state-other',
        `The same Idempotency-Key came with another request, which made migration ${name}.`,
        {
          hint: 'Take a fresh key for another request.',
        },
      )
    }
    return undefined
  }

  #kept(folder: string): Kept | undefined {
    return readOwnFile(keptFile(folder)) as Kept | undefined
  }
}

function isUnfinished({ outcome, cancelled }: Watched['state']): boolean {
  return outcome === undefined || (outcome.kind === 'stopped' && !cancelled)
}

function keptFile(folder: string): string {
  return join(folder, 'server.json')
}

function fingerprint(asked: AskedMigration): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}
