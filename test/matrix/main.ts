/** `make matrix`: every source to every target, and the record of it, from which docs/compatibility.md is made. */
import { parseArgs } from 'node:util'
import { loadCorpus } from './load.ts'
import { pairs } from './pairs.ts'
import { keepRecord } from './record.ts'
import { runPair } from './run-pair.ts'
import { startServer } from './server.ts'

const { values: asked } = parseArgs({ options: { source: { type: 'string' }, target: { type: 'string' } } })
const wanted = pairs.filter(({ source, target }) => (asked.source ?? source) === source && (asked.target ?? target) === target)
const failed: string[] = []

for (const name of new Set(wanted.map(({ source }) => source))) {
  await using source = await startServer('matrix', name, 'source')
  const features = await loadCorpus(source)
  for (const pair of wanted.filter(one => one.source === name)) {
    await using target = await startServer('matrix', pair.target, 'target')
    const outcome = await runPair(source, target, features)
    const wrong = Object.entries(outcome.features).filter(([, { proof }]) => proof === 'failed')
    failed.push(...wrong.map(([feature, { note }]) => `${name} to ${pair.target}, ${feature}: ${note}`))
    keepRecord(outcome, { source: source.peakMb(), target: target.peakMb() })
    console.log(
      `${name} to ${pair.target}: ${outcome.seconds} s, ${Object.keys(outcome.features).length} features, ${wrong.length} failed`,
    )
  }
}
for (const one of failed) console.log(`FAILED ${one}`)
process.exitCode = failed.length === 0 && wanted.length > 0 ? 0 : 1
