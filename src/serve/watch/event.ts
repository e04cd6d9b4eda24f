import type { Entry, StoredEntry } from '../../model/entries.ts'

/** An entry as events show it: what grows with the size of a migration is left out or counted. */
export type Event = { readonly number: number; readonly at: string; readonly type: Entry['type'] } & Readonly<
  Record<string, unknown>
>

export function eventOf({ number, atMs, entry }: StoredEntry): Event {
  return { number, at: new Date(atMs).toISOString(), ...shortened(entry) }
}

function shortened(entry: Entry): { readonly type: Entry['type'] } & Readonly<Record<string, unknown>> {
  switch (entry.type) {
    case 'planned': {
      const { plan, ...rest } = entry
      return { ...rest, name: plan.name, indices: plan.indices.length }
    }
    case 'definition-seen':
      return { type: entry.type, index: entry.index }
    case 'captured':
      return { type: entry.type, step: entry.step }
    case 'round-opened': {
      const { shards, partitions, again, ...rest } = entry
      return { ...rest, shards: shards.length, partitions: partitions.length, again: again?.length ?? 0 }
    }
    case 'observed':
    case 'deletes-carried': {
      const { shards, ...rest } = entry
      return { ...rest, shards: shards.length }
    }
    case 'rounds-merged': {
      const { partitions, settled: _, ...rest } = entry
      return { ...rest, partitions: partitions.length }
    }
    case 'reindex-asked': {
      const { body, ...rest } = entry
      const { source, dest } = body as { source?: { index?: unknown }; dest?: { index?: unknown } }
      return { ...rest, source: source?.index, dest: dest?.index }
    }
    case 'reindex-answered':
      return { type: entry.type, status: entry.status }
    case 'verified':
      return {
        type: entry.type,
        indices: entry.indices.length,
        equal: entry.indices.filter(({ equal }) => equal).length,
      }
    case 'backing-added':
      return { type: entry.type, stream: entry.stream, index: entry.task.source }
    case 'finished': {
      const { indices, ...report } = entry.report
      return { type: entry.type, report: { ...report, indices: indices.length } }
    }
    case 'started':
    case 'opened':
    case 'applied':
    case 'undone':
    case 'created':
    case 'changed':
    case 'submitted':
    case 'settled':
    case 'round-closed':
    case 'retried':
    case 'asked':
    case 'audited':
    case 'cutover-begun':
    case 'cutover-undone':
    case 'cut-over':
    case 'rollback-begun':
    case 'rollback-undone':
    case 'rolled-back':
    case 'stopped':
    case 'failed':
    case 'completed':
      return { ...entry }
  }
}
