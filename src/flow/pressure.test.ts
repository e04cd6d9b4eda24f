import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Allowance, least } from './allowance.ts'
import { PressureJudge } from './pressure.ts'
import type { Judgement } from './pressure.ts'
import { readingsOf } from './sample-readings.test-part.ts'
import type { Happening } from './sample-readings.test-part.ts'

const working = { resting: false, gentle: false, maxLoad: 0 }

/** The last judgement of what happens on a source. */
function judged(happenings: readonly Happening[], now = working): Judgement {
  const judge = new PressureJudge('source')
  const reading = readingsOf()
  judge.judge(reading(), now)
  return happenings.map(one => judge.judge(reading(one), now)).at(-1)!
}

const calm = { level: 'calm', reason: '', arrived: false }

test('a cluster that works as hard as it can for us alone is calm', () => {
  const busy: Happening = { own: 12, queue: 9, writeQueue: 40, load: 8, heapPercent: 80 }
  expect(judged([busy, busy, busy, busy])).toEqual(calm)
})

test.each<[string, readonly Happening[], Partial<Judgement>]>([
  ['rejections', [{ rejected: 1 }], { level: 'high', reason: "the source's node n1 rejects searches" }],
  ['a breaker', [{ tripped: 1 }], { level: 'high', reason: "a circuit breaker of the source's node n1 has tripped" }],
  ['a queue that nears its end', [{ writeQueue: 5_001 }], { level: 'high' }],
  ['one reading of a full heap', [{ heapPercent: 95 }], calm as Partial<Judgement>],
  ['two of them', [{ heapPercent: 95 }, { heapPercent: 95 }], { level: 'raised' }],
  [
    'three of them',
    [{ heapPercent: 95 }, { heapPercent: 95 }, { heapPercent: 95 }],
    { level: 'high', reason: "the source's node n1 uses 95% of its heap" },
  ],
  ['a disk that will be full in 40 s', [{ fills: 1e12 - 2e9 }, { fills: 1e8 }], { level: 'high' }],
  ['a disk that will be full in 5 minutes', [{ fills: 1e12 - 2e9 }, { fills: 1e7 }], calm as Partial<Judgement>],
  ['what passed', [{ rejected: 1, tripped: 3 }, {}], calm as Partial<Judgement>],
  ['a node that was started anew', [{ rejected: 5 }, { starts: true, heapPercent: 10 }], calm as Partial<Judgement>],
])('%s', (_, happenings, expected) => {
  expect(judged(happenings)).toMatchObject(expected)
})

test('the load is a reason from the one on that it was given', () => {
  const loaded = (load: number, maxLoad: number): Judgement => judged([{ load }], { ...working, maxLoad })
  expect(loaded(9, 0).level).toBe('calm')
  expect([loaded(1.7, 2), loaded(1.9, 2), loaded(2.1, 2)].map(({ level }) => level)).toEqual(['calm', 'raised', 'high'])
  expect(loaded(2.1, 2).reason).toBe("the source's node n1 has a load of 2.1 per processor, of 2 that it may have")
})

test('searches that wait are a reason where others search too: those of ours alone would wait for each other', () => {
  const others: Happening = { searches: 40, ms: 5 }
  expect(judged([{ ...others, queue: 9 }]), 'once may be a count of ours, on many shards').toEqual(calm)
  expect(judged([others, { ...others, queue: 1 }]).reason).toBe('others search on the source')
  expect(judged([others, { ...others, queue: 2 }])).toMatchObject({ level: 'raised', arrived: true })
  expect(judged([others, { ...others, queue: 9 }]).level).toBe('high')
  expect(judged([others, others, { ...others, queue: 2 }, { ...others, queue: 2 }])).toMatchObject({
    level: 'high',
    reason: "2 searches wait on the source's node n1",
    arrived: false,
  })
})

/** A source where others have searched for some time while we rested, in searches of 5 ms. */
function withOthers(): (happening: Happening, more?: object) => Judgement {
  const judge = new PressureJudge('source')
  const reading = readingsOf()
  const look = (happening: Happening, more = {}): Judgement => judge.judge(reading(happening), { ...working, ...more })
  look({}, { resting: true })
  for (let i = 0; i < 8; i++) look({ searches: 80, ms: 5 }, { resting: true })
  return look
}

test('others who come are told once, and then it is learned what they take', () => {
  const judge = new PressureJudge('source')
  const reading = readingsOf()
  const seen = Array.from({ length: 8 }, () => judge.judge(reading({ searches: 80, ms: 5 }), { ...working, gentle: true }))
  expect(seen.map(({ arrived }) => arrived)).toEqual([false, false, true, false, false, false, false, false])
  expect(seen.map(({ level }) => level)).toEqual(['calm', 'calm', ...Array<string>(3).fill('raised'), 'calm', 'calm', 'calm'])
  expect(seen[3]?.reason).toBe('others search on the source')
})

test('searches of others that take longer than while we rested are a reason, and our own say nothing about them', () => {
  const look = withOthers()
  expect(look({ searches: 80, ms: 5, own: 50 }).level).toBe('calm')
  expect(look({ searches: 80, ms: 5.8, own: 50 }).level).toBe('raised')
  expect(look({ searches: 80, ms: 10, own: 50 })).toMatchObject({
    level: 'high',
    reason: 'searches of others on the source take 2.0 times as long as usual',
  })
  expect(look({ searches: 1, ms: 10 }), 'too few to tell').toMatchObject({ level: 'calm' })
  expect(look({ searches: 80, ms: 5 }).level).toBe('calm')
})

test('where others search, more than half of the CPU that they leave is too much', () => {
  const look = withOthers()
  const others = { searches: 80, ms: 5 }
  expect(look({ ...others, cpu: 45 }).level).toBe('calm')
  expect(look({ ...others, cpu: 50 }).level).toBe('raised')
  expect(look({ ...others, cpu: 65 })).toMatchObject({
    level: 'high',
    reason: "the CPU of the source's node n1 is at 65%, of 20% without us, and others search there",
  })
  expect(judged([{ cpu: 100 }, { cpu: 100 }])).toEqual(calm)
})

test('others whose searches take longer although next to nothing is moved are not slowed down by us: that is usual then', () => {
  const look = withOthers()
  const levels = Array.from({ length: 20 }, () => look({ searches: 80, ms: 15, cpu: 90 }, { gentle: true }).level)
  expect(levels[0]).toBe('high')
  expect(levels.at(-1)).toBe('calm')
})

test('where it may not be looked, our own requests tell: much longer ones, twice', () => {
  const judge = new PressureJudge('target')
  const look = (msPerMib: number, width = 4): Judgement => judge.judge(undefined, { ...working, own: { msPerMib, width } })
  expect(Array.from({ length: 6 }, (_, i) => look(40 + i).level)).toEqual(Array(6).fill('calm'))
  expect([look(160), look(160)]).toMatchObject([
    { level: 'calm' },
    { level: 'high', reason: expect.stringMatching(/^our bulk requests to the target take 3\.\d times/) as string },
  ])
  expect(look(160, 2).level, 'another width has another usual').toBe('calm')
})

test('where it may be looked and nobody else searches, our own requests may take as long as they do', () => {
  const judge = new PressureJudge('target')
  const reading = readingsOf()
  const levels = [40, 40, 400, 400, 400].map(
    msPerMib => judge.judge(reading(), { ...working, own: { msPerMib, width: 4 } }).level,
  )
  expect(levels).toEqual(Array(5).fill('calm'))
})

const happening: fc.Arbitrary<Happening> = fc.record(
  {
    searches: fc.nat(200),
    ms: fc.nat(500),
    own: fc.nat(50),
    queue: fc.nat(50),
    writeQueue: fc.nat(10_000),
    rejected: fc.constantFrom(0, 0, 0, 1, 9),
    tripped: fc.constantFrom(0, 0, 0, 1),
    heapPercent: fc.nat(100),
    load: fc.double({ min: 0, max: 20, noNaN: true }),
    cpu: fc.nat(100),
    fills: fc.nat(1e9),
    starts: fc.constantFrom(false, false, false, true),
  },
  { requiredKeys: [] },
)
const own = fc.option(
  fc.record({ msPerMib: fc.double({ min: 1, max: 1_000, noNaN: true }), width: fc.integer({ min: 1, max: 8 }) }),
)
const look = fc.record({ happening, isThere: fc.constantFrom(true, true, true, false), own })

test('whatever is read, something is always allowed; and what is read again and again leads to one width that stays', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 16 }),
      fc.constantFrom(0, 0.5, 4),
      fc.array(look, { maxLength: 60 }),
      look,
      (maxWidth, maxLoad, profile, forever) => {
        const judge = new PressureJudge('source')
        const allowance = new Allowance()
        const reading = readingsOf()
        const step = (one: typeof forever): number => {
          const { value } = allowance
          const now = { resting: false, gentle: value <= least, maxLoad, own: one.own ?? undefined }
          allowance.step([judge.judge(one.isThere ? reading(one.happening) : undefined, now)], maxWidth)
          expect(allowance.value).toBeGreaterThanOrEqual(least)
          expect(allowance.value === Infinity).toBe(allowance.reason === '')
          expect(allowance.value === Infinity || allowance.value < maxWidth).toBe(true)
          return allowance.value
        }
        for (const one of profile) step(one)
        const steady = { ...forever, happening: { ...forever.happening, starts: false } }
        const values = Array.from({ length: 400 }, () => step(steady)).slice(-50)
        expect(new Set(values).size).toBe(1)
        // And when it is over, all of the width comes back.
        const recovery = Array.from({ length: 40 + maxWidth }, () => step({ happening: {}, isThere: true, own: null }))
        expect(recovery.at(-1)).toBe(Infinity)
      },
    ),
    { numRuns: 300 },
  )
})

test('a cluster whose others are slower the more is moved settles where they hardly notice, and the job goes on', () => {
  const judge = new PressureJudge('source')
  const allowance = new Allowance()
  const reading = readingsOf()
  const maxWidth = 4
  const settled: number[] = []
  for (let n = 0; n < 300; n++) {
    const moved = n < 3 ? 0 : Math.min(allowance.value, maxWidth)
    const noise = 1 + 0.06 * Math.sin(12.9898 * n)
    const ms = 8 * noise * (1 + 0.2 * moved)
    const now = { resting: n < 3, gentle: allowance.value <= least, maxLoad: 0 }
    allowance.step([judge.judge(reading({ searches: 60, ms, own: n < 3 ? 0 : 8 }), now)], maxWidth)
    if (n > 60) settled.push(Math.min(allowance.value, maxWidth))
  }
  const mean = settled.reduce((sum, one) => sum + one, 0) / settled.length
  expect(Math.max(...settled)).toBeLessThanOrEqual(2)
  expect(mean).toBeGreaterThan(0.4)
  expect(mean).toBeLessThan(1.5)
})
