import { useState } from 'preact/hooks'
import { formatBytes, formatDocs, formatDuration, formatPercent, formatShort, fractionOf } from '../../../src/cli/view/numbers.ts'
import type { IndexProgress } from '../../../src/model/progress.ts'
import type { Live } from '../live.ts'
import { Rows } from '../ui/rows.tsx'
import { Bar, Empty } from '../ui/parts.tsx'

interface Column {
  readonly title: string
  readonly by: (one: IndexProgress) => string | number
  readonly shown: (one: IndexProgress) => preact.ComponentChildren
  readonly number?: boolean
}

const columns: readonly Column[] = [
  { title: 'Index', by: one => one.index, shown: one => (one.index === one.target ? one.index : `${one.index} → ${one.target}`) },
  { title: 'State', by: one => one.state, shown: one => (one.state === 'catching-up' ? 'catching up' : one.state) },
  {
    title: 'Progress',
    by: one => fractionOf(one.counts.read, one.expectedDocs),
    shown: one => {
      const fraction = one.state === 'waiting' || one.state === 'copying' ? fractionOf(one.counts.read, one.expectedDocs) : 1
      return (
        <>
          <Bar part={fraction} tone={fraction === 1 ? 'good' : 'busy'} label={`Progress of ${one.index}`} />{' '}
          {formatPercent(fraction)}
        </>
      )
    },
  },
  { title: 'Documents', by: one => one.counts.read, shown: one => formatDocs(one.counts.read), number: true },
  { title: 'Bytes', by: one => one.counts.bytes, shown: one => formatBytes(one.counts.bytes), number: true },
  { title: 'Rate', by: one => one.docsPerSecond, shown: one => `${formatShort(one.docsPerSecond)}/s`, number: true },
  {
    title: 'Left or lag',
    by: one => one.lag?.operations ?? one.etaMs ?? -1,
    shown: one => (one.lag ? `${formatDocs(one.lag.operations)} ops` : one.etaMs === null ? '–' : formatDuration(one.etaMs)),
    number: true,
  },
  { title: 'Set aside', by: one => one.counts.setAside, shown: one => formatDocs(one.counts.setAside), number: true },
]

export function Indices({ live }: { readonly live: Live }) {
  const [filter, setFilter] = useState('')
  const [sort, setSort] = useState<{ readonly column: number; readonly down: boolean }>({ column: 0, down: false })
  const all = live.progress.value?.indices ?? []
  if (all.length === 0) return <Empty>No index moves yet.</Empty>
  const by = columns[sort.column]!.by
  const rows = all
    .filter(({ index, target }) => `${index} ${target}`.toLowerCase().includes(filter.toLowerCase()))
    .toSorted((a, b) => compare(by(a), by(b)) * (sort.down ? -1 : 1))
  return (
    <section>
      <label class="filter">
        Filter
        <input
          type="search"
          value={filter}
          placeholder="part of a name"
          onInput={event => setFilter(event.currentTarget.value)}
        />
        <span class="quiet">
          {formatDocs(rows.length)} of {formatDocs(all.length)}
        </span>
      </label>
      <Rows
        label="Indices"
        head={columns.map(({ title, number }, at) => (
          <th
            key={title}
            scope="col"
            class={number ? 'number' : ''}
            aria-sort={at !== sort.column ? 'none' : sort.down ? 'descending' : 'ascending'}
          >
            <button type="button" class="plain" onClick={() => setSort({ column: at, down: at === sort.column && !sort.down })}>
              {title} {at === sort.column ? (sort.down ? '↓' : '↑') : ''}
            </button>
          </th>
        ))}
        rows={rows}
        keyOf={one => one.index}
        row={one =>
          columns.map(({ title, shown, number }) => (
            <td key={title} class={number ? 'number' : ''}>
              {shown(one)}
            </td>
          ))
        }
      />
    </section>
  )
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))
}
