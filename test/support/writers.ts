/** Applications that write to a source while it is copied, and remember what was acknowledged. */
import { seeded } from '../proxy/random.ts'
import type { Site } from './site.ts'

export interface Writers {
  /** What the source must hold: the last acknowledged form of every document, by place as `byPlace` has it. */
  readonly truth: ReadonlyMap<string, string>
  /** Operations that were acknowledged, by kind. */
  readonly done: Readonly<Record<Deed, number>>
  /** Waits until every one has written this much more. */
  atLeast(operations: number): Promise<void>
  stop(): Promise<void>
}

type Deed = 'index' | 'update' | 'delete' | 'again' | 'elsewhere'
const deeds: readonly Deed[] = ['index', 'update', 'update', 'delete', 'again', 'elsewhere']

/** Writes from a seed, each writer to documents of its own: writes of one document come one after the other. */
export function startWriters(site: Site, index: string, options: { readonly seed: number; readonly writers?: number }): Writers {
  const truth = new Map<string, string>()
  const done: Record<Deed, number> = { index: 0, update: 0, delete: 0, again: 0, elsewhere: 0 }
  const counts: number[] = []
  const run = { stopped: false }
  let n = 0

  const write = async (writer: number): Promise<void> => {
    const random = seeded(options.seed, writer)
    /** Documents of this writer, and under which routing each stands. */
    const own = new Map<string, string | undefined>()
    counts[writer] = 0
    const path = (id: string, routing: string | undefined): string =>
      `/${index}/_doc/${id}${routing === undefined ? '' : `?routing=${routing}`}`
    const put = async (id: string, routing: string | undefined): Promise<void> => {
      const source = `{"n":${n++},"by":"w${writer}"}`
      await site.bytes('PUT', path(id, routing), source)
      own.set(id, routing)
      truth.set(placeOf(id, routing), source)
    }
    const remove = async (id: string): Promise<void> => {
      await site.bytes('DELETE', path(id, own.get(id)))
      truth.delete(placeOf(id, own.get(id)))
      own.delete(id)
    }
    while (!run.stopped) {
      const ids = [...own.keys()]
      const id = ids[Math.floor(random.next() * ids.length)]
      const deed = id === undefined ? 'index' : deeds[Math.floor(random.next() * deeds.length)]!
      if (deed === 'index') await put(`w${writer}-${counts[writer]}`, random.chance(0.3) ? `r${random.between(0, 8)}` : undefined)
      else if (deed === 'update') await put(id!, own.get(id!))
      else {
        const routing = own.get(id!)
        await remove(id!)
        if (deed === 'again') await put(id!, routing)
        if (deed === 'elsewhere') await put(id!, `r${random.between(0, 8)}`)
      }
      done[deed]++
      counts[writer] = (counts[writer] ?? 0) + 1
    }
  }
  const all = Promise.all(Array.from({ length: options.writers ?? 3 }, (_, writer) => write(writer)))
  all.catch(() => (run.stopped = true))
  return {
    truth,
    done,
    async atLeast(operations) {
      const wanted = counts.map(count => count + operations)
      while (!run.stopped && counts.some((count, writer) => count < wanted[writer]!))
        await new Promise(resolve => setTimeout(resolve, 20))
      if (run.stopped) await all
    },
    async stop() {
      run.stopped = true
      await all
    },
  }
}

function placeOf(id: string, routing: string | undefined): string {
  return `${JSON.stringify(id)}${routing === undefined ? '' : ` routed by ${JSON.stringify(routing)}`}`
}
