/** A short drill, of the same rounds every time: `make drill` plays hundreds. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faults, liveFaults } from '../../bench/drill/faults.ts'
import { playLiveRound } from '../../bench/drill/live/round.ts'
import { playRound, readers } from '../../bench/drill/round.ts'
import { openStage } from '../../bench/drill/stage.ts'
import type { OpenStage } from '../../bench/drill/stage.ts'

let stage: OpenStage

beforeAll(async () => {
  stage = await openStage({
    name: 'test-fault-drill',
    sourceDist: 'elasticsearch-7.10.2',
    targetDist: 'opensearch-2.19.4',
    nodes: 2,
    ids: 1500,
    seed: 1,
    indices: 1,
  })
})
afterAll(() => stage?.[Symbol.asyncDispose]())

test.each([
  // Before the kills: what a killed process leaves open on the source holds up the return of a copy to its node for two minutes.
  ['primary fail-over', 3],
  ['kill at a crash point', 1],
  ['kill at random', 2],
  ['scroll contexts exhausted', 5],
  ['circuit breakers', 6],
  ['connection resets', 7],
  ['truncated responses', 8],
  ['responses with failed shards', 9],
])('%s under load (seed %i): after the same command the target holds what the source has acknowledged', async (name, seed) => {
  const fault = faults.find(one => one.name === name)!
  const result = await playRound(stage, fault, seed)
  expect(result).toMatchObject({ trouble: [], recovered: true, lost: 0, duplicated: 0, wrong: 0, sourceLost: 0 })
  expect(result.documents).toBeGreaterThan(0)
  if (result.kills > 0) expect(result.readTwice).toBeLessThanOrEqual(result.kills * readers * result.largestPartition)
})

test('cutover and rollback under load, with kills at random: at each switch and each rest both sides hold what was acknowledged', async () => {
  const fault = liveFaults.find(({ name }) => name === 'kill at random')!
  // There and back; killed at the cutover.
  const result = await playLiveRound(stage, fault, 13)
  expect(result).toMatchObject({ trouble: [], recovered: true, lost: 0, duplicated: 0, wrong: 0 })
  expect(result.documents).toBeGreaterThan(0)
  expect(result.changes.filter(({ made }) => made).map(({ what }) => what)).toEqual(['cutover', 'rollback'])
  // Applications that moved late were refused meanwhile.
  expect(result.refused).toBeGreaterThan(0)
})
