/** Bytes changed as a seed says: single bits and bytes, what JSON is made of, pieces cut out, doubled, moved, and ends cut off. */
import type { Random } from '../../test/proxy/random.ts'

const telling = Buffer.from('"\\{}[],:/*\n\r\t 0159-.eE\0\x7f\xff', 'latin1')
const words = [
  '"_id":',
  '"_source":',
  '"hits":[',
  '},{',
  '//',
  '/*',
  '*/',
  '\\u0022',
  '"status":',
  '"error":',
  'null',
  '"_routing":"x",',
  ',"sort":[',
  '"matched_queries":["mark-of-the-search"]',
]

/** A copy with one to four changes. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array = bytes
  for (let left = random.between(1, 4); left > 0; left--) changed = changeOnce(changed, random)
  return changed === bytes ? Uint8Array.from(bytes) : changed
}

function changeOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.between(0, Math.max(0, bytes.length - 1))
  const to = Math.min(bytes.length, at + random.between(1, random.chance(0.2) ? bytes.length : 12))
  switch (random.between(0, 8)) {
    case 0:
      return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random.between(0, 7)))
    case 1:
      return withByte(bytes, at, random.between(0, 255))
    case 2:
    case 3:
      return withByte(bytes, at, telling[random.between(0, telling.length - 1)]!)
    case 4:
      return joined(bytes.subarray(0, at), Buffer.from(words[random.between(0, words.length - 1)]!), bytes.subarray(at))
    case 5:
      return joined(bytes.subarray(0, at), bytes.subarray(to))
    case 6:
      return joined(bytes.subarray(0, to), bytes.subarray(at, to), bytes.subarray(to))
    case 7: {
      const elsewhere = random.between(0, bytes.length)
      return joined(bytes.subarray(0, elsewhere), bytes.subarray(at, to), bytes.subarray(elsewhere))
    }
    default:
      return random.chance(0.3) ? bytes.subarray(0, at) : withByte(bytes, at, telling[random.between(0, telling.length - 1)]!)
  }
}

function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  if (at < changed.length) changed[at] = byte
  return changed
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}
