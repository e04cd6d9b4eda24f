import { cpus, loadavg, totalmem } from 'node:os'

/** The machine as results name it. */
export function machine(): { cpus: number; model: string; memoryGb: number; node: string; load: readonly number[] } {
  return {
    cpus: cpus().length,
    model: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    load: loadavg().map(value => Math.round(100 * value) / 100),
  }
}
