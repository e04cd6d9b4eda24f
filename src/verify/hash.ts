import { hash } from 'node:crypto'

/**
 * 64 bits of a document's bytes, as two 32-bit halves in `into`: the first of its SHA-1, which Node computes fastest of
 * what it has (0.8 µs for 1 KB). Any hash of 64 well-mixed bits would do: it is kept nowhere beyond one comparison.
 */
export function hashBytes(bytes: Uint8Array, into: Uint32Array): void {
  // Bytes as a Latin-1 string: a Buffer would cost more than the hash.
  const digest = hash('sha1', bytes, 'latin1')
  into[0] = digest.charCodeAt(0) | (digest.charCodeAt(1) << 8) | (digest.charCodeAt(2) << 16) | (digest.charCodeAt(3) << 24)
  into[1] = digest.charCodeAt(4) | (digest.charCodeAt(5) << 8) | (digest.charCodeAt(6) << 16) | (digest.charCodeAt(7) << 24)
}

/** 32 bits of a short text. */
export function hashText(text: string, seed: number): number {
  let h = seed ^ text.length
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x85ebca6b)
    h = (h << 13) | (h >>> 19)
  }
  return mix(h)
}

/** Every bit of the result depends on every bit of the number (the finish of MurmurHash3). */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
