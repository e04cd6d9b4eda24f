/** Indices that do not stay what they were: one is deleted and made anew, another is rolled over. */
import { eventsOf } from '../../../test/support/command-line.ts'
import { recipeOf } from '../../../lab/dists.ts'
import type { Fault, Round } from '../fault.ts'
import { makeWritten } from '../stage.ts'
import type { Written } from '../writers.ts'

/** An index that only this round has. */
async function ownIndex(round: Round, name: string): Promise<Written> {
  const own: Written = { name, ids: 600, routed: false, shards: 2 }
  await makeWritten(round, own, round.seed)
  round.indices.push(name)
  round.after(async () => {
    round.truth.forget(name)
    await round.source.send('DELETE', `/${name}`)
  })
  return own
}

export function indexRecreated(): Fault {
  const own = new WeakMap<Round, Written>()
  return {
    name: 'index recreated',
    does: 'an index of the source is deleted and made anew under the same name: the same command must refuse to go on, and another migration copies what is there now',
    prepare: async round => void own.set(round, await ownIndex(round, `victim-${round.seed}`)),
    begin: async round => {
      const written = own.get(round)
      if (!written) return
      await round.source.json('DELETE', `/${written.name}`)
      await makeWritten(round, written, round.seed + 1)
    },
    insteadOfExact: async (round, again) => {
      const refused = again.code === 6 && eventsOf(again).at(-1)?.['code'] === 'lineage-changed'
      const anew = await round.anew('anew', round.indices)
      const copies = new Map(round.indices.map(index => [index, `${round.copyOf(index)}-anew`]))
      return { asItMust: refused && anew.code !== null && [0, 5].includes(anew.code), copies }
    },
  }
}

const streamTemplate = 'drill-streams'

/** A data stream takes new documents only: each is written to the stream, and lies in the index that was its newest then. */
export function dataStreamRollover(): Fault {
  const streams = new WeakMap<Round, string>()
  let n = 0
  const append = async ({ source, truth }: Round, stream: string, count: number): Promise<void> => {
    const values = Array.from({ length: count }, () => ({
      '@timestamp': new Date(1_700_000_000_000 + 1000 * n).toISOString(),
      n: n++,
      rev: 0,
    }))
    const lines = values.map(value => `{"create":{"_id":"s${value.n}"}}\n${JSON.stringify(value)}\n`).join('')
    const { items } = await source.json<{ items: { create: { _index: string; _id: string; status: number } }[] }>(
      'POST',
      `/${stream}/_bulk?refresh=true`,
      lines,
    )
    for (const [i, { create }] of items.entries()) {
      // By the block of a cutover.
      if (create.status === 403) continue
      if (create.status !== 201) throw new Error(`${stream} does not take a document: ${create.status}`)
      if (!truth.indices.includes(create._index)) truth.begin(create._index)
      truth.know(create._index, create._id, undefined, values[i])
    }
  }
  return {
    name: 'data stream rollover',
    onSource: true,
    does: 'a data stream that is copied rolls over, and new documents go to its new index; the same command copies the old one, another migration the new one',
    impossible: ({ source }) =>
      recipeOf(source.dist).lacks.includes('data streams') ? `${source.dist} of the lab has no data streams` : undefined,
    prepare: async round => {
      const stream = `stream-${round.seed}`
      streams.set(round, stream)
      await round.source.json('PUT', `/_index_template/${streamTemplate}`, {
        index_patterns: ['stream-*'],
        data_stream: {},
        template: { settings: { number_of_shards: 2, number_of_replicas: 1 } },
      })
      await round.source.json('PUT', `/_data_stream/${stream}`)
      await append(round, stream, 600)
      round.indices.push(...round.truth.indices.filter(index => index.includes(stream)))
      round.after(async () => {
        for (const index of round.truth.indices) if (index.includes(stream)) round.truth.forget(index)
        await round.source.send('DELETE', `/_data_stream/${stream}`)
      })
    },
    begin: async round => {
      const stream = streams.get(round) ?? ''
      await append(round, stream, 100)
      await round.source.json('POST', `/${stream}/_rollover`)
      await append(round, stream, 200)
    },
    insteadOfExact: async (round, again) => {
      const stream = streams.get(round) ?? ''
      const fresh = round.truth.indices.filter(index => index.includes(stream) && !round.indices.includes(index))
      const anew = await round.anew('anew', fresh)
      round.indices.push(...fresh)
      const copies = new Map(fresh.map(index => [index, `${round.copyOf(index)}-anew`]))
      const codes = [again.code, anew.code]
      return { asItMust: fresh.length === 1 && codes.every(code => code === 0 || code === 5), copies }
    },
  }
}
