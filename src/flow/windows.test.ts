import { expect, test } from 'vitest'
import { opensAt } from './windows.ts'

const at = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

test.each([
  [[], '12:00', undefined],
  [['22:00-06:00'], '21:59', '22:00'],
  [['22:00-06:00'], '22:00', undefined],
  [['22:00-06:00'], '00:00', undefined],
  [['22:00-06:00'], '05:59', undefined],
  [['22:00-06:00'], '06:00', '22:00'],
  [['12:00-13:00', '22:00-24:00'], '06:00', '12:00'],
  [['12:00-13:00', '22:00-24:00'], '13:00', '22:00'],
  [['12:00-13:00', '22:00-24:00'], '23:59', undefined],
  [['12:00-13:00', '22:00-24:00'], '00:00', '12:00'],
  [['06:00-06:00'], '05:59', undefined],
])('with windows %j, at %s the next one opens at %s', (windows, time, opens) => {
  expect(opensAt(windows, at(time))).toBe(opens)
})
