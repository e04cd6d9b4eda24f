/**
 * Invariant: whatever the target may hold of a partition is listed. A settled partition has one manifest, of its last
 * attempt, complete and on disk before the partition is journaled as settled; one with nothing in it has none. An attempt
 * that failed or was killed, or whose end the journal did not take, has written documents too, which may be deleted on the
 * source before they are read again: what it listed stays, as leftovers. For that, documents are in the file before they
 * are sent.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Partition } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { ManifestAttempt, Manifests } from '../../model/ports.ts'
import { partitionFile, writeWhole } from '../partition-file.ts'
import { isListed } from './listed.ts'
import { readRows, RowWriter } from './rows.ts'
import type { Row, Versions } from './rows.ts'

/** Keeps manifests as files, one per partition. */
export function manifestFolder(folder: string): Manifests {
  return {
    begin: (task, partition) =>
      isListed(task, partition.range) ? attempt(fileOf(folder, partition), task.versionFrom) : undefined,
  }
}

function attempt(file: string, versionFrom: 'seq-no' | 'version'): ManifestAttempt {
  const part = `${file}.part`
  const versions = versionsOf(versionFrom)
  const refused = new Set<number>()
  let open: RowFile | undefined
  keepAsLeftover(file, part)
  // Complete, but the journal does not say so: else there would be no other attempt.
  keepAsLeftover(file, file)
  return {
    list: docs => {
      open ??= new RowFile(part, versions)
      for (const doc of docs) open.rows.add(doc)
      open.rows.flush()
    },
    refuse: rejected => {
      for (const { doc } of rejected) refused.add(doc.seqNo ?? 0)
    },
    commit: () => {
      if (open === undefined) return 0
      const { docs } = open.rows
      open.end(refused.size === 0)
      open = undefined
      if (refused.size > 0) markRefused(part, versions, refused)
      renameSync(part, file)
      return docs
    },
    discard: () => {
      open?.close()
      open = undefined
      keepAsLeftover(file, part)
    },
  }
}

function versionsOf(versionFrom: 'seq-no' | 'version'): Versions {
  return versionFrom === 'seq-no' ? 'seq-no' : 'own'
}

/** Which documents are refused is known after they are listed; few manifests have any, and are written anew. */
function markRefused(file: string, versions: Versions, refused: ReadonlySet<number>): void {
  const marked = new RowFile(`${file}-refused`, versions)
  readRowFile(file, row => marked.rows.copy(row, refused.has(row.seqNo)))
  marked.end(true)
  renameSync(`${file}-refused`, file)
}

function keepAsLeftover(file: string, listed: string): void {
  if (existsSync(listed)) renameSync(listed, `${file}.left-${leftovers(file).length}`)
}

/** What attempts listed that did not come to their end, a file each. */
function leftovers(file: string): readonly string[] {
  const found: string[] = []
  for (let one = `${file}.left-0`; existsSync(one); one = `${file}.left-${found.length}`) found.push(one)
  return found
}

/** Whether attempts before the last one may have left documents on the target that it did not read. */
export function hasLeftovers(folder: string, partition: Partition): boolean {
  return leftovers(fileOf(folder, partition)).length > 0
}

/** Visits what such attempts listed; the last block of each may be cut off. */
export function readLeftovers(folder: string, partition: Partition, visit: (row: Row) => void): void {
  for (const file of leftovers(fileOf(folder, partition))) readRowFile(file, visit, 'may-be-cut-off')
}

/** Visits what the attempt that is under way, in whatever process, has listed so far. */
export function readUnfinished(folder: string, partition: Partition, visit: (row: Row) => void): void {
  const file = `${fileOf(folder, partition)}.part`
  if (existsSync(file)) readRowFile(file, visit, 'may-be-cut-off')
}

/**
 * Visits what a settled partition copied.
 * @param listed how many documents the journal says it has
 * @throws ShardferryError `manifest-unreadable` where the file is not the one that was written
 */
export function readManifest(folder: string, partition: Partition, listed: number, visit: (row: Row) => void): void {
  if (listed === 0) return
  const found = readRowFile(fileOf(folder, partition), visit)
  if (found !== listed) throw unreadable(fileOf(folder, partition), `it lists ${found} documents, the journal says ${listed}`)
}

/**
 * Makes one manifest of several, on disk when it returns. Gives how many documents it lists.
 * @throws ShardferryError `manifest-unreadable`
 */
export function joinManifests(
  folder: string,
  versionFrom: 'seq-no' | 'version',
  parts: readonly { readonly partition: Partition; readonly listed: number }[],
  into: Partition,
): number {
  const listed = parts.reduce((sum, one) => sum + one.listed, 0)
  if (listed === 0) return 0
  const file = fileOf(folder, into)
  const joined = new RowFile(`${file}.part`, versionsOf(versionFrom))
  try {
    for (const one of parts) readManifest(folder, one.partition, one.listed, row => joined.rows.copy(row))
    joined.end(true)
    renameSync(`${file}.part`, file)
    return listed
  } finally {
    joined.discard()
  }
}

/** Of partitions that count no longer. */
export function dropManifests(folder: string, partitions: readonly Partition[]): void {
  for (const partition of partitions) rmSync(fileOf(folder, partition), { force: true })
}

/** @throws ShardferryError `manifest-unreadable` */
export function readRowFile(file: string, visit: (row: Row) => void, form: 'whole' | 'may-be-cut-off' = 'whole'): number {
  if (!existsSync(file)) throw unreadable(file, 'it is not there')
  const descriptor = openSync(file, 'r')
  try {
    let left = statSync(file).size
    const take = (bytes: number): Buffer => {
      if (bytes > left) throw new CutOff()
      const buffer = Buffer.allocUnsafe(bytes)
      for (let at = 0; at < bytes;) {
        const read = readSync(descriptor, buffer, at, bytes - at, null)
        if (read === 0) throw new CutOff()
        at += read
      }
      left -= bytes
      return buffer
    }
    return readRows(take, visit)
  } catch (thrown) {
    if (thrown instanceof CutOff && form === 'may-be-cut-off') return 0
    if (thrown instanceof ShardferryError) throw thrown
    throw unreadable(file, thrown instanceof Error ? thrown.message : String(thrown))
  } finally {
    closeSync(descriptor)
  }
}

class CutOff extends Error {
  constructor() {
    super('it is cut off')
  }
}

/** A file of rows that is being written. */
export class RowFile {
  readonly rows: RowWriter
  readonly #file: string
  readonly #descriptor: number
  #open = true

  constructor(file: string, versions: Versions) {
    mkdirSync(dirname(file), { recursive: true })
    this.#file = file
    this.#descriptor = openSync(file, 'w', 0o600)
    this.rows = new RowWriter(versions, bytes => writeWhole(this.#descriptor, bytes))
  }

  /** Complete, and on disk where it is to last. */
  end(lasting: boolean): void {
    this.rows.end()
    if (lasting) fsyncSync(this.#descriptor)
    this.close()
  }

  discard(): void {
    try {
      this.close()
      rmSync(this.#file, { force: true })
    } catch {
      // What is left counts for nothing, and the next attempt writes over it.
    }
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.#descriptor)
  }
}

function fileOf(folder: string, { id }: Partition): string {
  return join(folder, partitionFile(id, 'manifest'))
}

function unreadable(file: string, why: string): ShardferryError {
  return new ShardferryError('manifest-unreadable', `The manifest ${file} cannot be read: ${why}.`, {
    hint: 'Put it back from a copy, if there is one; the ids of both sides are compared instead where the migration made the target index.',
  })
}
