import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'

/** The name of a partition's file. Index names may be as long as a file name may be. */
export function partitionFile(partition: string, ending: string): string {
  return `${partition.slice(0, 120)}.${createHash('sha256').update(partition).digest('hex').slice(0, 12)}.${ending}`
}

/** A write may take fewer bytes than it was given, as when a disk fills up; the next then throws. */
export function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
}
