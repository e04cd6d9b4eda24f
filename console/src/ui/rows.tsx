import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** All rows are as high: those out of sight are only room. */
const rowHeight = 38
const shownRows = 20
/** Above and below what is in sight, so that scrolling shows no gap. */
const spare = 10

export interface RowsOf<T> {
  readonly label: string
  readonly head: ComponentChildren
  readonly rows: readonly T[]
  readonly keyOf: (one: T) => string
  readonly row: (one: T) => ComponentChildren
}

/** A table of any length, of which only what is in sight is drawn. */
export function Rows<T>({ label, head, rows, keyOf, row }: RowsOf<T>) {
  const [top, setTop] = useState(0)
  const from = Math.max(0, Math.floor(top / rowHeight) - spare)
  const shown = rows.slice(from, from + shownRows + 2 * spare)
  return (
    <div class="rows" tabIndex={0} role="region" aria-label={label} onScroll={event => setTop(event.currentTarget.scrollTop)}>
      <table aria-rowcount={rows.length}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>
          {from > 0 && <tr aria-hidden="true" style={{ height: `${from * rowHeight}px` }} />}
          {shown.map(one => (
            <tr key={keyOf(one)}>{row(one)}</tr>
          ))}
          {from + shown.length < rows.length && (
            <tr aria-hidden="true" style={{ height: `${(rows.length - from - shown.length) * rowHeight}px` }} />
          )}
        </tbody>
      </table>
    </div>
  )
}
