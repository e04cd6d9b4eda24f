/**
 * Invariant: a settled partition has exactly one file with the documents that its last attempt set aside, complete and
 * on disk before the partition is journaled as settled; an attempt that fails leaves none. No file: nothing set aside.
 */
import { isUtf8 } from 'node:buffer'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Partition, Rejected } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { SetAside, SetAsideAttempt } from '../model/ports.ts'
import { partitionFile, writeWhole } from './partition-file.ts'

/**
 * One line of a file of set-aside documents. `source` is the document as text, byte for byte; a document whose bytes are
 * no UTF-8 (servers accept some that are not) is in `sourceBase64` instead.
 */
export interface SetAsideLine {
  readonly index: string
  readonly target: string
  readonly id: string
  readonly routing?: string
  readonly version: string
  readonly status: number
  readonly type: string
  readonly reason: string
  readonly source?: string
  readonly sourceBase64?: string
}

/** Keeps refused documents as NDJSON, a file per partition. `limit` bounds them for the whole migration. */
export function setAsideFolder(folder: string, limit: number, alreadyKept: number): SetAside {
  let kept = alreadyKept
  return {
    begin: (task, partition) => {
      const file = join(folder, partitionFile(partition.id, 'ndjson'))
      let descriptor: number | undefined
      let own = 0
      const close = (): void => {
        if (descriptor === undefined) return
        const open = descriptor
        descriptor = undefined
        closeSync(open)
      }
      return {
        keep: rejected => {
          if (rejected.length === 0) return
          own += rejected.length
          kept += rejected.length
          if (kept > limit) throw tooMany(task, kept, limit, rejected[0]!)
          if (descriptor === undefined) {
            mkdirSync(folder, { recursive: true })
            descriptor = openSync(`${file}.part`, 'w', 0o600)
          }
          for (const one of rejected) writeWhole(descriptor, line(task, one))
        },
        commit: () => {
          if (descriptor === undefined) return rmSync(file, { force: true })
          fsyncSync(descriptor)
          close()
          renameSync(`${file}.part`, file)
        },
        discard: () => {
          kept -= own
          try {
            close()
            rmSync(`${file}.part`, { force: true })
          } catch {
            // What is left counts for nothing, and the next attempt writes over it.
          }
        },
      } satisfies SetAsideAttempt
    },
  }
}

/** Documents a partition set aside, oldest first. */
export function readSetAside(folder: string, partition: Pick<Partition, 'id'>): SetAsideLine[] {
  const file = join(folder, partitionFile(partition.id, 'ndjson'))
  if (!existsSync(file)) return []
  const bytes = readFileSync(file)
  const lines: SetAsideLine[] = []
  // Line by line: the whole file may be longer than a string can be.
  for (let from = 0, to = bytes.indexOf(0x0a); to >= 0; from = to + 1, to = bytes.indexOf(0x0a, from))
    lines.push(JSON.parse(bytes.toString('utf8', from, to)) as SetAsideLine)
  return lines
}

/** The exact bytes of a document that was set aside. */
export function bytesOf({ source, sourceBase64 }: SetAsideLine): Uint8Array {
  return sourceBase64 === undefined ? Buffer.from(source ?? '', 'utf8') : Buffer.from(sourceBase64, 'base64')
}

function line(task: IndexTask, { doc, status, type, reason }: Rejected): Uint8Array {
  const source = Buffer.from(doc.source.buffer, doc.source.byteOffset, doc.source.length)
  const kept: SetAsideLine = {
    index: task.source,
    target: task.target,
    id: doc.id,
    ...(doc.routing === undefined ? {} : { routing: doc.routing }),
    version: String(doc.version),
    status,
    type,
    reason,
    ...(isUtf8(source) ? { source: source.toString('utf8') } : { sourceBase64: source.toString('base64') }),
  }
  return Buffer.from(`${JSON.stringify(kept)}\n`, 'utf8')
}

function tooMany(task: IndexTask, kept: number, limit: number, example: Rejected): ShardferryError {
  return new ShardferryError(
    'set-aside-limit',
    `The target refuses too many documents: ${kept} so far, the limit is ${limit}. The latest, of ${task.source}: ${example.type}: ${example.reason}`,
    {
      hint: 'Correct the mapping of the target index (or the plan), then run the same command again; or raise --max-set-aside.',
    },
  )
}
