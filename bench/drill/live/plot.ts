import type { Random } from '../../../test/proxy/random.ts'
import { writers } from '../writers.ts'
import type { Side } from './applications.ts'
import type { Change } from './figures.ts'

/** A change of direction as a round has it. */
export interface PlottedChange {
  readonly what: Change
  readonly to: Side
  readonly flags: readonly string[]
  /** Both sides are compared by `verify` beforehand. */
  readonly verified: boolean
  /** How the run is told that applications have moved. */
  readonly moved: 'later' | 'in the hook' | 'never'
  /** How late each writer moves. */
  readonly lateMs: readonly number[]
}

/** There and back, and sometimes there again. */
export function plot(random: Random): PlottedChange[] {
  const all: readonly Change[] = ['cutover', 'rollback', 'cutover']
  return all.slice(0, random.chance(0.5) ? 2 : 3).map(what => {
    const verified = what === 'cutover' && random.chance(0.3)
    const moved = random.chance(0.15) ? 'never' : random.chance(0.3) ? 'in the hook' : 'later'
    const latestMs = moved === 'in the hook' ? 0 : 1_500
    return {
      what,
      to: what === 'cutover' ? 'target' : 'source',
      // Also where it was verified: what goes wrong may come between.
      flags: [...(what === 'cutover' ? ['--accept-unverified'] : []), ...(moved === 'in the hook' ? ['--moved'] : [])],
      verified,
      moved,
      lateMs: Array.from({ length: writers }, () => random.between(0, latestMs)),
    }
  })
}

/** Which of them meets the fault. */
export function drawStruck(changes: readonly PlottedChange[], onSource: boolean, random: Random): PlottedChange | undefined {
  const some = changes.filter(({ what }) => what === 'cutover' || !onSource)
  return some[random.between(0, some.length - 1)]
}
