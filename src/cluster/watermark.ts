/**
 * Bytes that a disk watermark keeps free on a disk of a size. It is a used share (`90%`, `0.9`) or free bytes (`50gb`);
 * `maxHeadroom` (Elasticsearch 8.5 and up) bounds what a share keeps free on a large disk, `-1` means no bound.
 */
export function freeKeptBytes(watermark: string | undefined, maxHeadroom: string | undefined, totalBytes: number): number {
  const share = usedShare(watermark ?? '')
  if (share === undefined) return byteSize(watermark ?? '') ?? 0
  const kept = totalBytes * (1 - share)
  const bound = byteSize(maxHeadroom ?? '')
  return bound === undefined ? kept : Math.min(kept, bound)
}

function usedShare(text: string): number | undefined {
  if (/^[\d.]+%$/.test(text)) return Number(text.slice(0, -1)) / 100
  return /^[01](\.\d+)?$/.test(text) ? Number(text) : undefined
}

const units = ['b', 'kb', 'mb', 'gb', 'tb', 'pb']

/** `150gb` in bytes, as the servers write sizes; undefined for anything else, such as `-1`. */
function byteSize(text: string): number | undefined {
  const parts = /^([\d.]+)([kmgtp]?b)$/i.exec(text)
  return parts ? Number(parts[1]) * 1024 ** units.indexOf((parts[2] ?? 'b').toLowerCase()) : undefined
}
