/** What is done to a run that changes direction. */
import { crashPoints, cutoverCrashPoints, deletesCrashPoints } from '../../../src/model/crash-points.ts'
import type { AnyCrashPoint } from '../../../src/model/crash-points.ts'
import type { Fault } from '../fault.ts'

/** Steps are passed by blocks, tuning and aliases; the others by what is copied before and behind the block. */
const passed: readonly AnyCrashPoint[] = [
  ...cutoverCrashPoints,
  ...crashPoints.filter(point => point.startsWith('step-')),
  ...['round-opened', 'batch-written', 'manifest-kept', 'partition-settled', 'round-closed'].filter(isCrashPoint),
  ...deletesCrashPoints,
]

function isCrashPoint(name: string): name is AnyCrashPoint {
  return crashPoints.some(point => point === name)
}

export const noFault: Fault = { name: 'none', does: 'nothing goes wrong' }

export const killAtChange: Fault = {
  name: 'kill at a crash point of a change',
  does: 'kill -9 of the run at one of the named places, the n-th time it comes by, while it changes direction',
  kills: true,
  begin: async round => {
    const { random, faultyEnv } = round
    const point = passed[random.between(0, passed.length - 1)]!
    const most = point.startsWith('step-') ? 8 : cutoverCrashPoints.some(one => one === point) ? 1 : 4
    faultyEnv['SHARDFERRY_CRASH_AT'] = `${point}:${random.between(1, most)}`
    round.running.kill('SIGTERM')
    await round.restart()
  },
}
