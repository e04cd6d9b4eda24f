/** A kill -9 at every named place: the same command, run again, ends exact. Which time a place is reached is drawn from a seed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crashPoints, deletesCrashPoints } from '../../src/model/crash-points.ts'
import { chosenSettings, compare, definitionOf } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Report } from '../support/shardferry.ts'

const seed = 20_261_124

/** How often a run over both indices comes by at least. */
const timesReached: Readonly<Record<(typeof crashPoints)[number], number>> = {
  'plan-journaled': 1,
  'step-captured': 5,
  'step-applied': 5,
  'step-journaled': 5,
  'round-opened': 2,
  'page-read': 4,
  'batch-written': 4,
  'manifest-kept': 4,
  'partition-written': 4,
  'partition-settled': 4,
  'round-closed': 2,
  'step-undone': 2,
  'tuning-restored': 1,
  'account-taken': 1,
}

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
  const settings = { number_of_shards: 2, number_of_replicas: 0, refresh_interval: '7s' }
  await pair.source.json('PUT', '/north', { settings, aliases: { compass: { is_write_index: true } } })
  await pair.source.json('PUT', '/south', { settings })
  await load(pair.source, 'north', people(600))
  await load(pair.source, 'south', people(600, 600))
})
afterAll(() => leave(pair))

const cases = crashPoints.map((point, i) => {
  const times = fc.tuple(fc.integer({ min: 1, max: timesReached[point] }), fc.integer({ min: 1, max: timesReached[point] }))
  const [[first, second] = [1, 1]] = fc.sample(times, { seed: seed + i, numRuns: 1 })
  return { point, first, second }
})

test.each(cases)(
  `killed at $point (time $first, then time $second; seed ${seed}), a copy ends exact when it is run again`,
  async ({ point, first, second }) => {
    const ferry = ferryOf(pair)
    const rename = `{index}-${point}`
    const command = ['copy', '--index', 'north,south', '--rename', rename]
    expect(await ferry.run(command, { SHARDFERRY_CRASH_AT: `${point}:${first}` })).toMatchObject({
      signal: 'SIGKILL',
      stderr: '',
    })
    // Less is left to do, so the place may not be reached as often any more.
    const again = await ferry.run(command, { SHARDFERRY_CRASH_AT: `${point}:${second}` })
    expect(again.signal === 'SIGKILL' || again.code === 0).toBe(true)
    expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })

    const report = JSON.parse(readFileSync(join(ferry.state, 'm', 'report.json'), 'utf8')) as Report
    expect(report).toMatchObject({ verdict: 'exact', balanced: true, total: { read: 1200, setAside: 0, filtered: 0 } })
    expect(report.total.written + report.total.alreadyNewer).toBe(1200)
    for (const index of ['north', 'south']) {
      const target = rename.replace('{index}', index)
      expect(await compare(pair, index, { target })).toEqual({ documents: 600, differences: [] })
      const [here, there] = await Promise.all([definitionOf(pair.source, index), definitionOf(pair.target, target)])
      expect(chosenSettings(there)).toEqual(chosenSettings(here))
      expect(there.aliases).toEqual(here.aliases)
    }
    // The next case has the alias for itself.
    await pair.target.json('POST', '/_aliases', { actions: [{ remove: { index: `north-${point}`, alias: 'compass' } }] })
  },
)

test.each(deletesCrashPoints)(
  'killed at %s, a copy whose source has deleted documents ends exact when it is run again, and counts each delete once',
  async point => {
    const ferry = ferryOf(pair)
    const index = `fading-${point}`
    const command = ['copy', '--index', index]
    await pair.source.json('PUT', `/${index}`, { settings: { number_of_shards: 2, number_of_replicas: 0 } })
    await load(pair.source, index, people(900))
    expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
    for (let n = 0; n < 40; n++) await pair.source.json('DELETE', `/${index}/_doc/p${n * 20}`)
    // One of them is made anew before deletes are looked for, and one after the crash.
    await load(pair.source, index, people(3))
    expect(await ferry.run(command, { SHARDFERRY_CRASH_AT: point })).toMatchObject({ signal: 'SIGKILL', stderr: '' })
    await load(pair.source, index, people(2, 20))
    expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
    const report = JSON.parse(readFileSync(join(ferry.state, 'm', 'report.json'), 'utf8')) as Report
    // What was journaled before the crash was carried over, also where it is back now.
    const carried = point === 'deletes-journaled' ? 39 : 38
    expect(report).toMatchObject({ verdict: 'exact', indices: [{ deleted: { state: 'carried', by: 'manifest', carried } }] })
    expect(await compare(pair, index)).toEqual({ documents: 862, differences: [] })
  },
)
