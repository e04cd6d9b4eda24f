import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { CompareForm, CompareUpTo, VerifyLevel } from '../model/verification.ts'
import type { Side } from '../model/connection.ts'
import { jobs } from '../model/needs.ts'
import type { CutoverConditions, Pace, RollbackConditions } from '../model/entries.ts'
import type { Job } from '../model/needs.ts'
import { ShardferryError } from '../model/errors.ts'
import { addSettingFlags, configOf, flagsOf } from '../settings/flags.ts'
import type { SettingsRequest } from '../settings/load.ts'
import type { RemoteSettings } from '../settings/serve-settings.ts'
import type { MigrationSettings, Settings } from '../settings/settings.ts'
import { windowPattern } from '../settings/table.ts'
import type { SettingGroup } from '../settings/table.ts'
import type { ChangeOptions } from './change-direction.ts'
import { parseBytes } from '../settings/units.ts'
import { version } from '../version.ts'
import { showError } from './output.ts'
import type * as remoteCommands from './remote/commands.ts'
import { stopSignal } from './stop-signal.ts'

/*
 * Commands are imported when they run: `--help` loads commander and the table of settings, and nothing that parses,
 * connects or stores.
 */

interface Options {
  readonly json?: boolean
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly out?: string
  readonly width?: number
  readonly docsPerSecond?: number
  readonly bytesPerSecond?: number
  readonly maxLoad?: number
  readonly window?: readonly string[]
  readonly reason?: string
  readonly saveCa?: string
  readonly yes?: boolean
  readonly side?: Side | 'both'
  readonly gone?: Side | 'both'
  readonly plan?: string
  readonly for?: Job
  readonly guide?: boolean
  readonly apiKey?: boolean
  readonly expires?: string
  readonly rotate?: boolean
  readonly print?: boolean
  readonly postpone?: boolean
  readonly maxLag?: number
  readonly maxBlock?: number
  readonly acceptSetAside?: boolean
  readonly acceptUnverified?: boolean
  readonly acceptYellow?: boolean
  readonly takeAliases?: boolean
  readonly acceptDifferences?: boolean
  readonly hook?: string
  readonly moved?: boolean
}

interface VerifyFlags extends Options {
  readonly level: VerifyLevel
  readonly compare: 'auto' | CompareForm
  readonly upTo: CompareUpTo
  readonly maxDifferences: number
  readonly queries?: string
  readonly repair?: boolean
  readonly deleteExtraAnywhere?: boolean
}

const everything: readonly SettingGroup[] = ['source', 'target', 'selection', 'copying', 'migration', 'output']
const connections: readonly SettingGroup[] = ['source', 'target', 'migration', 'output']
const stateOnly: readonly SettingGroup[] = ['migration', 'remote', 'output']

const jsonFlag = ['--json', 'Events for machines, one JSON object a line (docs/reference/events.md).'] as const
const dryRunFlag = ['--dry-run', 'Check and plan only; change nothing.'] as const

const wouldAskFlag = ['--dry-run', 'only say what would be asked'] as const

const sourceOrName = 'address of the source, or the name of a migration'

const signal = stopSignal()
// `shardferry … | head`: nobody reads on, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
let debug = process.env['SHARDFERRY_LOG_LEVEL'] === 'debug'

const program = new Command('shardferry')
  .description(
    'Moves indices, aliases and data streams from one Elasticsearch or OpenSearch cluster to another: exactly, resumably, verified.',
  )
  .version(version)
  .showSuggestionAfterError()
  .exitOverride()
  // What is wrong with the command line is shown as every other error is, below.
  .configureOutput({ outputError: () => undefined })

/** A command that speaks to both clusters; their addresses may stand on the command line. */
function clusterCommand(
  command: Command,
  groups: readonly SettingGroup[],
  run: (settings: Settings, options: Options) => Promise<number>,
): void {
  command
    .argument('[source]', 'address of the source, such as https://old.example:9200')
    .argument('[target]', 'address of the target')
  addSettingFlags(command, groups).action(async (source: string | undefined, target: string | undefined, options: Options) =>
    ended(options, async () => run(await settingsOf(command, source, target), options)),
  )
}

/** As `clusterCommand`, for what only a migration that exists has: its name, alone, may stand on the command line too. */
function migrationCommand(
  command: Command,
  groups: readonly SettingGroup[],
  run: (settings: Settings, options: Options) => Promise<number>,
  remotely?: (remote: RemoteSettings, options: Options) => Promise<number>,
): void {
  command.argument('[source]', sourceOrName).argument('[target]', 'address of the target')
  addSettingFlags(command, remotely ? [...groups, 'remote'] : groups).action(
    async (first: string | undefined, target: string | undefined, options: Options) =>
      ended(options, async () => {
        const remote = remotely && (await remoteOf(command, first))
        return remote ? remotely(remote, options) : run(await settingsOfNamed(command, first, target), options)
      }),
  )
}

/**
 * A command that only looks into the state folder, or asks a server that does; the migration's name may stand on the command
 * line.
 */
function stateCommand(
  command: Command,
  run: (settings: MigrationSettings, options: Options) => Promise<number>,
  remotely?: (commands: typeof remoteCommands, remote: RemoteSettings, options: Options) => Promise<number>,
): void {
  command.argument('[name]', 'name of the migration; not needed where the state folder has only one')
  addSettingFlags(command, remotely ? stateOnly : ['migration', 'output']).action(
    async (name: string | undefined, options: Options) =>
      ended(options, async () => {
        const remote = remotely && (await remoteOf(command, name))
        if (remote) return remotely(await import('./remote/commands.ts'), remote, options)
        const { loadMigrationSettings } = await import('../settings/load.ts')
        return run(await loadMigrationSettings(requestOf(command, name)), options)
      }),
  )
}

function requestOf(command: Command, name: string | undefined): SettingsRequest {
  const flags = { ...flagsOf(command), ...(name === undefined ? {} : { name }) }
  return { file: configOf(command), flags, env: process.env }
}

async function remoteOf(command: Command, name: string | undefined): Promise<RemoteSettings | undefined> {
  const { loadRemote } = await import('../settings/load.ts')
  return await loadRemote(requestOf(command, name?.includes('://') ? undefined : name), signal)
}

async function settingsOf(
  command: Command,
  sourceUrl?: string,
  targetUrl?: string,
  more: Pick<SettingsRequest, 'remembered'> & { readonly name?: string | undefined } = {},
): Promise<Settings> {
  const { loadSettings } = await import('../settings/load.ts')
  const { name, ...request } = more
  const flags = { ...flagsOf(command), ...(name === undefined ? {} : { name }) }
  const settings = await loadSettings(
    { file: configOf(command), flags, env: process.env, sourceUrl, targetUrl, ...request },
    signal,
  )
  debug = settings.logLevel === 'debug'
  return settings
}

/**
 * Of a command on a migration: one argument that is no address is its name, and it must exist. Addresses that are given
 * nowhere are those that it was started with.
 */
async function settingsOfNamed(command: Command, first?: string, target?: string): Promise<Settings> {
  const { knownName, rememberedAddresses: remembered } = await import('./session.ts')
  const isName = first !== undefined && target === undefined && !first.includes('://')
  if (!isName) return await settingsOf(command, first, target, { remembered })
  const settings = await settingsOf(command, undefined, undefined, { name: first, remembered })
  knownName(settings)
  return settings
}

/** Runs a command to its exit code; an error is shown once, here. */
async function ended(options: Options, run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (thrown) {
    process.exitCode = showError(thrown, options.json === true, debug)
  }
}

clusterCommand(
  program
    .command('copy')
    .description('Check, plan and move in one go. The same command again resumes, or catches up with what was written since.')
    .option(...jsonFlag)
    .option(...dryRunFlag),
  everything,
  async (settings, { json = false, dryRun = false }) =>
    (await import('./commands/copy.ts')).copy(settings, { json, dryRun }, signal),
)

program
  .command('init')
  .description('Ask a few questions and write shardferry.yaml.')
  .option('--out <file>', 'file to write', 'shardferry.yaml')
  .option('--force', 'replace a file that exists')
  .option('--source-url <url>', 'answer: address of the source')
  .option('--target-url <url>', 'answer: address of the target')
  .option('--source-username <name>', 'answer: user name on the source')
  .option('--target-username <name>', 'answer: user name on the target')
  .option('--source-ca <file>', 'answer: CA file of the source')
  .option('--target-ca <file>', 'answer: CA file of the target')
  .option('--index <patterns>', 'answer: what to move')
  .option('--dry-run', 'print the file, write nothing')
  .action(async (options: Options & Record<string, string | undefined>) =>
    ended(options, async () => (await import('./commands/init.ts')).init(options, signal)),
  )

clusterCommand(
  program
    .command('check')
    .description('Check both clusters and everything the move needs; every finding has a remedy. Changes nothing.')
    .option(...jsonFlag)
    .option(
      '--save-ca <file>',
      'keep the self-signed CA of a side that is not trusted yet; {side} in the name is source or target',
    ),
  everything,
  async (settings, { json = false, saveCa }) => (await import('./commands/check.ts')).check(settings, { json, saveCa }, signal),
)

clusterCommand(
  program
    .command('plan')
    .description('Write what would be created, converted, dropped and refused into a file to read and edit. Changes nothing.')
    .option('--out <file>', 'file to write; - for standard output', 'plan.yaml')
    .option('--force', 'replace a file that exists')
    .option('--dry-run', 'print the plan, write no file')
    .option(...jsonFlag),
  everything,
  async (settings, { out = 'plan.yaml', dryRun = false, force = false, json = false }) =>
    (await import('./commands/plan.ts')).plan(settings, { out: dryRun ? undefined : out, force, json }, signal),
)

const runCommand = program
  .command('run')
  .description('Start a plan, or resume the migration it became.')
  .argument('[plan]', 'plan file; without one, the plan is made from the settings')
  .option(...jsonFlag)
  .option(...dryRunFlag)
addSettingFlags(runCommand, everything).action(async (file: string | undefined, options: Options) =>
  ended(options, async () => {
    const settings = await settingsOf(runCommand)
    const { json = false, dryRun = false } = options
    return (await import('./commands/run.ts')).run(settings, { file, json, dryRun }, signal)
  }),
)

const listCommand = program
  .command('list')
  .description('Show the migrations that there are.')
  .option(...jsonFlag)
addSettingFlags(listCommand, stateOnly).action(async (options: Options) =>
  ended(options, async () => {
    const { json = false } = options
    const remote = await remoteOf(listCommand, undefined)
    if (remote) return (await import('./remote/commands.ts')).list(remote, json, signal)
    const { loadMigrationSettings } = await import('../settings/load.ts')
    const settings = await loadMigrationSettings(requestOf(listCommand, undefined))
    return (await import('./commands/list.ts')).list(settings, { json })
  }),
)
stateCommand(
  program
    .command('status')
    .description('Show how a migration stands, from any terminal.')
    .option(...jsonFlag),
  async (settings, { json = false }) => (await import('./commands/status.ts')).status(settings, { json }),
  ({ status }, remote, { json = false }) => status(remote, json, signal),
)
stateCommand(
  program
    .command('pause')
    .description('Let a running migration rest; what is under way is finished first.')
    .option('--reason <text>', 'shown while it rests', 'paused by hand')
    .option(...wouldAskFlag),
  async (settings, { reason = '', dryRun = false }) =>
    (await import('./commands/control.ts')).control(settings, { what: 'pause', reason }, { dryRun }),
  ({ control }, remote, { reason = '', dryRun = false }) => control(remote, { what: 'pause', reason }, dryRun, signal),
)
stateCommand(
  program
    .command('resume')
    .description('Let a paused migration go on.')
    .option(...wouldAskFlag),
  async (settings, { dryRun = false }) =>
    (await import('./commands/control.ts')).control(settings, { what: 'resume' }, { dryRun }),
  ({ control }, remote, { dryRun = false }) => control(remote, { what: 'resume' }, dryRun, signal),
)
stateCommand(
  program
    .command('cancel')
    .description('Stop a running migration and restore the settings it tuned.')
    .option(...wouldAskFlag),
  async (settings, { dryRun = false }) =>
    (await import('./commands/control.ts')).control(settings, { what: 'cancel' }, { dryRun }),
  ({ control }, remote, { dryRun = false }) => control(remote, { what: 'cancel' }, dryRun, signal),
)
const throttleCommand = program
  .command('throttle')
  .description('Change how fast a migration writes and when, while it runs.')
  .option('--width <n>', 'bulk requests at once', wholeNumberFrom(1))
  .option('--docs-per-second <n>', 'documents a second at most; 0 for no limit', wholeNumberFrom(0))
  .option('--bytes-per-second <size>', 'bytes a second at most, such as 20mb; 0 for no limit', size)
  .option('--max-load <n>', 'load average per processor that slows it down; 0 for any load', numberFrom(0))
  .option('--window <times>', 'times of day, such as 22:00-06:00, outside of which it rests; always lifts them', windows)
  .option(...wouldAskFlag)
stateCommand(
  throttleCommand,
  async (settings, options) => {
    const { dryRun = false } = options
    return (await import('./commands/control.ts')).control(settings, { what: 'throttle', ...paceOf(options) }, { dryRun })
  },
  ({ control }, remote, options) => control(remote, { what: 'throttle', ...paceOf(options) }, options.dryRun === true, signal),
)

function paceOf({ width, docsPerSecond, bytesPerSecond, maxLoad, window: windows }: Options): Pace {
  const given = Object.entries({ width, docsPerSecond, bytesPerSecond, maxLoad, windows })
  const pace = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Pace
  if (Object.keys(pace).length > 0) return pace
  throw new ShardferryError('usage', 'throttle needs to be told what to change, by one of its flags.', {
    hint: 'Such as: shardferry throttle --width 2',
  })
}

const maxLagFlag = [
  '--max-lag <duration>',
  'oldest operation that may be missing on the other side before the first is blocked, such as 10s',
  seconds,
  10_000,
] as const
const maxBlockFlag = [
  '--max-block <duration>',
  'how long the first side may take no writes, such as 60s; what is not done by then is undone',
  seconds,
  60_000,
] as const
const hookFlag = [
  '--hook <command>',
  'run afterwards, with the facts as JSON on its standard input: to move clients by DNS, proxy or configuration',
] as const
const movedFlag = [
  '--moved',
  'applications have moved, or the hook moves them: lift the block they left behind, and carry what they write over to there',
] as const
const postponeFlag = ['--postpone', 'wait until every condition holds, then ask'] as const
function changeOptions({
  dryRun = false,
  yes = false,
  postpone = false,
  hook,
  moved = false,
  json = false,
}: Options): ChangeOptions {
  return { dryRun, yes, postpone, hook, moved, json }
}

migrationCommand(
  program
    .command('cutover')
    .description(
      'Move applications to the target: a guarded switch, made by the run that follows the source, undone where anything fails.',
    )
    .option('--dry-run', 'only show the steps, and which conditions hold')
    .option('--yes', 'do not ask')
    .option(...postponeFlag)
    .option(...maxLagFlag)
    .option(...maxBlockFlag)
    .option('--accept-set-aside', 'go without the documents that are set aside')
    .option('--accept-unverified', 'go without a verification that found both sides equal')
    .option('--accept-yellow', "go without the target's replicas")
    .option('--take-aliases', 'take aliases of the plan from other indices of the target that have them')
    .option(...hookFlag)
    .option(...movedFlag)
    .option(...jsonFlag),
  everything,
  async (settings, options) => {
    const asked = { ...changeOptions(options), conditions: cutoverConditions(options) }
    return (await import('./commands/cutover.ts')).cutover(settings, asked, signal)
  },
  async (remote, options) => remotely(remote, 'cutover', cutoverConditions(options), options),
)

function cutoverConditions(options: Options): CutoverConditions {
  return {
    maxLagMs: options.maxLag ?? 0,
    maxBlockMs: options.maxBlock ?? 0,
    acceptSetAside: options.acceptSetAside ?? false,
    acceptUnverified: options.acceptUnverified ?? false,
    acceptYellow: options.acceptYellow ?? false,
    takeAliases: options.takeAliases ?? false,
  }
}

/** What waits in this terminal for the right moment, or runs a command of it, takes a state folder. */
async function remotely(
  remote: RemoteSettings,
  what: 'cutover' | 'rollback',
  conditions: CutoverConditions | RollbackConditions,
  { dryRun = false, yes = false, moved = false, postpone, hook, json }: Options,
): Promise<number> {
  const notThere = postpone ? '--postpone' : hook !== undefined ? '--hook' : json ? '--json' : undefined
  if (notThere !== undefined)
    throw new ShardferryError('usage', `${notThere} cannot be combined with --server.`, {
      hint: 'Follow the events of the server instead: GET /api/v1/migrations/NAME/events',
    })
  const { change } = await import('./remote/change.ts')
  return await change(remote, { what, conditions, dryRun, yes, moved }, signal)
}

migrationCommand(
  program
    .command('rollback')
    .description(
      'Move applications back to the source, with what they wrote to the target; before a cutover, remove what was made there.',
    )
    .option('--dry-run', 'only show what would be done')
    .option('--yes', 'do not ask')
    .option(...postponeFlag)
    .option(...maxLagFlag)
    .option(...maxBlockFlag)
    .option('--accept-differences', 'go back although somebody wrote to the source meanwhile, or documents are set aside')
    .option(...hookFlag)
    .option(...movedFlag)
    .option(...jsonFlag),
  everything,
  async (settings, options) => {
    const asked = { ...changeOptions(options), conditions: rollbackConditions(options) }
    return (await import('./commands/rollback.ts')).rollback(settings, asked, signal)
  },
  async (remote, options) => remotely(remote, 'rollback', rollbackConditions(options), options),
)

function rollbackConditions({
  maxLag: maxLagMs = 0,
  maxBlock: maxBlockMs = 0,
  acceptDifferences = false,
}: Options): RollbackConditions {
  return { maxLagMs, maxBlockMs, acceptDifferences }
}

migrationCommand(
  program
    .command('complete')
    .description(
      'Take back everything a migration made or changed, also after a crash: tuned settings, users, roles, keys. What was copied stays.',
    )
    .option('--yes', 'do not ask')
    .addOption(
      new Option('--gone <side>', 'that cluster is no more, and what was made there with it').choices([
        'source',
        'target',
        'both',
      ]),
    )
    .option('--dry-run', 'only show what would be taken back'),
  connections,
  async (settings, { dryRun = false, yes = false, gone }) =>
    (await import('./commands/complete.ts')).complete(settings, { dryRun, yes, gone: gone ? sidesOf(gone) : [] }, signal),
)

const verifyCommand = program
  .command('verify')
  .description('Compare both clusters document by document, by digest; with --repair, mend what differs.')
  .argument('[source]', sourceOrName)
  .argument('[target]', 'address of the target')
  .addOption(
    new Option('--level <level>', 'counts: numbers; ids: ids, routings, versions; full: contents too')
      .choices(['counts', 'ids', 'full'])
      .default('full'),
  )
  .addOption(
    new Option('--compare <form>', 'bytes as stored, or values (canonical JSON with exact numbers)')
      .choices(['auto', 'bytes', 'values'])
      .default('auto', 'auto: values where a sample says so'),
  )
  .addOption(
    new Option('--up-to <what>', 'copied: what the migration has copied so far; now: everything the source has')
      .choices(['copied', 'now'])
      .default('copied'),
  )
  .option('--max-differences <n>', 'name so many per index, at most', wholeNumberFrom(1), 100_000)
  .option('--queries <file>', 'also run searches from a file (NDJSON of index and body, or a slow log) on both sides')
  .option('--repair', 'write what is missing or stale, delete what is extra in indices that the migration made')
  .option('--dry-run', 'with --repair: only tell what would be done')
  .option('--delete-extra-anywhere', 'with --repair: delete what is extra in every index that is compared')
  .option(...jsonFlag)
addSettingFlags(verifyCommand, [...everything, 'remote']).action(
  async (first: string | undefined, target: string | undefined, options: VerifyFlags) =>
    ended(options, async () => {
      const remote = await remoteOf(verifyCommand, first)
      const { repair = false, dryRun = false, deleteExtraAnywhere = false, json = false, queries } = options
      const { level, compare: form, upTo, maxDifferences } = options
      const asked = { level, form, upTo, maxDifferences, queries, repair, dryRun, deleteExtraAnywhere, json }
      if (remote && queries !== undefined)
        throw new ShardferryError('usage', '--queries cannot be combined with --server.', { hint: 'Run it where the file is.' })
      if (remote) return (await import('./remote/commands.ts')).verify(remote, asked, signal)
      const settings = await settingsOfNamed(verifyCommand, first, target)
      return (await import('./commands/verify.ts')).verify(settings, asked, signal)
    }),
)

const access = program.command('access').description('Users or keys that may do what a migration needs, and nothing else.')
const sideFlag = (does: string): Option => new Option('--side <side>', does).choices(['source', 'target', 'both']).default('both')
clusterCommand(
  access
    .command('grant')
    .description('Make a reader on the source and a writer on the target, as a user who may manage security.')
    .addOption(sideFlag('where to grant'))
    .option('--plan <file>', 'plan whose indices they are for; else the migration itself, else what --index selects')
    .addOption(
      new Option(
        '--for <commands>',
        'what they are for; copy includes check and verify; live also following, cutover and rollback',
      )
        .choices(jobs)
        .default('copy'),
    )
    .option('--guide', "only what the usual guide for the target's own reindex gives: no sequence numbers, no catching up")
    .option('--api-key', 'make API keys instead of users (Elasticsearch)')
    .option('--expires <duration>', 'when an API key expires, such as 12h or 30d', duration, '30d')
    .option('--rotate', 'make a new password or key where there is one')
    .option('--print', 'show the secrets instead of keeping them in files that only you can read')
    .option('--dry-run', 'only show what would be made'),
  everything,
  async (settings, options) => {
    const { side, plan, for: job = 'copy', guide = false, apiKey = false, expires, rotate = false, dryRun = false } = options
    const asked = {
      sides: sidesOf(side),
      planFile: plan,
      job,
      guide,
      keyExpiration: apiKey ? expires : undefined,
      rotate,
      dryRun,
    }
    return (await import('./commands/access.ts')).accessGrant(settings, { ...asked, show: options.print === true }, signal)
  },
)
migrationCommand(
  access
    .command('revoke')
    .description('Remove exactly what grant made, as a user who may manage security.')
    .addOption(sideFlag('where to revoke'))
    .option('--dry-run', 'only show what would be removed'),
  connections,
  async (settings, { side, dryRun = false }) =>
    (await import('./commands/access.ts')).accessRevoke(settings, { sides: sidesOf(side), dryRun }, signal),
)

function sidesOf(side: Options['side']): readonly Side[] {
  return side === undefined || side === 'both' ? ['source', 'target'] : [side]
}

const serveCommand = program
  .command('serve')
  .description('Serve migrations over HTTP: an API to watch and steer them, live events, metrics.')
addSettingFlags(serveCommand, ['serving', 'source', 'target', 'migration', 'output']).action(async (options: Options) =>
  ended(options, async () => {
    const { loadServeSettings } = await import('../settings/load.ts')
    const request = { file: configOf(serveCommand), flags: flagsOf(serveCommand), env: process.env }
    return (await import('./commands/serve.ts')).serve(await loadServeSettings(request, signal), signal)
  }),
)

/** In milliseconds. */
function seconds(text: string): number {
  const found = /^([1-9][0-9]*)(s|m)$/.exec(text)
  if (found) return Number(found[1]) * (found[2] === 's' ? 1_000 : 60_000)
  throw new InvalidArgumentError('It must be a whole number of seconds or minutes, such as 10s or 2m.')
}

function duration(text: string): string {
  if (/^[1-9][0-9]*[dhm]$/.test(text)) return text
  throw new InvalidArgumentError('It must be a whole number of days, hours or minutes, such as 30d, 12h or 90m.')
}

const rejected = program.command('rejected').description('Documents that the target refused.')
stateCommand(
  rejected
    .command('list')
    .description('Show them by reason.')
    .option('--json', 'every document with its reason and source, one JSON object a line'),
  async (settings, { json = false }) => (await import('./commands/rejected.ts')).rejectedList(settings, { json }),
)
migrationCommand(
  rejected
    .command('retry')
    .description('Write them again, after the mapping of the target was corrected.')
    .option('--dry-run', 'Say what would be written; change nothing.'),
  connections,
  async (settings, { dryRun = false }) => (await import('./commands/rejected.ts')).rejectedRetry(settings, { dryRun }, signal),
)

function wholeNumberFrom(least: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`)
    return value
  }
}

function numberFrom(least: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (text === '' || !Number.isFinite(value) || value < least)
      throw new InvalidArgumentError(`It must be a number, ${least} or more.`)
    return value
  }
}

function size(text: string): number {
  const bytes = parseBytes(text === '0' ? '0b' : text.toLowerCase())
  if (bytes === undefined) throw new InvalidArgumentError("It must be a size with its unit, such as '20mb'.")
  return bytes
}

function windows(text: string, previous: readonly string[] = []): readonly string[] {
  if (text === 'always') return []
  const all = [...previous, ...text.split(',').map(part => part.trim())]
  if (all.every(one => windowPattern.test(one))) return all
  throw new InvalidArgumentError('It must be times of day from and to, such as 22:00-06:00, or always.')
}

try {
  await program.parseAsync()
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown
  // Help and version end with 0; a command that needs another one has shown its help.
  if (thrown.exitCode === 0) process.exitCode = 0
  else if (thrown.code === 'commander.help') process.exitCode = 2
  else process.exitCode = showError(usageError(thrown.message), process.argv.includes('--json'), false)
}

/** Commander's words: `error: unknown option '--indx'`, and maybe a second line with the nearest one. */
function usageError(message: string): ShardferryError {
  const [first = '', suggestion] = message.split('\n')
  const what = first.replace(/^error: /, '')
  const hint =
    suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'shardferry --help lists the commands, shardferry COMMAND --help its options.'
  return new ShardferryError('usage', `${what.charAt(0).toUpperCase()}${what.slice(1).replace(/\.$/, '')}.`, { hint })
}
