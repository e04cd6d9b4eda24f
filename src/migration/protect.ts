/** Keeps a job from being more than either cluster bears, and from moving anything at a time when it must not. */
import { existsSync } from 'node:fs'
import type { PressureProbe } from '../cluster/pressure.ts'
import { Allowance, least } from '../flow/allowance.ts'
import type { Latencies } from '../flow/latency.ts'
import { PressureJudge } from '../flow/pressure.ts'
import type { Circumstances, Judgement } from '../flow/pressure.ts'
import type { AdaptiveThrottler } from '../flow/throttler.ts'
import { opensAt } from '../flow/windows.ts'
import type { World } from '../model/ports.ts'

export interface ProtectParts {
  readonly probes: readonly PressureProbe[]
  /** How long the source takes for pages. */
  readonly readLatencies: Latencies
  readonly throttler: AdaptiveThrottler
  /** Nothing is moved while it exists. */
  readonly pauseFile: string | undefined
  readonly world: Pick<World, 'now' | 'minuteOfDay'>
}

export interface Protection {
  /** Looks at clusters, clock and pause file until disposed. */
  begin(): Disposable
  /** What the report should say. */
  notes(): readonly string[]
}

const restsEveryMs = 500
const pressureEveryMs = 2_000
/** The first looks come sooner, before much is moved: whether others search there shows in three. */
const firstLooksMs = [0, 300, 700]
/** While nothing is moved there is nothing to protect; it is only kept in mind what is usual. */
const idleEveryMs = 30_000
/** Looks in a row that failed, after which only our own requests tell. */
const blindAfter = 5

export function protect(parts: ProtectParts): Protection {
  const { probes, throttler } = parts
  return {
    begin: () => {
      const stop = new AbortController()
      const pressure = new PressureWatch(parts)
      const keepRests = (): void => rest(parts)
      keepRests()
      const rests = setInterval(keepRests, restsEveryMs)
      const look = (): void => void pressure.look(stop.signal)
      const first = firstLooksMs.map(ms => setTimeout(look, ms))
      const looks = setInterval(look, pressureEveryMs)
      return {
        [Symbol.dispose]: () => {
          stop.abort()
          for (const timer of [rests, looks, ...first]) clearInterval(timer)
          throttler.allow(Infinity, '')
        },
      }
    },
    notes: () =>
      probes
        .filter(({ mayLook }) => !mayLook)
        .map(
          ({ side }) =>
            `How much the ${side} had to do could not be watched (privilege monitor): only its answers to the copy told.`,
        ),
  }
}

/** Says when nothing may be moved now, and why. */
function rest({ throttler, pauseFile, world }: ProtectParts): void {
  const opens = opensAt(throttler.windows, world.minuteOfDay())
  const windows = throttler.windows.join(', ')
  throttler.rest('window', opens === undefined ? undefined : `outside of ${windows}; goes on at ${opens}`)
  const isThere = pauseFile !== undefined && existsSync(pauseFile)
  throttler.rest('file', isThere ? `${pauseFile} exists; goes on when it is gone` : undefined)
}

/** Looks at both clusters and tells the throttler what they allow. A look that fails changes nothing. */
class PressureWatch {
  readonly #parts: ProtectParts
  readonly #allowance = new Allowance()
  readonly #sides: readonly { readonly probe: PressureProbe; readonly judge: PressureJudge; failed: number }[]
  #looking = false
  #looks = 0
  #lookedAtMs = -Infinity
  #entered = 0

  constructor(parts: ProtectParts) {
    this.#parts = parts
    this.#sides = parts.probes.map(probe => ({ probe, judge: new PressureJudge(probe.side), failed: 0 }))
  }

  async look(signal: AbortSignal): Promise<void> {
    const { throttler, world } = this.#parts
    const nowMs = world.now()
    const resting = throttler.active === 0 && throttler.entered === this.#entered
    if (this.#looking || (resting && this.#looks >= firstLooksMs.length && nowMs - this.#lookedAtMs < idleEveryMs)) return
    this.#looking = true
    this.#looks++
    this.#lookedAtMs = nowMs
    this.#entered = throttler.entered
    try {
      const judgements = await Promise.all(this.#sides.map(side => this.#judged(side, resting, nowMs, signal)))
      if (signal.aborted) return
      this.#allowance.step(judgements, throttler.maxWidth)
      throttler.allow(this.#allowance.value, this.#reason())
    } finally {
      this.#looking = false
    }
  }

  async #judged(
    side: { readonly probe: PressureProbe; readonly judge: PressureJudge; failed: number },
    resting: boolean,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<Judgement> {
    const { throttler, readLatencies } = this.#parts
    const isSource = side.probe.side === 'source'
    const msPerMib = (isSource ? readLatencies : throttler.latencies).take()
    const circumstances: Circumstances = {
      resting,
      gentle: this.#allowance.value <= least,
      maxLoad: throttler.maxLoad,
      own: msPerMib === undefined ? undefined : { msPerMib, width: isSource ? 1 : throttler.width },
    }
    try {
      const reading = await side.probe.read(nowMs, signal)
      side.failed = 0
      return side.judge.judge(reading, circumstances)
    } catch {
      // What keeps it from answering is met by the requests that move documents, and told by them.
      if (++side.failed > blindAfter) return side.judge.judge(undefined, circumstances)
      return { level: 'raised', reason: this.#allowance.reason, arrived: false }
    }
  }

  #reason(): string {
    const { value, reason } = this.#allowance
    return value < 1 ? `${reason}; rests ${Math.round(100 * (1 - value))}% of the time` : reason
  }
}
