/**
 * Invariant: a settled partition that is listed has exactly one manifest, of its last attempt, complete and on disk before
 * the partition is journaled as settled; an attempt that fails leaves none. The manifest of a partition that is not settled
 * counts for nothing and is written over. Partitions with nothing in them have none.
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
  let open: RowFile | undefined
  return {
    add: (docs, rejected) => {
      open ??= new RowFile(`${file}.part`, versionFrom === 'seq-no' ? 'seq-no' : 'own')
      const refused = rejected.length > 0 ? new Set(rejected.map(({ doc }) => doc)) : undefined
      for (const doc of docs) open.rows.add(doc, refused?.has(doc) ?? false)
    },
    commit: () => {
      if (open === undefined) {
        rmSync(file, { force: true })
        return 0
      }
      const { docs } = open.rows
      open.end(true)
      open = undefined
      renameSync(`${file}.part`, file)
      return docs
    },
    discard: () => {
      open?.discard()
      open = undefined
    },
  }
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

/** @throws ShardferryError `manifest-unreadable` */
export function readRowFile(file: string, visit: (row: Row) => void): number {
  if (!existsSync(file)) throw unreadable(file, 'it is not there')
  const descriptor = openSync(file, 'r')
  try {
    let left = statSync(file).size
    const take = (bytes: number): Buffer => {
      if (bytes > left) throw new Error('it is cut off')
      const buffer = Buffer.allocUnsafe(bytes)
      for (let at = 0; at < bytes;) {
        const read = readSync(descriptor, buffer, at, bytes - at, null)
        if (read === 0) throw new Error('it is cut off')
        at += read
      }
      left -= bytes
      return buffer
    }
    return readRows(take, visit)
  } catch (thrown) {
    if (thrown instanceof ShardferryError) throw thrown
    throw unreadable(file, thrown instanceof Error ? thrown.message : String(thrown))
  } finally {
    closeSync(descriptor)
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
    this.#close()
  }

  discard(): void {
    try {
      this.#close()
      rmSync(this.#file, { force: true })
    } catch {
      // What is left counts for nothing, and the next attempt writes over it.
    }
  }

  #close(): void {
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
