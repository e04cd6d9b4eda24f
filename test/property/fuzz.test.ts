/** A short run of `make fuzz`, the same one every time. */
import { expect, test } from 'vitest'
import { fuzz, targets } from '../../bench/fuzz/run.ts'
import type { FuzzTarget } from '../../bench/fuzz/run.ts'

const inputs = 10_000
const seed = 20_261_124

test.each(Object.keys(targets) as FuzzTarget[])(
  `damaged %s are read as a slow reader reads them, or refused (seed ${seed})`,
  target => {
    const counted = fuzz(target, seed, inputs)
    expect(counted.inputs).toBeGreaterThanOrEqual(inputs)
    expect(counted.same).toBeGreaterThan(0)
    expect(counted.refused).toBeGreaterThan(0)
  },
)
