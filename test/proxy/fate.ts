// What happens to one connection. It is drawn when the connection opens, so the order of its chunks does not change it.
import { seeded } from './random.ts'

export interface ProxyFaults {
  /** Probability that a connection is reset before anything is forwarded. */
  resetOnConnect?: number
  /** Probability that a connection is reset after some bytes, in a direction drawn at random. */
  resetAfterBytes?: number
  /** Probability that a connection stops forwarding after some bytes, in both directions, and stays open. */
  halfOpen?: number
  /** From how many to how many bytes the two above let through; 0 to 65 536 when left out. */
  bytes?: { min: number; max: number }
  /** How long every chunk is held back. */
  delayMs?: number
  /** Of each connection and direction, in bytes per second. */
  bandwidth?: number
}

export type Direction = 'up' | 'down'

export type Fate =
  { kind: 'forward' } | { kind: 'reset-on-connect' } | { kind: 'reset' | 'half-open'; direction: Direction; afterBytes: number }

/** The fate of the connection with this number, counted from 0. */
export function fateOf(seed: number, connection: number, faults: ProxyFaults): Fate {
  const random = seeded(seed, connection)
  // Every number is drawn every time, so one fault's probability does not shift the others' draws.
  const [onConnect, onReset, onHalfOpen] = [random.next(), random.next(), random.next()]
  const direction: Direction = random.chance(0.5) ? 'up' : 'down'
  const { min, max } = faults.bytes ?? { min: 0, max: 65_536 }
  const afterBytes = random.between(min, max)
  if (onConnect < (faults.resetOnConnect ?? 0)) return { kind: 'reset-on-connect' }
  if (onReset < (faults.resetAfterBytes ?? 0)) return { kind: 'reset', direction, afterBytes }
  if (onHalfOpen < (faults.halfOpen ?? 0)) return { kind: 'half-open', direction, afterBytes }
  return { kind: 'forward' }
}
