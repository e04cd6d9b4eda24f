import { expect, test } from 'vitest'
import { Latencies, Usual } from './latency.ts'

const mib = 1024 * 1024

test('the time is told for a size, so that larger pages are not slower ones, and small ones tell nothing', () => {
  const latencies = new Latencies()
  for (const [ms, mibs] of [
    [30, 1],
    [60, 2],
    [900, 0.1],
    [120, 3],
  ] as const)
    latencies.took(ms, mibs * mib)
  expect(latencies.take()).toBe(30)
  expect(latencies.take()).toBeUndefined()
})

test('too few are kept until there are enough', () => {
  const latencies = new Latencies()
  latencies.took(10, mib)
  latencies.took(20, mib)
  expect(latencies.take()).toBeUndefined()
  latencies.took(90, mib)
  expect(latencies.take()).toBe(20)
})

test('nothing is unusual until something is known', () => {
  const usual = new Usual()
  expect([usual.value, usual.times(5)]).toEqual([undefined, 1])
  usual.learn(10, 1 / 8)
  expect([usual.value, usual.times(25)]).toEqual([10, 2.5])
  usual.learn(18, 1 / 8)
  expect(usual.times(11)).toBe(1)
})

test('what we make worse ourselves becomes usual only while we rest or nearly do, and what is better at once', () => {
  const usual = new Usual()
  usual.learnGently(50, false, false)
  expect(usual.value).toBeUndefined()
  usual.learnGently(8, true, false)
  usual.learnGently(50, false, false)
  expect(usual.value).toBe(8)
  usual.learnGently(4, false, false)
  expect(usual.value).toBe(7)
  usual.learnGently(15, false, true)
  expect(usual.value).toBe(8)
})
