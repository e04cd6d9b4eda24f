import type { Fault } from '../fault.ts'

const hourMs = 3_600_000

export const clockJump: Fault = {
  name: 'clock jump',
  does: "the clock of Shardferry's process jumps by up to a day, forward or back (in the process: the machine's stays)",
  prepare: async ({ random, faultyEnv }) => {
    const byMs = (random.chance(0.5) ? 1 : -1) * random.between(hourMs / 60, 24 * hourMs)
    faultyEnv['DRILL_CLOCK_JUMP'] = `${random.between(1_500, 4_000)}:${byMs}`
  },
}
