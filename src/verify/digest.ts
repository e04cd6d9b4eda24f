import type { Doc } from '../model/documents.ts'
import type { CompareForm } from '../model/verification.ts'
import { canonical } from './canonical.ts'
import { hashBytes, hashText, mix } from './hash.ts'

/** What of a document is compared, besides id and routing. */
export type Compared =
  | { readonly what: 'content'; readonly form: CompareForm }
  /** `versions`: the target's are those of the source where nothing is stale. */
  | { readonly what: 'ids'; readonly versions: boolean }

/** What of a document goes into its hash. */
type Hashed = Pick<Doc, 'id' | 'routing' | 'version' | 'source'>

/** Makes 64 bits of id, routing and what is compared. One document at a time: the result stands in `high`, `low` and `bucket`. */
export class Digester {
  high = 0
  low = 0
  /** By id alone, so that one id under two routings is found in one bucket. */
  bucket = 0
  readonly #compared: Compared
  readonly #mask: number
  readonly #content = new Uint32Array(2)

  /** @param buckets a power of two */
  constructor(compared: Compared, buckets: number) {
    this.#compared = compared
    this.#mask = buckets - 1
  }

  take(doc: Hashed): void {
    const { id, routing } = doc
    this.#takeContent(doc)
    const first = hashText(id, 0x9e3779b9)
    const second = hashText(id, 0x3c6ef372)
    this.bucket = first & this.#mask
    // A document without routing is not one whose routing is empty.
    const routed = routing === undefined ? 0 : hashText(routing, 0x78dde6e4) | 1
    this.high = mix(mix(this.#content[0]! ^ second) ^ routed)
    this.low = mix(mix(this.#content[1]! ^ first) + Math.imul(routed, 0x5bd1e995))
  }

  #takeContent(doc: Hashed): void {
    if (this.#compared.what === 'content') {
      const { source } = doc
      return hashBytes(this.#compared.form === 'values' ? (canonicalBytes(source) ?? source) : source, this.#content)
    }
    const version = this.#compared.versions ? doc.version : 0n
    this.#content[0] = mix(Number(BigInt.asUintN(32, version >> 32n)))
    this.#content[1] = mix(Number(BigInt.asUintN(32, version)))
  }
}

function canonicalBytes(source: Uint8Array): Uint8Array | undefined {
  const text = canonical(source)
  return text === undefined ? undefined : Buffer.from(text, 'utf8')
}
