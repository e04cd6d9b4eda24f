import type { Answer, Cluster } from '../cluster/cluster.ts'
import { virtualWorld } from '../flow/virtual-world.test-part.ts'
import type { VirtualWorld } from '../flow/virtual-world.test-part.ts'
import type { Side } from '../model/connection.ts'
import type { Doc } from '../model/documents.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Reader, Writer } from '../model/ports.ts'
import type { ComparedIndex } from './compared-index.ts'
import { patience } from './patience.ts'
import type { Patience } from './patience.ts'

export interface Stored {
  readonly id: string
  readonly routing?: string
  readonly source: string
  readonly seqNo: number
  readonly version: bigint
}

/** One side in memory: an id is unique in its shard, as on servers. */
export class StoredSide {
  readonly docs: Map<string, Stored> = new Map()
  readonly tombstones: Map<string, bigint> = new Map()
  /** Called before each search: what other writers do meanwhile. */
  meanwhile: (search: number) => void = () => undefined
  searches = 0
  readonly shards: number
  #seqNo = 0

  constructor(shards: number) {
    this.shards = shards
  }

  shardOf(id: string, routing?: string): number {
    let sum = 0
    for (const c of routing ?? id) sum += c.charCodeAt(0)
    return sum % this.shards
  }

  /** As an application writes; gives the version that this has on the target when it is copied. */
  put(id: string, source: string, routing?: string, version?: bigint): bigint {
    const seqNo = this.#seqNo++
    const key = this.#key(id, routing)
    const last = this.docs.get(key)?.version ?? this.tombstones.get(key) ?? 0n
    this.docs.set(key, { id, ...(routing === undefined ? {} : { routing }), source, seqNo, version: version ?? last + 1n })
    return BigInt(seqNo) + 1n
  }

  remove(id: string, routing?: string, version?: bigint): void {
    const key = this.#key(id, routing)
    this.tombstones.set(key, version ?? (this.docs.get(key)?.version ?? 0n) + 1n)
    this.docs.delete(key)
  }

  /** As a bulk request with `external_gte`. */
  write(doc: Doc): 'written' | 'newer' {
    const key = this.#key(doc.id, doc.routing)
    if ((this.docs.get(key)?.version ?? this.tombstones.get(key) ?? 0n) > doc.version) return 'newer'
    if (doc.op === 'delete') this.remove(doc.id, doc.routing, doc.version)
    else this.put(doc.id, Buffer.from(doc.source).toString('utf8'), doc.routing, doc.version)
    return 'written'
  }

  /** What a search by ids finds, as the server writes it. */
  answer(ids: readonly string[], shard: number | undefined, withSource: boolean): string {
    this.meanwhile(++this.searches)
    const found = [...this.docs.values()].filter(
      ({ id, routing }) => ids.includes(id) && (shard === undefined || this.shardOf(id, routing) === shard),
    )
    const hits = found.map(
      ({ id, routing, source, seqNo, version }) =>
        `{"_index":"i","_id":${JSON.stringify(id)},"_version":${version},"_seq_no":${seqNo},"_primary_term":1,"_score":null` +
        `${routing === undefined ? '' : `,"_routing":${JSON.stringify(routing)}`}${withSource ? `,"_source":${source}` : ''},"sort":[0]}`,
    )
    const shards = shard === undefined ? this.shards : 1
    return `{"took":1,"timed_out":false,"_shards":{"total":${shards},"successful":${shards},"skipped":0,"failed":0},"hits":{"total":{"value":${hits.length},"relation":"eq"},"max_score":null,"hits":[${hits.join(',')}]}}`
  }

  #key(id: string, routing?: string): string {
    return `${this.shardOf(id, routing)}/${id}`
  }
}

const neverRead: Reader = {
  marks: () => Promise.resolve([]),
  partitions: () => Promise.resolve([]),
  read: () => {
    throw new Error('Nothing reads partitions here.')
  },
}

export interface TwoSides {
  readonly source: StoredSide
  readonly target: StoredSide
  readonly index: ComparedIndex
  readonly world: VirtualWorld
  readonly patience: Patience
  /** Writes to the target, and remembers in what order. */
  readonly writer: Writer
  readonly written: string[]
}

/** For tests: an index on two sides in memory that answer searches by ids and refreshes. */
export function twoSides(task: IndexTask, more: Partial<ComparedIndex> = {}, shards = 1): TwoSides {
  const [source, target] = [new StoredSide(shards), new StoredSide(shards)]
  const side = (name: Side, stored: StoredSide): ComparedIndex['source'] => ({
    cluster: clusterOf(name, stored),
    task: name === 'source' ? { ...task, shards } : { ...task, source: task.target, versionFrom: 'version', shards },
    documents: neverRead,
    ids: neverRead,
  })
  const world = virtualWorld({ restless: true })
  const written: string[] = []
  return {
    source,
    target,
    world,
    written,
    patience: patience(world, 1000, () => undefined),
    index: {
      task,
      source: side('source', source),
      target: side('target', target),
      copied: undefined,
      versions: true,
      createdByPlan: true,
      mayHoldOthers: false,
      definition: [],
      notes: [],
      ...more,
    },
    writer: {
      write: (_task, { docs }) => {
        const rejected = docs.filter(doc => Buffer.from(doc.source).includes('refuse me'))
        const outcomes = docs.filter(doc => !rejected.includes(doc)).map(doc => ({ doc, outcome: target.write(doc) }))
        for (const { doc, outcome } of outcomes)
          written.push(
            `${doc.op ?? 'index'} ${doc.id}${doc.routing === undefined ? '' : `/${doc.routing}`} v${doc.version}: ${outcome}`,
          )
        const count = (wanted: string): number => outcomes.filter(({ outcome }) => outcome === wanted).length
        return Promise.resolve({
          written: count('written'),
          alreadyNewer: count('newer'),
          rejected: rejected.map(doc => ({ doc, status: 400, type: 'mapper_parsing_exception', reason: 'no' })),
        })
      },
    },
  }
}

interface Wanted {
  bool: { filter: [{ ids: { values: string[] } }] }
}

function clusterOf(side: Side, stored: StoredSide): Cluster {
  const answer = (text: string): Promise<Answer> =>
    Promise.resolve({ status: 200, headers: {}, body: Buffer.from(text), release: () => undefined })
  return {
    side,
    address: `http://${side}:9200`,
    identity: { flavor: 'opensearch', version: { major: 2, minor: 19, patch: 4 }, clusterName: side, clusterUuid: side },
    requestsSent: 0,
    exchange: ({ path, body, query }) => {
      if (path.endsWith('/_refresh')) return answer('{"_shards":{"failed":0}}')
      const { query: asked, _source } = body as {
        _source?: boolean
        query: Wanted | { bool: { must: [Wanted] } }
      }
      // Inside of what marks its hits, where documents are asked for.
      const wanted = 'must' in asked.bool ? asked.bool.must[0] : (asked as Wanted)
      const shard = /_shards:(\d+)/.exec(String(query?.['preference'] ?? ''))?.[1]
      return answer(
        stored.answer(wanted.bool.filter[0].ids.values, shard === undefined ? undefined : Number(shard), _source !== false),
      )
    },
    close: () => Promise.resolve(),
  }
}
