/**
 * What a comparison keeps in its folder, so that one that was killed goes on: which indices are finished, with their
 * results, and the sums of the partitions of the one under way. Invariant: a result is on disk after its differences are,
 * and sums after the list of partitions they hold, in one file that is replaced as a whole.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Partition } from '../model/documents.ts'
import type { ShardMark } from '../model/entries.ts'
import type { CompareForm, Difference, IndexComparison } from '../model/verification.ts'
import { Buckets } from './buckets.ts'

/** Older than this, the sides have moved on too far for a half-done comparison to mean anything. */
const longestMs = 24 * 3_600_000

/** How far the sums of one side are. */
export interface KeptSide {
  readonly marks: readonly ShardMark[]
  readonly partitions: readonly Partition[]
  readonly settled: Set<string>
  readonly sums: Buckets
  bytes: number
}

export interface KeptSums {
  /** Of both index uuids, so that sums are never those of an index that is gone. */
  readonly identity: string
  readonly form: CompareForm | null
  readonly startedAtMs: number
  readonly behind: number
  readonly source: KeptSide
  readonly target: KeptSide
}

interface FinishedLine {
  readonly result: IndexComparison
  /** Length of the differences' file once those of this index are in it. */
  readonly differencesBytes: number
}

export class Kept {
  readonly startedAtMs: number
  /** Some of it was done by an earlier run. */
  readonly resumed: boolean
  readonly #folder: string
  readonly #finished = new Map<string, IndexComparison>()
  #differencesBytes = 0

  /** @param fingerprint what is compared, and how: what was kept of another comparison is thrown away */
  constructor(folder: string, fingerprint: string, nowMs: number) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    const known = readIfThere(join(folder, stateFile)) as { fingerprint: string; startedAtMs: number } | undefined
    this.resumed = known?.fingerprint === fingerprint && nowMs - known.startedAtMs < longestMs
    this.startedAtMs = known && this.resumed ? known.startedAtMs : nowMs
    if (this.resumed) this.#readFinished()
    else {
      this.#clear()
      writeDurably(join(folder, stateFile), JSON.stringify({ fingerprint, startedAtMs: nowMs }))
    }
    // Differences of an index whose result was not written any more are told again.
    if (existsSync(this.#differences)) truncateSync(this.#differences, this.#differencesBytes)
  }

  get folder(): string {
    return this.#folder
  }

  finished(index: string): IndexComparison | undefined {
    return this.#finished.get(index)
  }

  /** What index a comparison is over, with its differences so far on disk. */
  finish(result: IndexComparison): void {
    const line: FinishedLine = { result, differencesBytes: this.#differencesBytes }
    appendDurably(join(this.#folder, finishedFile), `${JSON.stringify(line)}\n`)
    this.#finished.set(result.index, result)
    rmSync(join(this.#folder, sumsFile), { force: true })
  }

  differ(differences: readonly Difference[]): void {
    if (differences.length === 0) return
    const text = differences.map(one => `${JSON.stringify(one)}\n`).join('')
    appendDurably(this.#differences, text)
    this.#differencesBytes += Buffer.byteLength(text)
  }

  /** The sums of the index under way, where they are of this one. */
  sums(identity: string): KeptSums | undefined {
    const file = join(this.#folder, sumsFile)
    if (!existsSync(file)) return undefined
    const bytes = readFileSync(file)
    const end = bytes.indexOf(0x0a)
    const head = JSON.parse(bytes.toString('utf8', 0, end)) as StoredSums
    if (head.identity !== identity) return undefined
    const memory = (side: number): Buckets => {
      const from = end + 1 + side * 12 * head.size
      return new Buckets(head.size, new Uint32Array(Uint8Array.from(bytes.subarray(from, from + 12 * head.size)).buffer))
    }
    const side = (stored: StoredSide, at: number): KeptSide => ({
      ...stored,
      settled: new Set(stored.settled),
      sums: memory(at),
    })
    return { ...head, source: side(head.source, 0), target: side(head.target, 1) }
  }

  keepSums(sums: KeptSums): void {
    const side = ({ marks, partitions, settled, bytes }: KeptSide): StoredSide => ({
      marks,
      partitions,
      settled: [...settled],
      bytes,
    })
    const head: StoredSums = { ...sums, size: sums.source.sums.size, source: side(sums.source), target: side(sums.target) }
    writeDurably(join(this.#folder, sumsFile), `${JSON.stringify(head)}\n`, sums.source.sums.bytes, sums.target.sums.bytes)
  }

  /** Nothing is left to go on with: what remains are the differences. Gives their file. */
  end(): string {
    const path = join(this.#folder, differencesFile)
    if (!existsSync(this.#differences)) writeDurably(this.#differences, '')
    renameSync(this.#differences, path)
    for (const name of [finishedFile, sumsFile, stateFile]) rmSync(join(this.#folder, name), { force: true })
    return path
  }

  get #differences(): string {
    return join(this.#folder, `${differencesFile}.part`)
  }

  #readFinished(): void {
    const file = join(this.#folder, finishedFile)
    if (!existsSync(file)) return
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      const line = parsed(text) as FinishedLine | undefined
      if (!line) continue
      this.#finished.set(line.result.index, line.result)
      this.#differencesBytes = line.differencesBytes
    }
  }

  #clear(): void {
    const kept = [stateFile, finishedFile, sumsFile, `${differencesFile}.part`]
    for (const name of readdirSync(this.#folder))
      if (kept.includes(name) || name.startsWith('slice-') || name.endsWith('.tmp')) rmSync(join(this.#folder, name))
  }
}

const stateFile = 'comparison.json'
const finishedFile = 'finished.ndjson'
const sumsFile = 'sums.bin'
export const differencesFile = 'differences.ndjson'

interface StoredSide extends Omit<KeptSide, 'settled' | 'sums'> {
  readonly settled: readonly string[]
}
interface StoredSums extends Omit<KeptSums, 'source' | 'target'> {
  readonly size: number
  readonly source: StoredSide
  readonly target: StoredSide
}

function writeDurably(path: string, ...parts: readonly (string | Uint8Array)[]): void {
  const descriptor = openSync(`${path}.tmp`, 'w', 0o600)
  try {
    for (const part of parts) writeAll(descriptor, typeof part === 'string' ? Buffer.from(part, 'utf8') : part)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(`${path}.tmp`, path)
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
}

function appendDurably(path: string, text: string): void {
  appendFileSync(path, text, { mode: 0o600, flush: true })
}

function readIfThere(path: string): unknown {
  return existsSync(path) ? parsed(readFileSync(path, 'utf8')) : undefined
}

/** Undefined for a line that was cut off. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
