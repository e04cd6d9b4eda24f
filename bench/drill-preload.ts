/**
 * Loaded into Shardferry's process by the drill (`node --import`). Counts every document that a copy reads, as it is read,
 * into the file `DRILL_READS`, so that what a killed process had read is known too; and, where `DRILL_CLOCK_JUMP` says
 * `after:by` in milliseconds, sets the process's clock forward or back, as a machine whose clock is corrected would see it.
 */
import { appendFileSync } from 'node:fs'
import { Tally } from '../src/migration/tally.ts'

const reads = process.env['DRILL_READS']
if (reads !== undefined) {
  const before = Object.getOwnPropertyDescriptor(Tally.prototype, 'read')?.value as Tally['read']
  Tally.prototype.read = function (this: Tally, index: string, docs: number, bytes: number): void {
    appendFileSync(reads, `${docs}\n`)
    before.call(this, index, docs, bytes)
  }
}

const [after, by] = (process.env['DRILL_CLOCK_JUMP'] ?? '').split(':').map(Number)
if (after !== undefined && by !== undefined) {
  const now = Date.now
  const startMs = now()
  Date.now = () => (now() - startMs > after ? now() + by : now())
}
