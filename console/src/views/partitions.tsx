import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatBytes, formatDocs, formatDuration } from '../../../src/cli/view/numbers.ts'
import { get } from '../api.ts'
import type { Live } from '../live.ts'
import { cellsOf, cellSize, roundAt } from '../partition-states.ts'
import type { Cells, PartitionState } from '../partition-states.ts'
import type { IndexPartitions } from '../types.ts'
import { useLoaded } from '../ui/load.ts'
import { Empty, Failure, Loading } from '../ui/parts.tsx'

const legend: readonly (readonly [PartitionState, string, string])[] = [
  ['p', '--line-strong', 'pending'],
  ['s', '--good', 'settled'],
  ['r', '--accent', 'settled after it was read again'],
  ['a', '--warn', 'settled, documents set aside'],
]

const mapHeight = 420
/** Asked for anew while partitions settle, so often at most. */
const everyMs = 2_000

/** Every partition is a cell: what a disk's defragmenter showed of its blocks. */
export function Partitions({ live }: { readonly live: Live }) {
  const [turn, setTurn] = useState(0)
  const moved = live.moved.value
  useEffect(() => {
    const timer = setTimeout(() => setTurn(moved), everyMs)
    return () => clearTimeout(timer)
  }, [moved > turn, turn])
  const { value, error, again } = useLoaded<{ indices: readonly IndexPartitions[] }>(`${live.path}/partitions?limit=1000`, turn)
  const cells = useMemo(() => cellsOf(value?.indices ?? []), [value])
  if (!value) return error ? <Failure error={error} again={again} /> : <Loading what="partitions" />
  if (cells.states === '') return <Empty>No index is cut into partitions yet.</Empty>
  return (
    <section>
      <h2>{formatDocs(cells.states.length)} partitions</h2>
      <ul class="legend">
        {legend.map(([state, colour, text]) => (
          <li key={state}>
            <i style={{ background: `var(${colour})` }} /> {text} <strong>{formatDocs(countOf(cells.states, state))}</strong>
          </li>
        ))}
      </ul>
      <Map cells={cells} path={live.path} />
    </section>
  )
}

function countOf(states: string, state: PartitionState): number {
  let count = 0
  for (let at = states.indexOf(state); at >= 0; at = states.indexOf(state, at + 1)) count++
  return count
}

function Map({ cells, path }: { readonly cells: Cells; readonly path: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [chosen, setChosen] = useState<number>()
  const size = cellSize(cells.states.length, Math.max(1, width), mapHeight)
  const columns = Math.max(1, Math.floor(width / size))
  const height = Math.ceil(cells.states.length / columns) * size
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)))
    resized.observe(canvas.current!.parentElement!)
    return () => resized.disconnect()
  }, [])
  useEffect(() => draw(canvas.current!, cells, { width, height, size, columns }, chosen), [cells, width, chosen])
  const at = (event: MouseEvent): number | undefined => {
    const cell = Math.floor(event.offsetY / size) * columns + Math.floor(event.offsetX / size)
    return cell < cells.states.length && event.offsetX < columns * size ? cell : undefined
  }
  const step: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }
  return (
    <div class="map">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label="Map of all partitions; the arrow keys go from one to the next"
        onMouseMove={event => setChosen(at(event))}
        onMouseLeave={() => setChosen(undefined)}
        onKeyDown={event => {
          const by = step[event.key]
          if (by === undefined) return
          event.preventDefault()
          setChosen(Math.min(cells.states.length - 1, Math.max(0, (chosen ?? -by) + by)))
        }}
      />
      <Told cells={cells} cell={chosen} path={path} />
    </div>
  )
}

interface Shape {
  readonly width: number
  readonly height: number
  readonly size: number
  readonly columns: number
}

/** Colour by colour, a path each: a hundred thousand cells in one frame. */
function draw(
  canvas: HTMLCanvasElement,
  { states, rounds }: Cells,
  { width, height, size, columns }: Shape,
  chosen?: number,
): void {
  const ratio = devicePixelRatio || 1
  canvas.width = width * ratio
  canvas.height = height * ratio
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const pen = canvas.getContext('2d')
  if (!pen || width === 0) return
  const ink = getComputedStyle(canvas)
  pen.scale(ratio, ratio)
  const gap = size > 4 ? 1 : 0
  for (const [state, colour] of legend) {
    pen.fillStyle = ink.getPropertyValue(colour)
    pen.beginPath()
    for (let cell = states.indexOf(state); cell >= 0; cell = states.indexOf(state, cell + 1))
      pen.rect((cell % columns) * size, Math.floor(cell / columns) * size, size - gap, size - gap)
    pen.fill()
  }
  // Where an index begins, the cell has a mark, so that neighbours can be told apart.
  if (size > 6) {
    pen.fillStyle = ink.getPropertyValue('--ink')
    for (const { from, round } of rounds)
      if (round === 0) pen.fillRect((from % columns) * size, Math.floor(from / columns) * size, 2, size - gap)
  }
  if (chosen === undefined) return
  pen.strokeStyle = ink.getPropertyValue('--ink')
  pen.lineWidth = 2
  pen.strokeRect((chosen % columns) * size, Math.floor(chosen / columns) * size, size, size)
}

interface Details {
  readonly columns: readonly string[]
  readonly partitions: readonly (readonly (string | number | null)[])[]
}

/** Within this somebody only passes over a cell. */
const hoverMs = 120

function Told({ cells, cell, path }: { readonly cells: Cells; readonly cell: number | undefined; readonly path: string }) {
  const [details, setDetails] = useState<{
    readonly cell: number
    readonly value: Readonly<Record<string, string | number | null>>
  }>()
  const round = cell === undefined ? undefined : roundAt(cells, cell)
  useEffect(() => {
    if (cell === undefined || !round) return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      get<Details>(
        `${path}/partitions/${encodeURIComponent(round.index)}/${round.round}?after=${cell - round.from}&limit=1`,
        abort.signal,
      ).then(
        ({ columns, partitions: [row = []] }) =>
          setDetails({ cell, value: Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])) }),
        () => undefined,
      )
    }, hoverMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [cell, cells.states[cell ?? 0]])
  if (cell === undefined || !round) return <p class="told quiet">Point at a cell to see what it is.</p>
  const state = legend.find(([letter]) => letter === cells.states[cell])?.[2]
  const found = details?.cell === cell ? details.value : undefined
  const number = (name: string): number => Number(found?.[name] ?? 0)
  return (
    <p class="told" aria-live="polite">
      <strong>{round.index}</strong> {round.round === 0 ? 'bulk copy' : `round ${round.round}`}, partition{' '}
      {formatDocs(cell - round.from + 1)} of {formatDocs(round.count)}: {state}
      {found && (
        <>
          . {String(found['range'] ?? '')},{' '}
          {found['read'] === null
            ? `about ${formatDocs(number('estimatedDocs'))} documents`
            : `${formatDocs(number('read'))} documents, ${formatBytes(number('bytes'))}, in ${formatDuration(number('tookMs'))}`}
          {number('setAside') > 0 && `, ${formatDocs(number('setAside'))} set aside`}
          {number('attempts') > 1 && `, ${number('attempts')} attempts`}
        </>
      )}
    </p>
  )
}
