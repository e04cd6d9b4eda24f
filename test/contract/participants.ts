import { down, list, up } from '../../lab/cluster.ts'
import type { Flavor } from '../../src/model/version.ts'
import { startFake } from '../fake/fake.ts'

/** What keeps the promises of `src/cluster`: the fake as either family, and a real server of each. */
export interface Participant {
  readonly name: string
  readonly flavor: Flavor
  readonly version: { readonly major: number; readonly minor: number; readonly patch: number }
  start(): Promise<Running>
}

export interface Running {
  readonly address: string
  stop(): Promise<void>
}

/** The largest request each of them takes. */
export const maxContentBytes: number = 2 * 1024 * 1024

const elasticsearch = { flavor: 'elasticsearch', version: { major: 7, minor: 10, patch: 2 } } as const
const opensearch = { flavor: 'opensearch', version: { major: 2, minor: 19, patch: 4 } } as const

export const participants: readonly Participant[] = [
  fake('the fake as elasticsearch', elasticsearch),
  fake('the fake as opensearch', opensearch),
  real('elasticsearch-7.10.2', elasticsearch),
  real('opensearch-2.19.4', opensearch),
]

function fake(name: string, kind: Pick<Participant, 'flavor' | 'version'>): Participant {
  const { major, minor, patch } = kind.version
  const start = async (): Promise<Running> => {
    const cluster = await startFake({ flavor: kind.flavor, version: `${major}.${minor}.${patch}`, maxContentBytes })
    return { address: cluster.url, stop: () => cluster.close() }
  }
  return { name, ...kind, start }
}

function real(dist: string, kind: Pick<Participant, 'flavor' | 'version'>): Participant {
  const name = `test-contract-${kind.flavor}`
  const end = async (): Promise<void> => {
    if (list().some(cluster => cluster.name === name)) await down(name)
  }
  const start = async (): Promise<Running> => {
    // What a run that was killed has left under the same name.
    await end()
    const cluster = await up({ name, dist, settings: { 'http.max_content_length': `${maxContentBytes}b` } })
    return { address: cluster.urls[0] ?? '', stop: end }
  }
  return { name: dist, ...kind, start }
}
