import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../test/proxy/random.ts'
import type { Fault, Round } from '../fault.ts'

/** A fault that comes before a change is asked for, or in the middle of it. */
export class Strike {
  readonly #fault: Fault
  readonly #round: Round
  readonly #beforeMs: number
  readonly #lastsMs: number
  #over: Promise<void> = Promise.resolve()
  #overAtMs = 0
  struck = false

  constructor(fault: Fault, round: Round, random: Random) {
    this.#fault = fault
    this.#round = round
    this.#beforeMs = random.chance(0.3) ? 0 : random.between(500, 5_000)
    this.#lastsMs = random.between(500, 3_000)
  }

  begin(): void {
    this.#over = this.#strike()
    this.#over.catch(() => undefined)
  }

  /** When everything is whole again. @throws what the fault threw */
  async over(): Promise<void> {
    await this.#over
  }

  secondsSinceOver(): number {
    return (performance.now() - this.#overAtMs) / 1000
  }

  async #strike(): Promise<void> {
    const { source, target, running } = this.#round
    await sleep(this.#beforeMs)
    try {
      this.struck = await Promise.race([running.outcome.then(() => false), sleep(0, true)])
      await this.#fault.begin?.(this.#round)
      await sleep(this.#lastsMs)
    } finally {
      await this.#fault.end?.(this.#round)
      await Promise.all([source.green(), target.green()])
      this.#overAtMs = performance.now()
    }
  }
}
