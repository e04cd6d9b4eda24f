import { stripVTControlCharacters } from 'node:util'

import { expect, test } from 'vitest'

import { cellsOf } from './cells.ts'
import { progressFrame } from './progress-frame.ts'
import { sampleIndex, sampleProgress } from '../../model/sample-progress.test.ts'

const text = (lines: readonly string[]) => `\n${lines.join('\n')}\n`
const at80 = { columns: 80, rows: 24, colour: false }

test('a frame at 80 columns', () => {
  expect(text(progressFrame(sampleProgress(), at80))).toMatchInlineSnapshot(`
    "
     Shardferry  cities-2026                                                copying
     https://old.example:9200 → https://new.example:9200

     ● cities  ▕███████████▋                ▏  41.9%   58,000 of 138,231   23.4 k/s
     ✓ orders  ▕████████████████████████████▏ 100.0%      9,000 of 9,000     copied

       Total   ▕████████████▋               ▏  45.5%   67,000 of 147,231   23.4 k/s

       time left   4s                        elapsed     2m 05s
       bytes       26.8 MB of 58.9 MB        byte rate   9.1 MB/s
       partitions  1 of 3                    width       8 of 8 requests
       set aside   0 documents               retries     0 requests

     Ctrl-C stops cleanly; run the same command again to go on
    "
  `)
})

test('a frame at 120 columns has room for targets, rates and states', () => {
  const renamed = { ...sampleIndex('cities', 'copying', 58_000, 138_231), target: 'cities-v2' }
  const indices = [renamed, sampleIndex('orders', 'catching-up', 9000, 9000)]
  expect(text(progressFrame(sampleProgress({ indices }), { columns: 120, rows: 40, colour: false }))).toMatchInlineSnapshot(`
    "
     Shardferry  cities-2026                                                                                        copying
     https://old.example:9200 → https://new.example:9200

     ● cities → cities-v2  ▕█████████████▊                   ▏  41.9%   58,000 of 138,231   23.2 MB   23.4 k/s  3s left
     ↻ orders              ▕█████████████████████████████████▏ 100.0%      9,000 of 9,000    3.6 MB             catching up

       Total               ▕███████████████                  ▏  45.5%   67,000 of 147,231   26.8 MB   23.4 k/s

       time left   4s                        elapsed     2m 05s                    bytes       26.8 MB of 58.9 MB
       byte rate   9.1 MB/s                  partitions  1 of 3                    width       8 of 8 requests
       set aside   0 documents               retries     0 requests

     Ctrl-C stops cleanly; run the same command again to go on
    "
  `)
})

test('a frame at 80 columns names the target of a renamed index too, shortening both names before it leaves one out', () => {
  const shown = (index: string, target: string) => {
    const indices = [{ ...sampleIndex(index, 'copying', 58_000, 138_231), target }, sampleIndex('orders', 'copied', 9000, 9000)]
    return progressFrame(sampleProgress({ indices }), at80)[3]
  }
  expect(shown('cities', 'cities-v2')).toMatchInlineSnapshot(
    `" ● cities → cities-v2  ▕██████▋         ▏  41.9%   58,000 of 138,231   23.4 k/s"`,
  )
  expect(shown('logs-checkout-2026.11', 'archive-checkout-2026.11')).toMatchInlineSnapshot(
    `" ● logs-…26.11 → archiv…26.11  ▕███▎    ▏  41.9%   58,000 of 138,231   23.4 k/s"`,
  )
  expect(shown('a', 'archive-checkout-2026.11.24')).toMatchInlineSnapshot(
    `" ● a → archive-che…2026.11.24  ▕███▎    ▏  41.9%   58,000 of 138,231   23.4 k/s"`,
  )
})

test('pause and throttle are told without moving a line', () => {
  const plain = progressFrame(sampleProgress(), at80)
  const paused = progressFrame(sampleProgress({ paused: true, pausedBy: 'asked' }), at80)
  const slowed = progressFrame(sampleProgress({ width: 3, throttleReason: 'the target answers 429' }), at80)
  expect(paused[0]).toBe(' Shardferry  cities-2026                                        PAUSED  copying')
  expect(paused.at(-2)).toBe(' Paused: nothing is moved until `shardferry resume cities-2026`')
  expect(slowed.at(-2)).toBe(' Slowed to 3 of 8: the target answers 429')
  const reason = 'outside of 22:00-06:00; goes on at 22:00'
  const rests = progressFrame(sampleProgress({ paused: true, pausedBy: 'window', throttleReason: reason }), at80)
  const paced = progressFrame(
    sampleProgress({ width: 1, maxWidth: 1, throttleReason: 'others search; rests 50% of the time' }),
    at80,
  )
  expect(rests.at(-2)).toBe(' Rests: outside of 22:00-06:00; goes on at 22:00')
  expect(paced.at(-2)).toBe(' Slowed to 1 of 1: others search; rests 50% of the time')
  expect([paused, slowed, rests, paced].map(({ length }) => length)).toEqual(Array(4).fill(plain.length))
})

test('finished indices become one line when there are more than fit, and so do the rest', () => {
  const many = (count: number, state: 'copying' | 'waiting' | 'done') =>
    Array.from({ length: count }, (_, at) => sampleIndex(`${state}-${at}`, state, state === 'waiting' ? 0 : 10, 20))
  const shown = (indices: ReturnType<typeof many>) =>
    progressFrame(sampleProgress({ indices }), at80)
      .slice(3, -8)
      .map(line => line.slice(0, 22).trimEnd())
  expect(shown([...many(30, 'done'), ...many(2, 'waiting'), ...many(2, 'copying')])).toMatchInlineSnapshot(`
    [
      " ● copying-0  ▕███████",
      " ● copying-1  ▕███████",
      " · waiting-0  ▕",
      " · waiting-1  ▕",
      " ✓ 30 indices done",
      "",
    ]
  `)
  expect(shown([...many(1, 'done'), ...many(20, 'waiting'), ...many(9, 'copying')]).slice(-4)).toMatchInlineSnapshot(`
    [
      " ● copying-8   ▕██████",
      "   … 20 more waiting",
      " ✓ 1 index done",
      "",
    ]
  `)
})

test('no line ever wraps and no frame ever scrolls, whatever the names, numbers and sizes', () => {
  const huge = sampleIndex(`日本語の長い索引名${'-x'.repeat(120)}`, 'copying', 123_456_789_012, 999_999_999_999)
  const indices = [huge, ...Array.from({ length: 50 }, (_, at) => sampleIndex(`index-${at}`, 'waiting', 0, 0))]
  const odd = { total: huge, indices, name: 'n'.repeat(300), source: 's'.repeat(300), throttleReason: 'r'.repeat(300), width: 1 }
  for (const colour of [false, true])
    for (let columns = 10; columns <= 200; columns += 5)
      for (let rows = 2; rows <= 60; rows += 4)
        for (const paused of [false, true]) {
          const lines = progressFrame(sampleProgress({ ...odd, paused, etaMs: Number.NaN }), { columns, rows, colour })
          expect(lines.length).toBeLessThan(rows)
          const widest = Math.max(...lines.map(line => cellsOf(stripVTControlCharacters(line))))
          expect(widest).toBeLessThan(columns)
        }
})

test('more documents than expected, none expected, and numbers that are none do no harm', () => {
  const indices = [
    sampleIndex('more', 'copying', 30, 20),
    sampleIndex('none', 'waiting', 0, 0),
    sampleIndex('nan', 'copying', Number.NaN, 10),
  ]
  const frame = text(progressFrame(sampleProgress({ indices, docsPerSecond: Number.NaN, etaMs: null }), at80))
  expect(frame).not.toMatch(/NaN|Infinity|undefined/)
  expect(frame).toContain('100.0%')
})

test('colour changes nothing but colour', () => {
  const coloured = progressFrame(sampleProgress({ paused: true }), { ...at80, colour: true })
  expect(coloured.map(stripVTControlCharacters).map(line => line.trimEnd())).toEqual(
    progressFrame(sampleProgress({ paused: true }), at80),
  )
  expect(coloured[0]).toContain('\u001B[1m Shardferry\u001B[22m')
})
