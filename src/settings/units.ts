const bytesPer: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 }
const msPer: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const bytesPattern = /^\d+(\.\d+)?(b|kb|mb|gb|tb)$/
export const durationPattern = /^\d+(\.\d+)?(ms|s|m|h|d)$/

/** '5mb' as bytes; units are powers of 1024, as the servers count. Undefined where it is none. */
export function parseBytes(text: string): number | undefined {
  return amount(text, bytesPattern, bytesPer)
}

/** '30s' as milliseconds. Undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  return amount(text, durationPattern, msPer)
}

export function formatBytes(bytes: number): string {
  return inLargestUnit(bytes, bytesPer)
}

export function formatDuration(ms: number): string {
  return inLargestUnit(ms, msPer)
}

function amount(text: string, pattern: RegExp, per: Readonly<Record<string, number>>): number | undefined {
  if (!pattern.test(text)) return undefined
  const factor = per[text.replace(/^[\d.]+/, '')]
  return factor === undefined ? undefined : Math.round(Number.parseFloat(text) * factor)
}

/** Exact: the largest unit that divides the value. */
function inLargestUnit(value: number, per: Readonly<Record<string, number>>): string {
  const [unit, factor] = Object.entries(per).findLast(([, factor]) => value >= factor && value % factor === 0) ?? ['', 1]
  return `${value / factor}${unit}`
}
