import { setTimeout as sleep } from 'node:timers/promises'
import { crashPoints } from '../../../src/model/crash-points.ts'
import type { CrashPoint } from '../../../src/model/crash-points.ts'
import type { Fault } from '../fault.ts'

/** How often a run comes by at least, about. */
const times: Readonly<Record<CrashPoint, number>> = {
  'plan-journaled': 1,
  'step-captured': 6,
  'step-applied': 6,
  'step-journaled': 6,
  'round-opened': 3,
  'page-read': 25,
  'batch-written': 25,
  'manifest-kept': 12,
  'partition-written': 12,
  'partition-settled': 12,
  'round-closed': 3,
  'step-undone': 2,
  'tuning-restored': 1,
  'account-taken': 1,
}

export const killAtCrashPoint: Fault = {
  name: 'kill at a crash point',
  does: 'kill -9 of Shardferry at one of the named places, the n-th time it comes by',
  kills: true,
  prepare: async ({ random, faultyEnv }) => {
    const point = crashPoints[random.between(0, crashPoints.length - 1)]!
    faultyEnv['SHARDFERRY_CRASH_AT'] = `${point}:${random.between(1, times[point])}`
  },
}

export const killAtRandom: Fault = {
  name: 'kill at random',
  does: 'kill -9 of Shardferry at any moment, once to three times in a row',
  kills: true,
  begin: async round => {
    for (let left = round.random.between(1, 3); left > 0; left--) {
      await Promise.race([sleep(round.random.between(0, 800)), round.running.outcome])
      round.running.kill('SIGKILL')
      if (left > 1) await round.restart()
    }
  },
}
