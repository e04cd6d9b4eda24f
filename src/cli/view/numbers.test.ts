import { expect, test } from 'vitest'

import {
  formatByteRate,
  formatBytes,
  formatDocs,
  formatDuration,
  formatPercent,
  formatRate,
  formatShort,
  formatTime,
  fractionOf,
  plural,
} from './numbers.ts'

test('documents are shown to the last digit', () => {
  expect([0, 999, 1000, 138_231, 1_000_000_000, -1234].map(formatDocs)).toEqual([
    '0',
    '999',
    '1,000',
    '138,231',
    '1,000,000,000',
    '-1,234',
  ])
})

test('bytes and rates carry into the next unit instead of showing 1000.0', () => {
  expect([0, 999, 1000, 999_949, 999_950, 1.4e9, 2e18].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '999.9 kB',
    '1.0 MB',
    '1.4 GB',
    '2000.0 PB',
  ])
  expect([0, 999.6, 23_400, 1.2e6].map(formatRate)).toEqual(['0 docs/s', '1.0 k docs/s', '23.4 k docs/s', '1.2 M docs/s'])
  expect(formatByteRate(9_100_000)).toBe('9.1 MB/s')
  expect(formatShort(850)).toBe('850')
})

test('durations show their two largest units', () => {
  expect([0, 300, 4000, 59_600, 125_000, 3_725_000, 273_600_000].map(formatDuration)).toEqual([
    '0s',
    '<1s',
    '4s',
    '1m 00s',
    '2m 05s',
    '1h 02m',
    '3d 04h',
  ])
})

test('only what is complete shows 100.0%', () => {
  expect([0, 0.29, 0.4219, 0.99999, 1].map(formatPercent)).toEqual(['0.0%', '29.0%', '42.1%', '99.9%', '100.0%'])
  expect([fractionOf(1, 4), fractionOf(5, 4), fractionOf(0, 0), fractionOf(3, 0)]).toEqual([0.25, 1, 0, 0])
})

test('nothing is ever shown as NaN or Infinity', () => {
  const all = [formatDocs, formatBytes, formatRate, formatByteRate, formatShort, formatDuration, formatPercent, formatTime]
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(all.map(format => format(value))).toEqual(all.map(() => '–'))
})

test('one is one and many are many', () => {
  expect([plural(1, 'index', 'indices'), plural(0, 'index', 'indices'), plural(1200, 'index', 'indices')]).toEqual([
    '1 index',
    '0 indices',
    '1,200 indices',
  ])
})
