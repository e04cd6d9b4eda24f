import { seeded } from '../../test/proxy/random.ts'
import type { Fault } from './fault.ts'

/** Every fault once, in an order that the seed decides; then all again in another, without the slow ones two times of three. */
export function schedule(faults: readonly Fault[], rounds: number, seed: number): Fault[] {
  const random = seeded(seed, 1_000_000)
  const turns: Fault[] = []
  for (let n = 0; turns.length < rounds && faults.length > 0; n++) {
    const deck = faults.filter(({ slow }) => !slow || n % 3 === 0)
    if (deck.length === 0) deck.push(...faults)
    while (deck.length > 0) turns.push(...deck.splice(random.between(0, deck.length - 1), 1))
  }
  return turns.slice(0, rounds)
}
