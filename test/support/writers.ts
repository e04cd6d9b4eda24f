/** Applications that write to a source while it is copied, and remember what was acknowledged. */
import { placeOf } from './compare.ts'
import type { Site } from './site.ts'
import { keepWriting } from './writing.ts'
import type { Writing } from './writing.ts'

export interface Writers extends Pick<Writing, 'atLeast' | 'stop'> {
  /** What the source must hold: the last acknowledged form of every document, by place as `byPlace` has it. */
  readonly truth: ReadonlyMap<string, string>
  /** Operations that were acknowledged, by kind. */
  readonly done: Readonly<Record<Deed, number>>
}

type Deed = 'index' | 'update' | 'delete' | 'again' | 'elsewhere'
const deeds: readonly Deed[] = ['index', 'update', 'update', 'delete', 'again', 'elsewhere']

/** Writes from a seed, each writer to documents of its own: writes of one document come one after the other. */
export function startWriters(site: Site, index: string, options: { readonly seed: number; readonly writers?: number }): Writers {
  const { seed, writers = 3 } = options
  const truth = new Map<string, string>()
  const done: Record<Deed, number> = { index: 0, update: 0, delete: 0, again: 0, elsewhere: 0 }
  let n = 0
  /** Documents of each writer, and under which routing each stands. */
  const owned = Array.from({ length: writers }, () => new Map<string, string | undefined>())

  const writing = keepWriting(writers, seed, async ({ number, random }, turn) => {
    const own = owned[number]!
    const path = (id: string, routing: string | undefined): string =>
      `/${index}/_doc/${id}${routing === undefined ? '' : `?routing=${routing}`}`
    const put = async (id: string, routing: string | undefined): Promise<void> => {
      const source = `{"n":${n++},"by":"w${number}"}`
      await site.bytes('PUT', path(id, routing), source)
      own.set(id, routing)
      truth.set(placeOf({ id, routing }), source)
    }
    const remove = async (id: string): Promise<void> => {
      const routing = own.get(id)
      await site.bytes('DELETE', path(id, routing))
      truth.delete(placeOf({ id, routing }))
      own.delete(id)
    }
    const ids = [...own.keys()]
    const id = ids[Math.floor(random.next() * ids.length)]
    const deed = id === undefined ? 'index' : deeds[Math.floor(random.next() * deeds.length)]!
    if (deed === 'index') await put(`w${number}-${turn}`, random.chance(0.3) ? `r${random.between(0, 8)}` : undefined)
    else if (deed === 'update') await put(id!, own.get(id!))
    else {
      const routing = own.get(id!)
      await remove(id!)
      if (deed === 'again') await put(id!, routing)
      if (deed === 'elsewhere') await put(id!, `r${random.between(0, 8)}`)
    }
    done[deed]++
  })
  return { truth, done, atLeast: more => writing.atLeast(more), stop: () => writing.stop() }
}
