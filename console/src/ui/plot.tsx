import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Sample } from '../live.ts'

export interface PlotOf {
  readonly title: string
  readonly samples: readonly Sample[]
  readonly value: (sample: Sample) => number | null
  readonly format: (value: number) => string
  /** Of the axis, which has little room. */
  readonly tick: (value: number) => string
  readonly colour: string
}

const height = 150

/** A line over time, as wide as there is room; what it shows is told in words too. */
export function Plot({ title, samples, value, format, tick, colour }: PlotOf) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  useEffect(() => {
    const box = place.current!
    const ink = (name: string): string => getComputedStyle(box).getPropertyValue(name).trim()
    const axis = { stroke: () => ink('--quiet'), grid: { stroke: () => ink('--line'), width: 1 }, ticks: { show: false } }
    const made = new uPlot(
      {
        width: box.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false },
        scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [axis, { ...axis, size: 64, values: (_plot, ticks) => ticks.map(tick) }],
        series: [{}, { stroke: () => ink(colour), width: 2, fill: () => `${ink(colour)}22`, points: { show: false } }],
      },
      dataOf(samples, value),
      box,
    )
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }))
    resized.observe(box)
    return () => {
      resized.disconnect()
      made.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(dataOf(samples, value)), [samples])
  const now = samples.at(-1)
  const said = now ? (value(now) ?? undefined) : undefined
  return (
    <figure class="plot">
      <figcaption>
        {title} <strong>{said === undefined ? '–' : format(said)}</strong>
      </figcaption>
      <div
        ref={place}
        role="img"
        aria-label={`${title} since this page was opened, now ${said === undefined ? 'unknown' : format(said)}`}
      />
    </figure>
  )
}

function dataOf(samples: readonly Sample[], value: PlotOf['value']): uPlot.AlignedData {
  return [samples.map(({ atMs }) => atMs / 1000), samples.map(value)]
}
