/**
 * The form of a manifest. Invariant: what was added is read back whole and in order, or reading throws; a manifest that
 * was not finished is never taken for one.
 *
 * A head of 4 bytes, blocks, an end. A block is its length and a zstd frame with a checksum of at most 256 KiB of rows.
 * A row is the distance of its sequence number to the row before (zigzag), the length of its id and whether the target
 * refused it, the id, the length of its routing and one (0: none), the routing, and, where versions are not sequence
 * numbers + 1, the version. Numbers are LEB128, sequence numbers below 2^52. So a row costs 3 to 6 bytes beyond its id and routing before it is compressed.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { PageDoc } from '../../cluster/page-hits.ts'
import type { Doc } from '../../model/documents.ts'

/** Which number a document was written with: its sequence number + 1, or one of its own that the row holds. */
export type Versions = 'seq-no' | 'own'

/** One row, as long as its block is visited. */
export interface Row {
  readonly seqNo: number
  readonly rejected: boolean
  readonly id: string
  readonly routing: string | undefined
  readonly version: bigint
  /** Whether it was refused, id and routing, as they stand in the block. */
  readonly place: Uint8Array
  /** 32 bits of the id, other ones for each seed. */
  idHash(seed: number): number
}

const headBytes = 4
const blockBytes = 256 * 1024
const heads: Readonly<Record<Versions, string>> = { 'seq-no': 'SFM1', own: 'SFM2' }

/** Makes the bytes of a manifest and hands them on, block by block. */
export class RowWriter {
  docs = 0
  readonly #versions: Versions
  readonly #put: (bytes: Uint8Array) => void
  #block = Buffer.allocUnsafe(blockBytes)
  #at = 0
  #last = 0
  #cutOff: { readonly by: unknown } | undefined

  constructor(versions: Versions, put: (bytes: Uint8Array) => void) {
    this.#versions = versions
    this.#put = bytes => this.#unlessCutOff(put, bytes)
    put(Buffer.from(heads[versions], 'latin1'))
  }

  /** @param doc with its sequence number */
  add(doc: Doc): void {
    const page = doc instanceof PageDoc ? doc : undefined
    this.#room(page ? page.placeBytes : 3 * (doc.id.length + (doc.routing?.length ?? 0)))
    this.#begin(doc.seqNo ?? 0)
    const block = this.#block
    // Most lengths take one byte: the text is put behind it and moved where it takes more.
    const id = this.#at + 1
    const idEnd = page ? page.putId(block, id) : id + block.write(doc.id, id, 'utf8')
    this.#length(2 * (idEnd - id), id, idEnd)
    if (page ? page.hasRouting : doc.routing !== undefined) {
      const routing = this.#at + 1
      const end = page ? page.putRouting(block, routing) : routing + block.write(doc.routing ?? '', routing, 'utf8')
      this.#length(end - routing + 1, routing, end)
    } else block[this.#at++] = 0
    if (this.#versions === 'own') this.#version(doc.version)
  }

  /** A row of another manifest of the same versions; `rejected`: the target refused it. */
  copy(row: Row, rejected = row.rejected): void {
    this.#room(row.place.length)
    this.#begin(row.seqNo)
    this.#block.set(row.place, this.#at)
    if (rejected) this.#block[this.#at]! |= 1
    this.#at += row.place.length
    if (this.#versions === 'own') this.#version(row.version)
  }

  /** Ends the manifest: without this it cannot be read. */
  end(): void {
    this.flush()
    const end = Buffer.alloc(12)
    end.writeBigUInt64LE(BigInt(this.docs), 4)
    this.#put(end)
  }

  /** What came behind a block that is cut off, as on a full disk, could not be read: nothing does. */
  #unlessCutOff(put: (bytes: Uint8Array) => void, bytes: Uint8Array): void {
    if (this.#cutOff) throw this.#cutOff.by
    try {
      put(bytes)
    } catch (thrown) {
      this.#cutOff = { by: thrown }
      throw thrown
    }
  }

  #room(bytes: number): void {
    // Three numbers and a version of 10 bytes each at most.
    const wanted = bytes + 40
    if (this.#at + wanted <= this.#block.length) return
    this.flush()
    if (wanted > this.#block.length) this.#block = Buffer.allocUnsafe(wanted)
  }

  #begin(seqNo: number): void {
    const distance = seqNo - this.#last
    this.#at = putNumber(this.#block, this.#at, distance < 0 ? -2 * distance - 1 : 2 * distance)
    this.#last = seqNo
    this.docs++
  }

  #length(value: number, from: number, to: number): void {
    const block = this.#block
    if (value < 0x80) {
      block[this.#at] = value
      this.#at = to
      return
    }
    const text = from - 1 + numberBytes(value)
    block.copyWithin(text, from, to)
    putNumber(block, this.#at, value)
    this.#at = text + to - from
  }

  #version(version: bigint): void {
    let rest = version
    for (; rest >= 0x80n; rest >>= 7n) this.#block[this.#at++] = Number(rest & 0x7fn) | 0x80
    this.#block[this.#at++] = Number(rest)
  }

  /** Hands on what was added so far. */
  flush(): void {
    if (this.#at === 0) return
    const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 }
    const packed = zstdCompressSync(this.#block.subarray(0, this.#at), { params })
    const length = Buffer.alloc(4)
    length.writeUInt32LE(packed.length)
    this.#put(length)
    this.#put(packed)
    this.#at = 0
    this.#last = 0
  }
}

/** @throws Error for anything but a whole manifest */
export function readRows(read: (bytes: number) => Buffer, visit: (row: Row) => void): number {
  const head = read(headBytes).toString('latin1')
  const versions = head === heads['seq-no'] ? 'seq-no' : head === heads.own ? 'own' : undefined
  if (versions === undefined) throw new Error('it does not begin as one')
  let docs = 0
  for (let length = read(4).readUInt32LE(); length > 0; length = read(4).readUInt32LE())
    docs += visitBlock(zstdDecompressSync(read(length)), versions, visit)
  if (read(8).readBigUInt64LE() !== BigInt(docs)) throw new Error('documents are missing in it')
  return docs
}

function visitBlock(block: Buffer, versions: Versions, visit: (row: Row) => void): number {
  const row = new BlockRow(block, versions)
  let docs = 0
  for (; row.next(); docs++) visit(row)
  return docs
}

/** Moves over the rows of a block; what it gives is of the row it stands at. */
class BlockRow implements Row {
  seqNo = 0
  rejected = false
  readonly #block: Buffer
  readonly #versions: Versions
  #at = 0
  #place = 0
  #placeEnd = 0
  #id = 0
  #idEnd = 0
  #routing = 0
  #version = 0

  constructor(block: Buffer, versions: Versions) {
    this.#block = block
    this.#versions = versions
  }

  next(): boolean {
    if (this.#at >= this.#block.length) return false
    const zigzag = this.#number()
    this.seqNo += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    this.#place = this.#at
    const id = this.#number()
    this.rejected = id % 2 === 1
    this.#id = this.#at
    this.#idEnd = this.#at += Math.floor(id / 2)
    const routing = this.#number()
    this.#routing = routing === 0 ? -1 : this.#at
    this.#placeEnd = this.#at += Math.max(0, routing - 1)
    this.#version = this.#at
    if (this.#versions === 'own') while (this.#block[this.#at++]! >= 0x80);
    if (this.#at > this.#block.length) throw new Error('a row of it is cut off')
    return true
  }

  get id(): string {
    return this.#block.toString('utf8', this.#id, this.#idEnd)
  }
  get routing(): string | undefined {
    return this.#routing < 0 ? undefined : this.#block.toString('utf8', this.#routing, this.#placeEnd)
  }
  get place(): Uint8Array {
    return this.#block.subarray(this.#place, this.#placeEnd)
  }
  idHash(seed: number): number {
    // FNV-1a, and a mix of its bits for the lowest ones.
    let hash = 0x811c9dc5 ^ seed
    for (let i = this.#id; i < this.#idEnd; i++) hash = Math.imul(hash ^ this.#block[i]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    return (hash ^ (hash >>> 13)) >>> 0
  }
  get version(): bigint {
    if (this.#versions === 'seq-no') return BigInt(this.seqNo + 1)
    let version = 0n
    let shift = 0n
    for (let i = this.#version; ; i++, shift += 7n) {
      const byte = this.#block[i]!
      version |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return version
    }
  }

  #number(): number {
    const block = this.#block
    let value = 0
    for (let weight = 1; ; weight *= 0x80) {
      const byte = block[this.#at++]
      if (byte === undefined) throw new Error('a row of it is cut off')
      value += (byte & 0x7f) * weight
      if (byte < 0x80) return value
    }
  }
}

/** LEB128 of a whole number up to 2^53; returns the position behind it. */
function putNumber(out: Uint8Array, at: number, value: number): number {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80
  out[at++] = rest
  return at
}

function numberBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
