/**
 * Hits as positions in the bytes of their page. Millions of documents pass and thousands are alive at a time: kept as
 * strings, numbers and views they cost the garbage collector more than the scanner takes to find them. What is asked
 * for is made when it is asked for; the bulk body takes id, routing, number and source as the bytes they are.
 */
import type { Doc } from '../model/documents.ts'
import type { Hit, VersionFrom } from './scan-page.ts'

/** Cells of a row: where each part begins, and behind it where it ends; -1 for a part that is not there. */
const idCell = 0
const routingCell = 2
const seqNoCell = 4
const versionCell = 6
const sourceCell = 8
const unusualCell = 10
const cellsPerRow = 11

/** One row of positions per hit. */
export class PageHits {
  readonly bytes: Uint8Array
  count = 0
  #cells = new Int32Array(cellsPerRow * 512)

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Begins a row with nothing in it. */
  begin(): void {
    const from = cellsPerRow * this.count++
    if (from + cellsPerRow > this.#cells.length) {
      const larger = new Int32Array(2 * this.#cells.length)
      larger.set(this.#cells)
      this.#cells = larger
    }
    for (let i = from; i < from + unusualCell; i++) this.#cells[i] = -1
  }

  setId(from: number, to: number): void {
    this.#set(idCell, from, to)
  }
  setRouting(from: number, to: number): void {
    this.#set(routingCell, from, to)
  }
  setSeqNo(from: number, to: number): void {
    this.#set(seqNoCell, from, to)
  }
  setVersion(from: number, to: number): void {
    this.#set(versionCell, from, to)
  }
  setSource(from: number, to: number, unusual: boolean): void {
    this.#set(sourceCell, from, to)
    this.#cells[cellsPerRow * (this.count - 1) + unusualCell] = unusual ? 1 : 0
  }

  get hasId(): boolean {
    return this.cell(this.count - 1, idCell) >= 0
  }

  cell(row: number, cell: number): number {
    return this.#cells[cellsPerRow * row + cell]!
  }

  hits(): Hit[] {
    const hits: Hit[] = []
    for (let row = 0; row < this.count; row++) hits.push(new PageHit(this, row))
    return hits
  }

  #set(cell: number, from: number, to: number): void {
    const at = cellsPerRow * (this.count - 1) + cell
    this.#cells[at] = from
    this.#cells[at + 1] = to
  }
}

class PageHit implements Hit {
  readonly #page: PageHits
  readonly #row: number

  constructor(page: PageHits, row: number) {
    this.#page = page
    this.#row = row
  }

  get id(): string {
    return textOf(this.#page, this.#row, idCell) ?? ''
  }
  get routing(): string | undefined {
    return textOf(this.#page, this.#row, routingCell)
  }
  get seqNo(): bigint | undefined {
    return numberOf(this.#page, this.#row, seqNoCell)
  }
  get version(): bigint | undefined {
    return numberOf(this.#page, this.#row, versionCell)
  }
  get source(): Uint8Array | undefined {
    return sourceOf(this.#page, this.#row)
  }
  get sourceBytes(): number {
    return this.#page.cell(this.#row, sourceCell + 1) - this.#page.cell(this.#row, sourceCell)
  }
  get unusual(): boolean {
    return this.#page.cell(this.#row, unusualCell) === 1
  }

  asDoc(versionFrom: VersionFrom): Doc | undefined {
    const cell = versionFrom === 'seq-no' ? seqNoCell : versionCell
    const from = this.#page.cell(this.#row, cell)
    if (from < 0 || this.#page.bytes[from] === minus) return undefined
    return new PageDoc(this.#page, this.#row, cell)
  }
}

/** A document on its way whose parts are still positions in its page. */
export class PageDoc implements Doc {
  readonly #page: PageHits
  readonly #row: number
  readonly #numberCell: number

  constructor(page: PageHits, row: number, numberCell: number) {
    this.#page = page
    this.#row = row
    this.#numberCell = numberCell
  }

  get id(): string {
    return textOf(this.#page, this.#row, idCell) ?? ''
  }
  get routing(): string | undefined {
    return textOf(this.#page, this.#row, routingCell)
  }
  get version(): bigint {
    return (numberOf(this.#page, this.#row, this.#numberCell) ?? 0n) + (this.#numberCell === seqNoCell ? 1n : 0n)
  }
  get seqNo(): number | undefined {
    return seqNoOf(this.#page, this.#row)
  }
  get source(): Uint8Array {
    return sourceOf(this.#page, this.#row) ?? new Uint8Array(0)
  }

  /** Bytes that `putId` and `putRouting` write at most. */
  get placeBytes(): number {
    const page = this.#page
    const row = this.#row
    return page.cell(row, idCell + 1) - page.cell(row, idCell) + page.cell(row, routingCell + 1) - page.cell(row, routingCell)
  }
  get hasRouting(): boolean {
    return this.#page.cell(this.#row, routingCell) >= 0
  }
  /** Writes the id as UTF-8; returns the position behind it. */
  putId(out: Buffer, at: number): number {
    return putText(this.#page, this.#row, idCell, out, at)
  }
  putRouting(out: Buffer, at: number): number {
    return putText(this.#page, this.#row, routingCell, out, at)
  }

  /** Bytes that `frame` writes at most. */
  get frameBytes(): number {
    let bytes = fixedBytes
    for (let cell = idCell; cell < unusualCell; cell += 2)
      bytes += this.#page.cell(this.#row, cell + 1) - this.#page.cell(this.#row, cell)
    return bytes
  }

  /** Writes `{"index":{…}}`, the source and their line breaks; returns the position behind them. */
  frame(out: Uint8Array, start: number): number {
    const page = this.#page
    const row = this.#row
    const from = page.bytes
    let at = put(out, start, actionStart, 0, actionStart.length)
    at = put(out, at, from, page.cell(row, idCell), page.cell(row, idCell + 1))
    if (page.cell(row, routingCell) >= 0) {
      at = put(out, at, routingStart, 0, routingStart.length)
      at = put(out, at, from, page.cell(row, routingCell), page.cell(row, routingCell + 1))
    }
    at = put(out, at, versionStart, 0, versionStart.length)
    const number = at
    at = put(out, at, from, page.cell(row, this.#numberCell), page.cell(row, this.#numberCell + 1))
    if (this.#numberCell === seqNoCell) at = addOne(out, number, at)
    at = put(out, at, actionEnd, 0, actionEnd.length)
    const source = page.cell(row, sourceCell)
    if (source >= 0) {
      const end = page.cell(row, sourceCell + 1)
      out.set(from.subarray(source, end), at)
      at += end - source
    }
    out[at++] = 0x0a
    return at
  }
}

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const actionStart = latin('{"index":{"_id":')
const routingStart = latin(',"routing":')
const versionStart = latin(',"version":')
const actionEnd = latin(',"version_type":"external_gte"}}\n')
const fixedBytes = actionStart.length + routingStart.length + versionStart.length + actionEnd.length + 2

const minus = 0x2d
const zero = 0x30
const nine = 0x39
const backslash = 0x5c

/** Few bytes at a time: a loop is quicker than a view and a call. */
function put(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) out[at++] = bytes[i]!
  return at
}

/** Adds one to the decimal digits between `from` and `to`, of any length; returns their new end. */
function addOne(out: Uint8Array, from: number, to: number): number {
  let i = to - 1
  for (; i >= from && out[i] === nine; i--) out[i] = zero
  if (i >= from) {
    out[i]!++
    return to
  }
  out[from] = zero + 1
  out[to] = zero
  return to + 1
}

function sourceOf(page: PageHits, row: number): Uint8Array | undefined {
  const from = page.cell(row, sourceCell)
  return from < 0 ? undefined : page.bytes.subarray(from, page.cell(row, sourceCell + 1))
}

/** A JSON string, which the scanner has found to be one. */
function textOf(page: PageHits, row: number, cell: number): string | undefined {
  const from = page.cell(row, cell)
  if (from < 0) return undefined
  const to = page.cell(row, cell + 1)
  const { bytes } = page
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let i = from; i < to; i++)
    if (bytes[i]! >= 0x80 || bytes[i] === backslash) return JSON.parse(text.toString('utf8', from, to)) as string
  return text.toString('latin1', from + 1, to - 1)
}

/** The text of a JSON string, as UTF-8. */
function putText(page: PageHits, row: number, cell: number, out: Buffer, at: number): number {
  const from = page.cell(row, cell)
  const to = page.cell(row, cell + 1) - 1
  const { bytes } = page
  let end = at
  for (let i = from + 1; i < to; i++) {
    if (bytes[i] === backslash) return at + out.write(textOf(page, row, cell) ?? '', at, 'utf8')
    out[end++] = bytes[i]!
  }
  return end
}

/** As `numberOf`, for sequence numbers, which no index has 2^53 of. */
function seqNoOf(page: PageHits, row: number): number | undefined {
  const from = page.cell(row, seqNoCell)
  if (from < 0 || page.bytes[from] === minus) return undefined
  let value = 0
  for (let i = from; i < page.cell(row, seqNoCell + 1); i++) value = 10 * value + page.bytes[i]! - zero
  return value
}

/** The number at a part; undefined where there is none or a negative one (the server says -2 for "no sequence number"). */
function numberOf(page: PageHits, row: number, cell: number): bigint | undefined {
  const from = page.cell(row, cell)
  if (from < 0 || page.bytes[from] === minus) return undefined
  let value = 0
  const to = page.cell(row, cell + 1)
  for (let i = from; i < to && i < from + exactDigits; i++) value = 10 * value + page.bytes[i]! - zero
  if (to - from <= exactDigits) return BigInt(value)
  return BigInt(Buffer.from(page.bytes.buffer, page.bytes.byteOffset + from, to - from).toString('latin1'))
}

/** So many decimal digits always fit a double. */
const exactDigits = 15
