import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparisonFolder } from '../../assemble.ts'
import { asShardferryError, ShardferryError, stoppedBy } from '../../model/errors.ts'
import type { Progress } from '../../model/progress.ts'
import type { Verification } from '../../model/verification.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { compareAndRepair, requireComparable } from '../../operate/compare.ts'
import type { AskedComparison } from '../../operate/compare.ts'
import type { Settings } from '../../settings/settings.ts'
import type { Watched } from '../watch/watched.ts'

interface Comparing {
  progress: () => Progress | undefined
  error: ShardferryError | undefined
  running: boolean
  readonly stop: AbortController
  done: Promise<void>
}

/** The comparisons that this server makes, one at a time of each migration. */
export class Comparisons implements AsyncDisposable {
  readonly #known = new Map<string, Comparing>()

  /** @throws ShardferryError `state-held` while there is one, `usage` */
  begin({ name, folder }: Watched, settings: Settings, asked: AskedComparison): void {
    requireComparable(asked)
    if (this.#known.get(name)?.running)
      throw new ShardferryError('state-held', `Migration ${name} is being verified.`, {
        hint: `Watch it: GET /api/v1/migrations/${name}/verification`,
      })
    const stop = new AbortController()
    const comparing: Comparing = { progress: () => undefined, error: undefined, running: true, stop, done: Promise.resolve() }
    const compare = async (): Promise<void> => {
      await using clusters = await connectBoth(settings, stop.signal)
      await compareAndRepair(
        {
          settings,
          clusters,
          folder,
          queries: [],
          watch: async ({ parts: { meter } }, run) => {
            comparing.progress = () => meter.snapshot()
            return await run(stop.signal)
          },
        },
        asked,
        stop.signal,
      )
    }
    comparing.done = compare()
      .catch((thrown: unknown) => {
        comparing.error = asShardferryError(thrown)
      })
      .finally(() => {
        comparing.running = false
      })
    this.#known.set(name, comparing)
  }

  /** How the one under way stands, how the last one of this server failed, and what the last one that ended has found, whoever made it. */
  of({ name, folder }: Watched): {
    readonly running: boolean
    readonly progress: Progress | undefined
    readonly error: ShardferryError | undefined
    readonly report: Verification | undefined
  } {
    const { running = false, progress, error } = this.#known.get(name) ?? {}
    const file = join(comparisonFolder(folder), 'report.json')
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Verification) : undefined
    return { running, progress: running ? progress?.() : undefined, error, report }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#known.values()) stop.abort(stoppedBy('the end of the server'))
    await Promise.all([...this.#known.values()].map(({ done }) => done))
  }
}
