import { sendPrepared } from '../limit.ts'
import { nativeReindex } from '../native.ts'
import { shardferryCopy } from '../shardferry.ts'
import { scrollAll } from '../source-index.ts'
import { elasticdump, multielasticdump } from './elasticdump.ts'
import type { Peer, Stage } from './peer.ts'

/** A remote `_reindex` takes no page above 100 MB. */
const nativeSizes = ({ docBytes }: Stage): number[] =>
  [1_000, 2_000, 5_000, 10_000].map(size => Math.max(1, Math.min(size, Math.floor(50e6 / docBytes))))

function native(name: string, title: string, more: Pick<Peer, 'sizes'> = {}): Peer {
  return {
    name,
    title,
    client: 'own',
    ...more,
    async run({ source, target, loaded }, size) {
      let sum = { docs: 0, bytes: 0 }
      for (const index of loaded.indices) {
        const { docs } = await nativeReindex(source, target, index, 0, size)
        sum = { docs: sum.docs + docs, bytes: 0 }
      }
      return sum
    },
  }
}

function own(name: 'stream' | 'reindex', title: string): Peer {
  return {
    name,
    title,
    client: 'child',
    run: ({ source, target, loaded, flags }, _size, signal) =>
      shardferryCopy(source, target, { name: loaded.pattern }, ['--engine', name, ...flags], signal),
  }
}

/** What a `_reindex` request takes that says nothing else. */
export const defaultSize = 1_000

export const peers: readonly Peer[] = [
  native('native', 'the target’s `_reindex` from remote, as it is by default'),
  native('native-best', 'the same at its best size', { sizes: nativeSizes }),
  elasticdump,
  multielasticdump,
  own('reindex', '`shardferry copy --engine reindex`'),
  own('stream', '`shardferry copy`'),
  {
    name: 'limit',
    title: 'limit: prepared bulk bodies, only sent',
    client: 'own',
    missing: () => undefined,
    async run({ target, loaded, prepared, width }) {
      if (!prepared) throw new Error('Only for a corpus of one index.')
      return await sendPrepared(target, loaded.indices[0]!, prepared, width)
    },
  },
  {
    name: 'scroll',
    title: 'limit: one plain scroll, thrown away',
    client: 'own',
    readsOnly: true,
    async run({ source, loaded, docBytes }) {
      const size = Math.max(1, Math.min(5_000, Math.floor(20e6 / docBytes)))
      for (const index of loaded.indices) await scrollAll(source, index, size, () => undefined)
      return { docs: loaded.docs, bytes: loaded.docs * docBytes }
    },
  },
]
