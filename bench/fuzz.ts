/** `make fuzz`: the scanner of search answers and the reader of bulk answers against slow readers, on millions of damaged answers. */
import { parseArgs } from 'node:util'
import { fuzz, targets } from './fuzz/run.ts'
import type { FuzzTarget } from './fuzz/run.ts'
import { keepResult } from './results.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  console.log(`Feeds answers that fast-check makes, and damaged copies of them, to what reads them; ends at the first wrong reading.

  node bench/fuzz.ts [--inputs N] [--seed N]

  --inputs N   inputs for each reader (1000000)
  --seed N     the same seed makes the same inputs (1)`)
} else {
  const results = (Object.keys(targets) as FuzzTarget[]).map(target => {
    const startMs = performance.now()
    const counted = fuzz(target, Number(values.seed), Number(values.inputs))
    const seconds = (performance.now() - startMs) / 1000
    console.log(
      `${target.padEnd(16)} ${counted.inputs} inputs: ${counted.same} read alike, ${counted.damaged} with a document that is no JSON, ` +
        `${counted.refused} refused by both; nothing else (seed ${values.seed}, ${seconds.toFixed(0)} s)`,
    )
    return { target, ...counted, seconds }
  })
  console.log(keepResult('fuzz', { at: new Date().toISOString(), seed: Number(values.seed), results }))
}
