// The state of the cluster: what kind it is, its indices, and its open scrolls and points in time.
import { ApiError, illegalArgument, indexNotFound } from './errors.ts'
import type { JsonObject } from './json.ts'
import { durationMs } from './http.ts'
import { newUuid, Shard } from './shard.ts'
import type { Write, Written } from './shard.ts'
import type { Settings } from './settings.ts'
import type { SearchContext } from './contexts.ts'

export interface ClusterKind {
  flavor: 'elasticsearch' | 'opensearch'
  version: string
  maxContentBytes: number
  sequenceNumbers: boolean
}

export interface AliasSpec {
  filter?: JsonObject
  index_routing?: string
  search_routing?: string
  is_write_index?: boolean
  is_hidden?: boolean
}

export class Index {
  readonly name: string
  readonly uuid = newUuid()
  /** Flat, with the `index.` prefix, values as text; what the server adds by itself included. */
  readonly settings: Settings
  mappings: JsonObject
  readonly aliases = new Map<string, AliasSpec>()
  readonly shards: readonly Shard[]

  constructor(name: string, settings: Settings, mappings: JsonObject) {
    this.name = name
    this.settings = settings
    this.mappings = mappings
    this.settings.set('index.uuid', this.uuid)
    this.shards = Array.from({ length: this.number('number_of_shards', 1) }, (_, number) => new Shard(number))
  }

  text(name: string): string | undefined {
    const value = this.settings.get(`index.${name}`)
    return typeof value === 'string' ? value : undefined
  }

  number(name: string, otherwise: number): number {
    return Number(this.text(name) ?? otherwise)
  }

  get hidden(): boolean {
    return this.text('hidden') === 'true'
  }

  /** The shard of a document: a stable hash of its routing, or else its id. Not the hash real servers use. */
  shardFor(routing: string): Shard {
    const shard = this.shards[hash(routing) % this.shards.length]
    if (shard === undefined) throw new Error(`index ${this.name} has no shards`)
    return shard
  }

  /** Applies a write that has passed the mapping. Throws the 403 of a block and the 409 of a version conflict. */
  write(write: Write): Written & { shard: Shard } {
    this.#requireWritable()
    const shard = this.shardFor(write.routing ?? write.id)
    try {
      return { ...shard.apply(write, durationMs(this.text('gc_deletes') ?? '60s') ?? 60_000), shard }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const place = { index_uuid: this.uuid, shard: String(shard.number), index: this.name }
      throw new ApiError(error.status, error.type, error.message, place)
    }
  }

  /** Before a search: an index that refreshes by itself has done so by now. */
  refreshIfAutomatic(): void {
    if (this.text('refresh_interval') !== '-1') this.refresh()
  }

  refresh(): void {
    for (const shard of this.shards) shard.refresh()
  }

  #requireWritable(): void {
    const block =
      this.text('blocks.write') === 'true'
        ? '8/index write'
        : this.text('blocks.read_only') === 'true'
          ? '5/index read-only'
          : undefined
    if (block === undefined) return
    throw new ApiError(403, 'cluster_block_exception', `index [${this.name}] blocked by: [FORBIDDEN/${block} (api)];`)
  }
}

export class Store {
  readonly kind: ClusterKind
  readonly clusterUuid = newUuid()
  readonly nodeId = newUuid()
  readonly indices = new Map<string, Index>()
  readonly contexts = new Map<string, SearchContext>()
  /** Where the node says it can be reached; known once it listens. */
  address = ''

  constructor(kind: ClusterKind) {
    this.kind = kind
  }

  /** True while hits and bulk items still name a mapping type. */
  get typed(): boolean {
    return this.major < (this.kind.flavor === 'elasticsearch' ? 8 : 2)
  }

  get major(): number {
    return Number(this.kind.version.split('.')[0])
  }

  get minor(): number {
    return Number(this.kind.version.split('.')[1])
  }

  index(name: string): Index {
    const index = this.indices.get(name)
    if (index === undefined) throw indexNotFound(name)
    return index
  }

  /** The name of the index an alias with one member stands for; any other name stays as it is. */
  writeName(name: string): string {
    const members = [...this.indices.values()].filter(index => index.aliases.has(name))
    return members.length === 1 ? (members[0]?.name ?? name) : name
  }

  /** The one index that writes to this name go to, with the routing its alias adds; undefined when there is none yet. */
  writeTarget(name: string): { index: Index; routing: string | undefined } | undefined {
    const index = this.indices.get(name)
    if (index) return { index, routing: undefined }
    const members = [...this.indices.values()].filter(candidate => candidate.aliases.has(name))
    if (members.length === 0) return undefined
    const marked = members.find(member => member.aliases.get(name)?.is_write_index === true)
    const target =
      marked ?? (members.length === 1 && members[0]?.aliases.get(name)?.is_write_index !== false ? members[0] : undefined)
    if (target === undefined) {
      throw illegalArgument(
        `no write index is defined for alias [${name}]. The write index may be explicitly disabled using is_write_index=false or ` +
          'the alias points to multiple indices without one being designated as a write index',
      )
    }
    return { index: target, routing: target.aliases.get(name)?.index_routing }
  }
}

/** FNV-1a over the UTF-16 units: stable, and spread well enough. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return (value ^ (value >>> 15)) >>> 0
}
