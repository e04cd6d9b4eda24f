// One shard: versions, sequence numbers, and the difference between what was written and what searches see.
import { randomUUID } from 'node:crypto'
import { ApiError } from './errors.ts'
import { asObject, parseJson } from './json.ts'
import type { JsonObject } from './json.ts'

export interface Doc {
  id: string
  routing: string | undefined
  seqNo: number
  primaryTerm: number
  version: number
  /** Exactly the bytes that were sent. */
  source: Buffer
}

export type VersionType = 'internal' | 'external' | 'external_gte'

/** A write of one document; without `source` it is a delete. */
export interface Write {
  id: string
  routing?: string | undefined
  source?: Buffer | undefined
  create?: boolean
  version?: number | undefined
  versionType?: VersionType
  ifSeqNo?: number | undefined
  ifPrimaryTerm?: number | undefined
}

export interface Written {
  result: 'created' | 'updated' | 'deleted' | 'not_found'
  version: number
  seqNo: number
  primaryTerm: number
}

export class Shard {
  readonly number: number
  primaryTerm = 1
  historyUuid = newUuid()
  maxSeqNo = -1
  /** How far the checkpoints stay behind the highest number; a test raises it to play writes in flight. */
  checkpointLag = 0
  indexTotal = 0
  deleteTotal = 0
  /** Live documents. Re-adding keeps the map in the order of sequence numbers. */
  readonly live = new Map<string, Doc>()
  /** What searches see: replaced as a whole by a refresh, so an open scroll keeps its own. */
  searchable: readonly Doc[] = []
  /** When its one copy was last opened. */
  openedAtMs = Date.now()
  /** What each operation above the checkpoint has replaced, oldest first; kept while the checkpoint lags. */
  #replaced: { readonly seqNo: number; readonly id: string; readonly before: Doc | undefined }[] = []
  readonly #tombstones = new Map<string, { version: number; atMs: number }>()
  #dirty = false

  constructor(number: number) {
    this.number = number
  }

  get checkpoint(): number {
    return Math.max(-1, this.maxSeqNo - this.checkpointLag)
  }

  /** Applies a write, or throws a 409 that consumes no sequence number. A tombstone counts as the current version for `gcDeletesMs`. */
  apply(write: Write, gcDeletesMs: number): Written {
    const before = this.live.get(write.id)
    const tombstone = this.#tombstones.get(write.id)
    const remembered = tombstone !== undefined && Date.now() - tombstone.atMs <= gcDeletesMs ? tombstone.version : undefined
    const version = this.#nextVersion(write, before, before?.version ?? remembered)
    const seqNo = ++this.maxSeqNo
    this.#dirty = true
    if (this.checkpointLag > 0) this.#replaced.push({ seqNo, id: write.id, before })
    this.live.delete(write.id)
    const written = { version, seqNo, primaryTerm: this.primaryTerm }
    if (write.source === undefined) {
      this.deleteTotal++
      this.#tombstones.set(write.id, { version, atMs: Date.now() })
      return { result: before === undefined ? 'not_found' : 'deleted', ...written }
    }
    this.indexTotal++
    this.#tombstones.delete(write.id)
    this.live.set(write.id, { id: write.id, routing: write.routing, source: write.source, ...written })
    return { result: before === undefined ? 'created' : 'updated', ...written }
  }

  refresh(): void {
    if (this.#dirty) this.searchable = [...this.live.values()]
    this.#dirty = false
  }

  /** What a restart or a fail-over does: operations above the checkpoint are gone, and their numbers are given out again. */
  failOver(): void {
    const lost = this.#replaced.filter(({ seqNo }) => seqNo > this.checkpoint)
    const docs = new Map(this.live)
    for (const { id, before } of lost.toReversed()) {
      docs.delete(id)
      if (before) docs.set(id, before)
    }
    this.live.clear()
    for (const doc of [...docs.values()].toSorted((a, b) => a.seqNo - b.seqNo)) this.live.set(doc.id, doc)
    this.maxSeqNo = this.checkpoint
    this.checkpointLag = 0
    this.#replaced = []
    this.primaryTerm++
    this.openedAtMs = Math.max(Date.now(), this.openedAtMs + 1)
    this.#dirty = true
    this.refresh()
  }

  #nextVersion(write: Write, before: Doc | undefined, current: number | undefined): number {
    if (write.ifSeqNo !== undefined && (before?.seqNo !== write.ifSeqNo || before.primaryTerm !== write.ifPrimaryTerm)) {
      const found = before
        ? `current document has seqNo [${before.seqNo}] and primary term [${before.primaryTerm}]`
        : 'but no document was found'
      throw conflict(
        `[${write.id}]: version conflict, required seqNo [${write.ifSeqNo}], primary term [${write.ifPrimaryTerm}]. ${found}`,
      )
    }
    const given = write.version
    if (write.versionType === undefined || write.versionType === 'internal' || given === undefined) {
      if (write.create && before) {
        throw conflict(`[${write.id}]: version conflict, document already exists (current version [${before.version}])`)
      }
      return (current ?? 0) + 1
    }
    const lowest = write.versionType === 'external' ? (current ?? -1) + 1 : (current ?? 0)
    if (given >= lowest) return given
    const comparison = write.versionType === 'external' ? 'higher or equal to' : 'higher than'
    throw conflict(`[${write.id}]: version conflict, current version [${current}] is ${comparison} the one provided [${given}]`)
  }
}

function conflict(reason: string): ApiError {
  return new ApiError(409, 'version_conflict_engine_exception', reason)
}

/** 22 URL-safe characters, as servers name indices, histories and documents without an id. */
export function newUuid(): string {
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
}

const parsed = new WeakMap<Doc, JsonObject>()

/** The document as an object, for queries on its fields. Never for output. */
export function fieldsOf(doc: Doc): JsonObject {
  let fields = parsed.get(doc)
  if (fields === undefined) {
    fields = asObject(parseJson(doc.source.toString()))
    parsed.set(doc, fields)
  }
  return fields
}
