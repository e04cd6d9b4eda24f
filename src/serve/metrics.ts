import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { Cluster } from '../cluster/cluster.ts'
import { steadyNow } from '../flow/steady-clock.ts'
import { version } from '../version.ts'
import type { Migrations } from './watch/migrations.ts'
import type { Watched } from './watch/watched.ts'

/**
 * What /metrics tells. Migrations are told as their journals and their last progress have them, also those that other processes
 * run; only how long clusters take to answer is known of those alone that this server runs.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #migrations: Migrations
  readonly #read: readonly ((watched: Watched) => void)[]
  readonly #all: readonly { reset(): void }[]
  readonly #requests: Histogram<'migration' | 'side' | 'outcome'>

  constructor(migrations: Migrations) {
    this.#migrations = migrations
    const registers = [this.#registry]
    const gauge = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
      new Gauge({ name: `shardferry_${name}`, help, labelNames: ['migration' as const, ...labels], registers })
    const counter = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
      new Counter({ name: `shardferry_${name}`, help, labelNames: ['migration' as const, ...labels], registers })

    new Gauge({ name: 'shardferry_build_info', help: 'What runs here.', labelNames: ['version', 'node'], registers }).set(
      { version, node: process.version },
      1,
    )
    this.#requests = new Histogram({
      name: 'shardferry_request_duration_seconds',
      help: 'How long clusters took to answer, of the migrations that this server runs.',
      labelNames: ['migration', 'side', 'outcome'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90],
      registers,
    })
    const stands = gauge('migration_state', '1 for the state that it is in.', 'state')
    const documents = counter('documents_total', 'Documents, by what became of them; read is the sum of the others.', 'fate')
    const bytes = counter('bytes_total', 'Bytes of documents read.')
    const expected = gauge('documents_expected', 'Documents that there are to move, as far as is known.')
    const docsRate = gauge('documents_per_second', 'Documents settled, over the last ten seconds.')
    const bytesRate = gauge('bytes_per_second', 'Bytes read, over the last ten seconds.')
    const eta = gauge('eta_seconds', 'Time left; missing where no rate is known.')
    const behind = gauge('lag_operations', 'Operations that the followed side has and the other has not.')
    const age = gauge('lag_seconds', 'Age of the oldest of them, at most.')
    const retries = counter('retries_total', 'Requests that were sent again in this run.')
    const partitions = gauge('partitions', 'Partitions, by state.', 'state')
    const redone = counter('partitions_redone_total', 'Partitions that were read again from their start in this run.')
    const width = gauge('width', 'Bulk requests that may be under way at once.')
    const most = gauge('width_max', 'Bulk requests that a person allows at once.')
    const paused = gauge('paused', '1 while nothing is moved.')
    const throttled = gauge('throttled', '1 for the reason why it is not as fast as it may be; numbers are left out.', 'reason')
    this.#all = [
      stands,
      documents,
      bytes,
      expected,
      docsRate,
      bytesRate,
      eta,
      behind,
      age,
      retries,
      partitions,
      redone,
      width,
      most,
      paused,
      throttled,
    ]
    this.#read = [
      watched => stands.set({ migration: watched.name, state: watched.stands }, 1),
      ({ name: migration, progress, held }) => {
        if (!progress) return
        const { counts, expectedDocs, lag } = progress.total
        for (const fate of ['read', 'written', 'alreadyNewer', 'setAside', 'filtered'] as const)
          documents.inc({ migration, fate: snake(fate) }, Math.max(0, counts[fate]))
        bytes.inc({ migration }, Math.max(0, counts.bytes))
        expected.set({ migration }, expectedDocs)
        retries.inc({ migration }, progress.retries)
        redone.inc({ migration }, progress.partitionsRedone)
        partitions.set({ migration, state: 'settled' }, progress.partitionsDone)
        partitions.set({ migration, state: 'pending' }, progress.partitionsKnown - progress.partitionsDone)
        // What was so when a run ended is not so any more.
        if (!held) return
        docsRate.set({ migration }, progress.docsPerSecond)
        bytesRate.set({ migration }, progress.bytesPerSecond)
        if (progress.etaMs !== null) eta.set({ migration }, progress.etaMs / 1000)
        if (lag) behind.set({ migration }, lag.operations)
        if (lag && lag.seconds !== null) age.set({ migration }, lag.seconds)
        width.set({ migration }, progress.width)
        most.set({ migration }, progress.maxWidth)
        paused.set({ migration }, progress.paused ? 1 : 0)
        if (progress.throttleReason !== '') throttled.set({ migration, reason: withoutNumbers(progress.throttleReason) }, 1)
      },
    ]
  }

  /** The same cluster, whose answers are timed. */
  timed(cluster: Cluster, migration: string): Cluster {
    const exchange: Cluster['exchange'] = async request => {
      const sentAtMs = steadyNow()
      const told = (outcome: string): void =>
        this.#requests.observe({ migration, side: cluster.side, outcome }, (steadyNow() - sentAtMs) / 1000)
      try {
        const answer = await cluster.exchange(request)
        told(answer.status < 400 ? 'ok' : 'refused')
        return answer
      } catch (thrown) {
        told('failed')
        throw thrown
      }
    }
    return new Proxy(cluster, { get: (of, key) => (key === 'exchange' ? exchange : Reflect.get(of, key, of)) })
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    for (const one of this.#all) one.reset()
    for (const watched of this.#migrations.all()) for (const read of this.#read) read(watched)
    return await this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** Each value of a label is a series of its own. */
function withoutNumbers(reason: string): string {
  return reason.replaceAll(/\d+(?:[.,]\d+)*/g, '#').slice(0, 100)
}
