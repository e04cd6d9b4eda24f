/**
 * A picture of a terminal, for the README: `tmux capture-pane -e -p | node tools/terminal-svg.ts [TITLE] > picture.svg`.
 * Text keeps its colours (SGR sequences; all others are dropped), bars are drawn as shapes so that fonts leave no gaps.
 */
import { text } from 'node:stream/consumers'

import { cellsOf } from '../src/cli/view/cells.ts'

const cellWidth = 8.4
const lineHeight = 19
const fontSize = 14
const padding = 18
const titleHeight = 36

const background = '#16181d'
const foreground = '#d5d8de'
/** The sixteen colours, on the dark background above. */
const palette = [
  '#3b3f4a', '#e8636a', '#8cc570', '#e3b55c', '#62a8ea', '#c58ae0', '#54bfc4', '#d5d8de',
  '#767c89', '#f2868c', '#a6d78d', '#f0cb80', '#86bff2', '#d6a7ec', '#7dd6da', '#ffffff',
] // prettier-ignore

interface Look {
  readonly bold: boolean
  readonly dim: boolean
  readonly italic: boolean
  readonly underline: boolean
  readonly inverse: boolean
  readonly ink: string | undefined
  readonly paper: string | undefined
}

const plainLook: Look = {
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  ink: undefined,
  paper: undefined,
}

/** Lines with ANSI colours as an SVG document. */
export function terminalSvg(lines: readonly string[], title: string): string {
  const used = lines.slice(0, lines.findLastIndex(line => withoutEscapes(line).trim() !== '') + 1)
  const columns = used.reduce((widest, line) => Math.max(widest, cellsOf(withoutEscapes(line).trimEnd())), 40)
  const width = Math.ceil(columns * cellWidth + 2 * padding)
  const height = titleHeight + used.length * lineHeight + padding
  let look = plainLook
  const drawn = used.map((line, row) => {
    const result = drawLine(line, titleHeight + row * lineHeight, look)
    look = result.look
    return result.svg
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${width}" height="${height}" rx="9" fill="${background}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map((fill, at) => `<circle cx="${20 + at * 19}" cy="18" r="6" fill="${fill}"/>`),
    `<text x="${width / 2}" y="22.5" text-anchor="middle" fill="#8b909c" font-family="system-ui, sans-serif" font-size="13">${escaped(title)}</text>`,
    `<g font-family="'DejaVu Sans Mono', 'SF Mono', Menlo, Consolas, monospace" font-size="${fontSize}" xml:space="preserve">`,
    ...drawn,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function drawLine(line: string, top: number, before: Look): { svg: string; look: Look } {
  let look = before
  let column = 0
  let svg = ''
  for (const piece of pieces(line)) {
    if (piece.kind === 'escape') {
      look = piece.colours === undefined ? look : changed(look, piece.colours)
    } else {
      svg += drawPiece(piece.text, column, top, look)
      column += cellsOf(piece.text)
    }
  }
  return { svg, look }
}

type Piece = { readonly kind: 'escape'; readonly colours: string | undefined } | { readonly kind: 'text'; readonly text: string }

// Escape sequences are what is read here: CSI, OSC, and two-character ones.
const escapes =
  // oxlint-disable-next-line no-control-regex
  /\u001B\[([\d;:?]*)([ -/]*[@-~])|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)|\u001B[ -/]*[0-~]|[\u0000-\u001F\u007F]/g

function pieces(line: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const match of line.matchAll(escapes)) {
    if (match.index > at) found.push({ kind: 'text', text: line.slice(at, match.index) })
    found.push({ kind: 'escape', colours: match[2] === 'm' ? match[1] : undefined })
    at = match.index + match[0].length
  }
  if (at < line.length) found.push({ kind: 'text', text: line.slice(at) })
  return found
}

function withoutEscapes(line: string): string {
  return line.replace(escapes, '')
}

/** One piece in one look: its paper, its text word by word at exact columns, and its blocks as rectangles. */
function drawPiece(text: string, column: number, top: number, look: Look): string {
  const ink = (look.inverse ? look.paper : look.ink) ?? (look.inverse ? background : foreground)
  const paper = look.inverse ? (look.ink ?? foreground) : look.paper
  const opacity = look.dim ? ' opacity="0.55"' : ''
  let svg = paper === undefined ? '' : rect(column, top, cellsOf(text), paper, '')
  for (const run of text.matchAll(/[▏▎▍▌▋▊▉█▕]+|[^▏▎▍▌▋▊▉█▕ ]+(?: [^▏▎▍▌▋▊▉█▕ ]+)*/g)) {
    const from = column + cellsOf(text.slice(0, run.index))
    svg += isBlock(run[0]) ? drawBlocks(run[0], from, top, ink, opacity) : drawText(run[0], from, top, ink, look, opacity)
  }
  return svg
}

function drawText(text: string, column: number, top: number, ink: string, look: Look, opacity: string): string {
  const weight = look.bold ? ' font-weight="700"' : ''
  const style = look.italic ? ' font-style="italic"' : ''
  const line = look.underline ? ' text-decoration="underline"' : ''
  const length = round(cellsOf(text) * cellWidth)
  const place = `x="${xOf(column)}" y="${round(top + lineHeight - 5)}" textLength="${length}" lengthAdjust="spacingAndGlyphs"`
  return `<text ${place} fill="${ink}"${weight}${style}${line}${opacity}>${escaped(text)}</text>`
}

const blocks = '▏▎▍▌▋▊▉█'

function isBlock(text: string): boolean {
  return text.startsWith('▕') || blocks.includes(text.charAt(0))
}

/** Full blocks and the part of one that follows are one rectangle: seams would show. */
function drawBlocks(text: string, column: number, top: number, ink: string, opacity: string): string {
  return Array.from(text.matchAll(/▕|█*[▏▎▍▌▋▊▉]|█+/g), ({ 0: found, index }) => {
    if (found === '▕') return rect(column + index + 7 / 8, top, 1 / 8, ink, opacity)
    const last = found.charAt(found.length - 1)
    const cells = found.length - 1 + (blocks.indexOf(last) + 1) / 8
    return rect(column + index, top, cells, ink, opacity)
  }).join('')
}

function rect(column: number, top: number, cells: number, fill: string, opacity: string): string {
  const place = `x="${xOf(column)}" y="${top + 2}" width="${round(cells * cellWidth)}" height="${lineHeight - 4}"`
  return `<rect ${place} fill="${fill}"${opacity}/>`
}

/** Applies the numbers of one SGR sequence. */
function changed(look: Look, numbers: string): Look {
  const codes = numbers.split(/[;:]/).map(Number)
  let next = look
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0
    if (code === 38 || code === 48) {
      const { colour, taken } = extendedColour(codes.slice(at + 1))
      next = code === 38 ? { ...next, ink: colour } : { ...next, paper: colour }
      at += taken
    } else {
      next = changedByOne(next, code)
    }
  }
  return next
}

function changedByOne(look: Look, code: number): Look {
  if (code >= 30 && code <= 37) return { ...look, ink: palette[code - 30] }
  if (code >= 90 && code <= 97) return { ...look, ink: palette[code - 82] }
  if (code >= 40 && code <= 47) return { ...look, paper: palette[code - 40] }
  if (code >= 100 && code <= 107) return { ...look, paper: palette[code - 92] }
  switch (code) {
    case 0:
      return plainLook
    case 1:
      return { ...look, bold: true }
    case 2:
      return { ...look, dim: true }
    case 3:
      return { ...look, italic: true }
    case 4:
      return { ...look, underline: true }
    case 7:
      return { ...look, inverse: true }
    case 22:
      return { ...look, bold: false, dim: false }
    case 23:
      return { ...look, italic: false }
    case 24:
      return { ...look, underline: false }
    case 27:
      return { ...look, inverse: false }
    case 39:
      return { ...look, ink: undefined }
    case 49:
      return { ...look, paper: undefined }
    default:
      return look
  }
}

/** `5;N` of 256 colours, or `2;R;G;B`. */
function extendedColour([kind, first = 0, green = 0, blue = 0]: readonly number[]): {
  colour: string | undefined
  taken: number
} {
  if (kind === 2) return { colour: `rgb(${first},${green},${blue})`, taken: 4 }
  if (kind !== 5) return { colour: undefined, taken: 0 }
  if (first < 16) return { colour: palette[first], taken: 2 }
  if (first >= 232) return { colour: grey(8 + (first - 232) * 10), taken: 2 }
  const [r, g, b] = [36, 6, 1].map(step => {
    const level = Math.floor((first - 16) / step) % 6
    return level === 0 ? 0 : 55 + level * 40
  })
  return { colour: `rgb(${r},${g},${b})`, taken: 2 }
}

function grey(level: number): string {
  return `rgb(${level},${level},${level})`
}

function xOf(column: number): number {
  return round(padding + column * cellWidth)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

if (import.meta.main) {
  const captured = await text(process.stdin)
  process.stdout.write(terminalSvg(captured.split('\n'), process.argv[2] ?? 'shardferry'))
}
