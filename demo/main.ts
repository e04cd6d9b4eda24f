/** `make demo`: tells the story, and leaves the machine as it was. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LabError } from '../lab/errors.ts'
import { logFiles, stopClusters, type Clusters } from './clusters.ts'
import { bold, cross, DemoError, dim, during, endStage, say, stage, stageTimes } from './stage.ts'
import { tell } from './story.ts'

const help = `Starts Elasticsearch 7.10.2 and OpenSearch 2.19.4 on this machine, fills the first with real data, moves it all to
the second with Shardferry, compares every document, and stops both again. About two minutes.

  node demo/main.ts [--keep]

  --keep   leave both clusters running, and say how to reach them`

const stop = new AbortController()
let stoppedMs = 0

function stopOnce(): void {
  if (stop.signal.aborted) return
  stoppedMs = Date.now()
  stop.abort(new DemoError('Stopped.'))
}

// A terminal that was closed takes no more words; the clusters are stopped all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', stopOnce)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // Somebody in a hurry asks twice; within a moment it is the same wish, passed on by npm or by the terminal.
    if (stop.signal.aborted && Date.now() - stoppedMs > 2000) process.exit(130)
    stopOnce()
  })
}

try {
  const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) console.log(help)
  else process.exitCode = await demo(values.keep ?? false)
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n\n${help}` : error)
  process.exitCode = 2
}

async function demo(keep: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-demo-'))
  try {
    const { clusters, differences } = await tell(folder, stop.signal)
    stage(keep ? 'Both clusters stay' : 'Stop both clusters')
    if (keep) sayHowToReach(clusters, folder)
    else await during('stopped, and their data is deleted', stopClusters())
    if (!keep) rmSync(folder, { recursive: true, force: true })
    endStage()
    say('', ...stageTimes().map(dim), '')
    sayWhatNext()
    return differences === 0 ? 0 : 1
  } catch (error) {
    return await giveUp(error, folder)
  }
}

/** Says what went wrong, stops both clusters, and keeps what tells why, unless the demo was stopped on purpose. */
async function giveUp(error: unknown, folder: string): Promise<number> {
  const stopped = stop.signal.aborted
  say('', stopped ? bold('Stopped.') : `${cross} ${sentence(error)}`)
  await during('both clusters are stopped', stopClusters({ keep: !stopped }))
  const places = stopped ? [] : [...logFiles(), join(folder, 'state')].filter(existsSync)
  if (places.length === 0) rmSync(folder, { recursive: true, force: true })
  else {
    say('What tells more:', ...places.map(place => `  ${place}`))
    say('The next demo deletes the logs; so does: npm run lab -- down demo-source; npm run lab -- down demo-target')
  }
  return stopped ? 130 : 1
}

/** Only what nobody foresaw comes with a stack trace. */
function sentence(error: unknown): string {
  if (error instanceof LabError || error instanceof DemoError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function sayHowToReach({ source, target }: Clusters, folder: string): void {
  for (const { name, urls, admin, caPath } of [source, target]) {
    say(`${bold(name)}  ${urls[0]}`, `  user ${admin?.username}, password ${admin?.password}`, `  CA ${caPath}`)
  }
  say(`The journal and the report of the migration: ${join(folder, 'state')}`)
  say('To stop them: npm run lab -- down demo-source; npm run lab -- down demo-target')
}

function sayWhatNext(): void {
  say(
    bold('Where to go from here'),
    'README.md, "Quick start"                       the same with your own clusters',
    'npm run shardferry -- --help                   every command; try check and plan first, they change nothing',
    'npm run lab -- up mine --dist opensearch-2.19.4 --secure     a cluster to try things on',
  )
}
