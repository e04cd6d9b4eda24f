import type { SideDigest } from '../model/verification.ts'
import { placeOf } from './compared-index.ts'
import { Digester } from './digest.ts'
import type { Compared } from './digest.ts'
import type { Found } from './look.ts'

/**
 * How a repair changes what a side adds up to. Sums do not depend on order: documents are taken out as they were seen
 * before, and put in as they are seen after, so that nothing else need be read again.
 */
export class SideChange {
  readonly #compared: Compared
  readonly #digester: Digester
  readonly #seen = new Set<string>()
  #docs = 0
  #bytes = 0
  #sum = 0n

  constructor(compared: Compared) {
    this.#compared = compared
    this.#digester = new Digester(compared, 1)
  }

  /** A look that is repeated tells of the same place again; the first one counts. */
  before(found: Found): void {
    const place = placeOf(found.id, found.routing)
    if (this.#seen.has(place)) return
    this.#seen.add(place)
    this.#count(found, -1)
  }

  after(found: Found): void {
    this.#count(found, 1)
  }

  /** Ends a group of documents whose ids are in no other. */
  forget(): void {
    this.#seen.clear()
  }

  appliedTo({ docs, bytes, digest }: SideDigest): SideDigest {
    const sum = BigInt.asUintN(64, BigInt(`0x${digest}`) + this.#sum)
    return { docs: docs + this.#docs, bytes: bytes + this.#bytes, digest: sum.toString(16).padStart(16, '0') }
  }

  #count(found: Found, sign: 1 | -1): void {
    this.#digester.take(found)
    const { high, low } = this.#digester
    this.#docs += sign
    if (this.#compared.what === 'content') this.#bytes += sign * found.source.length
    this.#sum += BigInt(sign) * ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
  }
}
