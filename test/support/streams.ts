import type { Site } from './site.ts'

export interface Streamed {
  readonly name: string
  readonly indices: readonly { readonly index_name: string }[]
  readonly generation: number
  readonly template: string
  readonly lifecycle?: object
}

export async function streamOf(site: Site, name: string): Promise<Streamed> {
  const { data_streams: found } = await site.json<{ data_streams: Streamed[] }>('GET', `/_data_stream/${name}`)
  if (!found[0]) throw new Error(`${site.name} has no data stream ${name}.`)
  return found[0]
}

export async function backingOf(site: Site, name: string): Promise<string[]> {
  return (await streamOf(site, name)).indices.map(one => one.index_name)
}

/** The documents of a data stream in the order of their ids, each with the index that it lies in. */
export async function idsOf(site: Site, name: string): Promise<string[]> {
  await site.json('POST', `/${name}/_refresh`)
  const { hits } = await site.json<{ hits: { hits: { _id: string }[] } }>('POST', `/${name}/_search`, { size: 10_000 })
  return hits.hits.map(one => one._id).toSorted()
}

/** So many documents into each of so many backing indices, and odd ones among them: numbers and blanks are to stay as they are. */
export async function fillStream(site: Site, name: string, generations: number, each = 60): Promise<void> {
  await site.json('PUT', `/_index_template/own-${name}`, {
    index_patterns: [`${name}*`],
    priority: 210,
    data_stream: {},
    template: {
      settings: { number_of_shards: 2, number_of_replicas: 0 },
      mappings: { properties: { host: { type: 'keyword' }, '@timestamp': { type: 'date' } } },
    },
  })
  await site.json('PUT', `/_data_stream/${name}`)
  for (let generation = 1; generation <= generations; generation++) {
    if (generation > 1) await site.json('POST', `/${name}/_rollover`)
    await createIn(site, name, generation, each)
  }
}

export async function createIn(site: Site, name: string, generation: number, each: number): Promise<void> {
  const lines = Array.from({ length: each }, (_, at) => [
    `{"create":{"_id":"g${generation}-${at}"}}`,
    `{"@timestamp":"2026-0${1 + (generation % 9)}-01T00:00:${String(at % 60).padStart(2, '0')}Z",  "host":"h${at % 7}","v":${at}.50}`,
  ])
  const answer = await site.json<{ errors: boolean }>('POST', `/${name}/_bulk?refresh=true`, `${lines.flat().join('\n')}\n`)
  if (answer.errors) throw new Error(`${site.name} refuses documents of ${name}.`)
}
