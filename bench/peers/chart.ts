import { spreadOf } from '../figures.ts'
import { heading } from './table.ts'
import type { SliceResult } from './table.ts'

const width = 860
const nameWidth = 330
const rowHeight = 22
const headHeight = 34

/** Wall time of every peer as bars, with the range of its rounds; readable on light and on dark ground. */
export function chart(slices: readonly SliceResult[]): string {
  let y = 10
  const parts: string[] = []
  for (const slice of slices) {
    const bars = slice.peers.flatMap(({ name, title, rounds }) =>
      rounds.length === 0 ? [] : [{ name, title, ...spreadOf(rounds.map(({ wallSeconds }) => wallSeconds)) }],
    )
    const scale = (width - nameWidth - 80) / Math.max(...bars.map(({ max }) => max))
    parts.push(`<text x="0" y="${y + 18}" class="head">${escaped(heading(slice).replace(/:$/, ', seconds'))}</text>`)
    y += headHeight
    for (const { name, title, median, min, max } of bars) {
      const middle = y + rowHeight / 2
      const end = nameWidth + scale * max
      parts.push(
        `<text x="${nameWidth - 8}" y="${middle + 4}" class="name">${escaped(title.replaceAll('`', ''))}</text>`,
        `<rect x="${nameWidth}" y="${y + 3}" width="${(scale * median).toFixed(1)}" height="${rowHeight - 6}" class="${kindOf(name)}"/>`,
        `<path d="M${(nameWidth + scale * min).toFixed(1)} ${middle}H${end.toFixed(1)}" class="range"/>`,
        `<text x="${(end + 6).toFixed(1)}" y="${middle + 4}">${median.toFixed(1)}</text>`,
      )
      y += rowHeight
    }
    y += 14
  }
  const style =
    'text{font:13px system-ui,sans-serif;fill:#777}.head{font-weight:600}.name{text-anchor:end}.own{fill:#2a7de1}.peer{fill:#9aa5b1}.limit{fill:#c9d1d9}.range{stroke:#777;stroke-width:2}'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img"><style>${style}</style>\n${parts.join('\n')}\n</svg>\n`
}

function kindOf(name: string): 'own' | 'peer' | 'limit' {
  if (name === 'stream' || name === 'reindex') return 'own'
  return name === 'limit' || name === 'scroll' ? 'limit' : 'peer'
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
