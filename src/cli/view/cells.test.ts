import { expect, test } from 'vitest'

import { cellsOf, clip, padEnd, padStart, printable, shorten, wrap } from './cells.ts'
import { bar } from './bar.ts'
import { paintLine, spanText } from './paint.ts'

test('wide characters take two cells and combining marks none', () => {
  expect([cellsOf('cities'), cellsOf('都市'), cellsOf('🚢'), cellsOf('e\u0301'), cellsOf('→█▏…')]).toEqual([6, 4, 2, 1, 4])
})

test('long names are shortened in the middle and never exceed their cells', () => {
  expect(shorten('logs-production-2026.11.24', 13)).toBe('logs-p….11.24')
  expect(shorten('cities', 6)).toBe('cities')
  for (let cells = 0; cells < 30; cells++)
    expect(cellsOf(shorten('都市データ-logs-production', cells))).toBeLessThanOrEqual(cells)
})

test('padding and clipping count cells, not characters', () => {
  expect([padEnd('都市', 6), padStart('都市', 6), clip('都市', 3)]).toEqual(['都市  ', '  都市', '都'])
})

test('words that are longer than a line stay whole', () => {
  expect(wrap('look at https://example.com/a/long/path now', 12)).toEqual(['look at', 'https://example.com/a/long/path', 'now'])
})

test("a server's message cannot move the cursor, colour the terminal or turn text around", () => {
  expect(printable('a\u001B[2Jb\r\nc\u202Ed')).toBe('a [2Jb cd')
  expect(paintLine(['x\u001B[31m'], 80, false)).toBe('x [31m')
})

test('a painted line is cut before it is coloured', () => {
  expect(paintLine([['abc', 'good'], 'defgh  '], 5, true)).toBe('\u001B[32mabc\u001B[39mde')
  expect(paintLine([['abc', 'good'], 'defgh  '], 80, false)).toBe('abcdefgh')
})

test('a bar grows in eighths of a cell, and is full only when complete', () => {
  const text = (fraction: number) => bar(fraction, 4, 'good').map(spanText).join('')
  expect([0, 1 / 32, 0.5, 31.9 / 32, 1].map(text)).toEqual(['▕    ▏', '▕▏   ▏', '▕██  ▏', '▕███▉▏', '▕████▏'])
})
