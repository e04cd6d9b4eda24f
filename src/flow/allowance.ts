import type { Judgement, Level } from './pressure.ts'

/**
 * How much of the width pressure allows. From one up it is a number of requests at once; below one, one at a time, which
 * works for that share of the time and rests for the other.
 */
export const least = 1 / 8

/** Halved under pressure, never below `least`; widened by one, below one doubled, while all is calm. */
export class Allowance {
  #value = Infinity
  #reason = ''

  /** Infinity while there is no reason for less. */
  get value(): number {
    return this.#value
  }
  get reason(): string {
    return this.#reason
  }

  step(judgements: readonly Judgement[], maxWidth: number): void {
    const worst = judgements.find(({ level }) => level === 'high') ?? judgements.find(({ level }) => level === 'raised')
    const level = worst?.level ?? 'calm'
    const now = Math.min(this.#value, maxWidth)
    // What others take without us is learned before there is more of us.
    const next = judgements.some(({ arrived }) => arrived) ? least : stepped(now, level)
    // The last reason stays until all of the width is back.
    if (level !== 'calm') this.#reason = worst?.reason ?? ''
    this.#value = next
    if (next < maxWidth) return
    this.#value = Infinity
    this.#reason = ''
  }
}

function stepped(now: number, level: Level): number {
  switch (level) {
    case 'high':
      return Math.max(least, now > 1 ? Math.floor(now / 2) : now / 2)
    case 'raised':
      return now
    case 'calm':
      return now < 1 ? 2 * now : Math.floor(now) + 1
  }
}
