import type { Site } from './site.ts'

export interface Document {
  readonly id: string
  readonly routing?: string
  /** As it is sent; one line. */
  readonly source: string
}

/** Small documents whose numbers begin with `from`. */
export function people(count: number, from = 0): Document[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    return { id: `p${n}`, source: `{"n":${n}, "name":"Person ${n}", "even":${n % 2 === 0}, "note":"${'river '.repeat(n % 17)}"}` }
  })
}

/** Indexes documents by bulk requests, byte for byte. @throws Error when one is refused */
export async function load(site: Site, index: string, documents: readonly Document[]): Promise<void> {
  for (let from = 0; from < documents.length; from += 5_000) {
    await bulk(
      site,
      index,
      documents
        .slice(from, from + 5_000)
        .map(
          ({ id, routing, source }) =>
            `${JSON.stringify({ index: { _id: id, ...(routing === undefined ? {} : { routing }) } })}\n${source}\n`,
        )
        .join(''),
    )
  }
}

/** Sends bulk lines as they are and waits until searches see them. @throws Error when one is refused */
export async function bulk(site: Site, index: string, lines: string | Uint8Array): Promise<void> {
  const answer = await site.json<{ errors: boolean; items: readonly object[] }>(
    'POST',
    `/${encodeURIComponent(index)}/_bulk?refresh=true`,
    lines,
  )
  if (!answer.errors) return
  const refused = answer.items.filter(item => JSON.stringify(item).includes('"error"'))
  throw new Error(`${site.name} refuses ${refused.length} documents of ${index}: ${JSON.stringify(refused[0])}`)
}
