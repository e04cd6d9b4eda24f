/** Numbers for people. Whatever comes in, none of these returns NaN or Infinity: what is not a number is shown as `–`. */

const unknown = '–'

/** `138,231` */
export function formatDocs(docs: number): string {
  if (!Number.isFinite(docs)) return unknown
  const digits = String(Math.abs(Math.trunc(docs))).replace(/\B(?=(?:\d{3})+$)/g, ',')
  return docs <= -1 ? `-${digits}` : digits
}

/** `1.4 GB`: decimal units, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return unknown
  return scaled(Math.max(0, bytes), ['B', 'kB', 'MB', 'GB', 'TB', 'PB'])
}

/** `23.4 k docs/s` */
export function formatRate(docsPerSecond: number): string {
  return Number.isFinite(docsPerSecond) ? `${formatShort(docsPerSecond)} docs/s` : unknown
}

/** `9.1 MB/s` */
export function formatByteRate(bytesPerSecond: number): string {
  return Number.isFinite(bytesPerSecond) ? `${formatBytes(bytesPerSecond)}/s` : unknown
}

/** `23.4 k`, `850`: where there is no room for every digit. */
export function formatShort(count: number): string {
  if (!Number.isFinite(count)) return unknown
  return scaled(Math.max(0, count), ['', 'k', 'M', 'G', 'T'])
}

/** `4s`, `2m 05s`, `1h 02m`, `3d 04h` */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return unknown
  if (ms > 0 && ms < 1000) return '<1s'
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm')
  const hours = Math.floor(minutes / 60)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** `part` of `whole` between 0 and 1. A whole of 0 is not begun: 0. */
export function fractionOf(part: number, whole: number): number {
  const fraction = part / whole
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0
}

/** `42.1%`. Rounded down: only what is complete shows 100.0%. */
export function formatPercent(fraction: number): string {
  if (!Number.isFinite(fraction)) return unknown
  // The tiny addend undoes binary fractions such as 0.29 * 1000 = 289.99999999999994.
  return `${(Math.floor(fraction * 1000 + 1e-9) / 10).toFixed(1)}%`
}

/** `1 index`, `3 indices` */
export function plural(count: number, one: string, many: string): string {
  return `${formatDocs(count)} ${count === 1 ? one : many}`
}

/** ISO 8601 in UTC, to the second: `2026-11-24T10:00:00Z`. */
export function formatTime(atMs: number): string {
  const at = new Date(atMs)
  return Number.isNaN(at.getTime()) ? unknown : `${at.toISOString().slice(0, 19)}Z`
}

function scaled(value: number, units: readonly string[]): string {
  let step = 0
  let rest = Math.round(value)
  if (rest < 1000) return `${rest} ${units[0]}`.trim()
  // 999.95 would be printed as 1000.0: it belongs to the next unit.
  while (rest >= 999.95 && step < units.length - 1) {
    rest /= 1000
    step++
  }
  return `${rest.toFixed(1)} ${units[step]}`
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit} ${String(small).padStart(2, '0')}${smallUnit}`
}
