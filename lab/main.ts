import { existsSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { down, kill, list, revive, up, type LabCluster } from './cluster.ts'
import { distNames, recipeOf } from './dists.ts'
import { LabError } from './errors.ts'
import { cacheFolder, runFolder, sharesRunFolder } from './folders.ts'
import { distFolder, prepare } from './layout.ts'
import { logTail } from './node.ts'
import { isRunning } from './process.ts'
import { readCluster, runningNodes } from './record.ts'
import type { Jit } from './record.ts'
import { featureTable } from './table.ts'
import { verify } from './verify/verify.ts'

const help = `Real Elasticsearch and OpenSearch clusters on 127.0.0.1, for trying things out.

  lab up NAME --dist DIST [options]   start a cluster and wait until it answers
      --dist DIST       what to start, see "lab dists"
      --port PORT       HTTP port of the first node; the next nodes follow, transport ports are 1000 higher
                        (without it, free ports are found)
      --nodes N         number of nodes (1)
      --secure          TLS with a CA of its own, and a password
      --heap SIZE       heap of each node's JVM (512m)
      --jit full        compile as in production, to measure; without it, servers start in half of the time and serve slower
      --trust NAME      reindex from remote accepts this secure lab cluster (or CA file); may be repeated
      --setting K=V     a line for the server's settings file, none where V is null; may be repeated
  lab down NAME [--keep]              end a cluster and delete its data, or keep it for "lab revive"
  lab down --all [--yes]              end all clusters of the run folder; where that is the one everybody shares, --yes agrees
  lab list [--json]                   the lab's clusters
  lab info NAME                       all that is known of a cluster, as JSON
  lab kill NAME I                     end node I as a crash would; its data stays
  lab revive NAME [I] [--setting K=V] start node I, or all that do not run, again, with other settings if wanted
  lab logs NAME [I]                   the end of node I's log (0)
  lab prepare DIST...                 fetch dists without starting them
  lab dists [--table]                 what can be started; what each can do, as Markdown
  lab verify DIST [--secure]          start a cluster, try what it can do, and end it

Needs a JDK (see "lab dists" for the oldest that a dist takes; $SHARDFERRY_LAB_JDKS and $JAVA_HOME come before those in the
usual places), Maven, and openssl for --secure. The servers come from Maven Central, once.
lab/README.md says what each dist can do and what it lacks.
Servers are kept in ${cacheFolder()} ($SHARDFERRY_LAB_CACHE),
data and logs in ${runFolder()} ($SHARDFERRY_LAB_RUN).`

async function main(args: string[]): Promise<void> {
  const [command = 'help', ...rest] = args
  if (args.includes('--help') || args.includes('-h') || command === 'help') return console.log(help)
  const run = commands[command]
  if (run === undefined) throw new LabError(`The lab has no command "${command}".`, 'lab --help lists them.')
  await run(rest)
}

const commands: Record<string, (args: string[]) => Promise<void>> = {
  up: upCommand,
  down: downCommand,
  async list(args) {
    const { values } = parse(args, 0, 0, { json: { type: 'boolean' } })
    if (values.json) console.log(JSON.stringify(list().map(withState), null, 2))
    else for (const cluster of list()) console.log(line(cluster))
  },
  async info(args) {
    console.log(JSON.stringify(withState(readCluster(parse(args, 1, 1).words[0] ?? '')), null, 2))
  },
  async kill(args) {
    const [name = '', node = ''] = parse(args, 2, 2).words
    await kill(name, wholeNumber('I', node))
    console.log(`${name}: node ${node} does not run any more`)
  },
  async revive(args) {
    const { words, values } = parse(args, 1, 2, { setting: { type: 'string', multiple: true } })
    const [name = '', node] = words
    const startedMs = Date.now()
    await revive(name, node === undefined ? undefined : wholeNumber('I', node), settingsIn(values.setting))
    console.log(`${line(readCluster(name))}  (after ${seconds(startedMs)})`)
  },
  async logs(args) {
    const [name = '', node = '0'] = parse(args, 1, 2).words
    console.log(logTail(readCluster(name), wholeNumber('I', node), 200))
  },
  async prepare(args) {
    for (const dist of parse(args, 1, distNames.length).words) console.log(await prepare(dist))
  },
  async dists(args) {
    const { values } = parse(args, 0, 0, { table: { type: 'boolean' } })
    if (values.table) return console.log(featureTable())
    for (const dist of distNames) {
      const state = existsSync(distFolder(dist)) ? 'ready' : 'to be fetched at the first start'
      const { javaMajor, secure } = recipeOf(dist)
      console.log(`${dist.padEnd(24)} Java ${javaMajor}+  ${(secure === undefined ? '' : '--secure').padEnd(10)}${state}`)
    }
  },
  async verify(args) {
    const { words, values } = parse(args, 1, 1, { secure: { type: 'boolean' } })
    let surprises = 0
    for await (const { what, outcome, asWritten, words: why } of verify(words[0] ?? '', values.secure ?? false)) {
      if (!asWritten) surprises++
      console.log(`${asWritten ? ' ' : '!'} ${outcome.padEnd(7)} ${what}${why === '' ? '' : ` (${why})`}`)
    }
    if (surprises > 0) throw new LabError(`${words[0]} differs from its recipe in what is marked with "!".`)
  },
}

async function upCommand(args: string[]): Promise<void> {
  const { words, values } = parse(args, 1, 1, {
    dist: { type: 'string' },
    port: { type: 'string' },
    nodes: { type: 'string' },
    secure: { type: 'boolean' },
    heap: { type: 'string' },
    jit: { type: 'string' },
    trust: { type: 'string', multiple: true },
    setting: { type: 'string', multiple: true },
  })
  if (values.dist === undefined) throw new LabError('"lab up" needs --dist.', `There are: ${distNames.join(', ')}.`)
  const startedMs = Date.now()
  const cluster = await up({
    name: words[0] ?? '',
    dist: values.dist,
    ...(values.port === undefined ? {} : { port: wholeNumber('--port', values.port) }),
    ...(values.nodes === undefined ? {} : { nodes: wholeNumber('--nodes', values.nodes) }),
    ...(values.heap === undefined ? {} : { heap: values.heap }),
    ...(values.jit === undefined ? {} : { jit: jitOf(values.jit) }),
    secure: values.secure ?? false,
    trust: values.trust ?? [],
    settings: settingsIn(values.setting),
  })
  console.log(`${line(cluster)}  (after ${seconds(startedMs)})`)
  if (cluster.admin !== undefined) {
    console.log(`user ${cluster.admin.username}, password ${cluster.admin.password}, CA ${cluster.caPath}`)
  }
}

function jitOf(value: string): Jit {
  if (value === 'quick' || value === 'full') return value
  throw new LabError(`--jit takes quick or full, not "${value}".`)
}

async function downCommand(args: string[]): Promise<void> {
  const { words, values } = parse(args, 0, 1, {
    all: { type: 'boolean' },
    keep: { type: 'boolean' },
    yes: { type: 'boolean' },
  })
  if ((words.length === 0) === !values.all)
    throw new LabError('"lab down" needs either a name or --all.', 'lab list shows the names.')
  const names = values.all ? list().map(cluster => cluster.name) : words
  if (values.all && names.length > 0 && !values.yes && sharesRunFolder()) refuseAll(names)
  for (const name of names) {
    await down(name, { keep: values.keep ?? false })
    console.log(`${name} is down${values.keep ? ', its data is kept' : ''}`)
  }
}

/** Whoever starts clusters here without a folder of their own has them in this one: they may be in the middle of something. */
function refuseAll(names: string[]): never {
  throw new LabError(
    `Everybody's clusters are in ${runFolder()}: ${names.join(', ')}. None was ended.`,
    'End yours by name (lab down NAME), all of them with --yes, or keep yours apart: SHARDFERRY_LAB_RUN=FOLDER.',
  )
}

function parse<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  least: number,
  most: number,
  options?: Options,
) {
  let parsed
  try {
    parsed = parseArgs({ args, options: options ?? ({} as Options), allowPositionals: true, strict: true })
  } catch (error) {
    throw new LabError(`${error instanceof Error ? error.message.split('. ')[0] : String(error)}.`, 'lab --help explains.')
  }
  const { positionals: words, values } = parsed
  if (words.length < least || words.length > most) throw new LabError('Too few or too many words.', 'lab --help explains.')
  return { words, values }
}

function wholeNumber(what: string, text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new LabError(`${what} must be a whole number, not "${text}".`)
  return Number(text)
}

function settingsIn(texts: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(texts.map(setting))
}

/** K=V; the value is read as JSON if it is JSON, else as a string. */
function setting(text: string): [string, unknown] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) throw new LabError(`--setting must be K=V, not "${text}".`)
  try {
    return [key, JSON.parse(value)]
  } catch {
    return [key, value]
  }
}

function line(cluster: LabCluster): string {
  const state = `${runningNodes(cluster).length}/${cluster.nodes.length} nodes up`
  const marks = `${cluster.secure ? '  secure' : ''}${cluster.kept ? '  data kept' : ''}`
  return `${cluster.name.padEnd(12)} ${cluster.dist}  ${state}  ${cluster.urls.join(' ')}${marks}`
}

function withState(cluster: LabCluster): object {
  return { ...cluster, nodes: cluster.nodes.map(node => ({ ...node, running: isRunning(node) })) }
}

function seconds(sinceMs: number): string {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof LabError)) throw error
  console.error(`lab: ${error.message}`)
  process.exitCode = 1
}
