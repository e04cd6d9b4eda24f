import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { Settings } from '../settings/settings.ts'
import type { MigrationSettings } from '../settings/settings.ts'
import { addSettingFlags, configOf, flagsOf } from '../settings/flags.ts'
import type { SettingGroup } from '../settings/table.ts'
import { version } from '../version.ts'
import { showError } from './output.ts'
import { stopSignal } from './stop-signal.ts'

/*
 * Commands are imported when they run: `--help` loads commander and the table of settings, and nothing that parses,
 * connects or stores.
 */

const connections: readonly SettingGroup[] = ['source', 'target', 'migration', 'output']
const everything: readonly SettingGroup[] = ['source', 'target', 'selection', 'copying', 'migration', 'output']
const journalOnly: readonly SettingGroup[] = ['migration', 'output']

interface CommonOptions {
  readonly json?: boolean
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly out?: string
  readonly width?: number
  readonly docsPerSecond?: number
  readonly reason?: string
}

const signal = stopSignal()

/** The command's whole settings; source and target may stand on the command line. */
async function settingsOf(command: Command, sourceUrl?: string, targetUrl?: string): Promise<Settings> {
  const { loadSettings } = await import('../settings/load.ts')
  const settings = await loadSettings(
    { file: configOf(command), flags: flagsOf(command), env: process.env, sourceUrl, targetUrl },
    signal,
  )
  debug = settings.logLevel === 'debug'
  return settings
}

/** What a command needs that only looks into the state folder; the migration's name may stand on the command line. */
async function migrationSettingsOf(command: Command, name: string | undefined): Promise<MigrationSettings> {
  const { loadMigrationSettings } = await import('../settings/load.ts')
  const flags = flagsOf(command)
  return loadMigrationSettings({
    file: configOf(command),
    flags: name === undefined ? flags : { ...flags, name },
    env: process.env,
  })
}

let debug = process.env['SHARDFERRY_LOG_LEVEL'] === 'debug'

/** Runs a command to its exit code; an error is shown once, here. */
async function ended(options: CommonOptions, run: () => Promise<number> | number): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (thrown) {
    process.exitCode = showError(thrown, options.json === true, debug)
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return value
}

function notNegative(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number, 0 for no limit.')
  return value
}

const program = new Command('shardferry')
  .description(
    'Moves indices, aliases and data streams from one Elasticsearch or OpenSearch cluster to another: exactly, resumably, verified.',
  )
  .version(version)
  .showSuggestionAfterError()
  .exitOverride()

const jsonFlag = ['--json', 'Events for machines: one JSON object a line (docs/reference/events.md).'] as const
const nameArgument = ['[name]', 'name of the migration; not needed where the state folder has one only'] as const
const dryRunFlag = ['--dry-run', 'Check and plan only; change nothing.'] as const

addSettingFlags(
  program
    .command('copy')
    .description('Check, plan and move in one go. The same command again resumes, or catches up with what was written since.')
    .argument('[source]', 'address of the source, such as https://old.example:9200')
    .argument('[target]', 'address of the target')
    .option(...jsonFlag)
    .option(...dryRunFlag),
  everything,
).action(async (source: string | undefined, target: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await settingsOf(command, source, target)
    const { copy } = await import('./commands/copy.ts')
    return copy(settings, { json: options.json === true, dryRun: options.dryRun === true }, signal)
  }),
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
  .action(async (options: CommonOptions & Record<string, string | undefined>) =>
    ended(options, async () => {
      const { init } = await import('./commands/init.ts')
      return init(options, signal)
    }),
  )

addSettingFlags(
  program
    .command('check')
    .description('Check both clusters and everything the move needs; every finding has a remedy. Changes nothing.')
    .argument('[source]')
    .argument('[target]')
    .option(...jsonFlag),
  everything,
).action(async (source: string | undefined, target: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await settingsOf(command, source, target)
    const { check } = await import('./commands/check.ts')
    return check(settings, { json: options.json === true }, signal)
  }),
)

addSettingFlags(
  program
    .command('plan')
    .description('Write what would be created, converted, dropped and refused into a file to read and edit. Changes nothing.')
    .argument('[source]')
    .argument('[target]')
    .option('--out <file>', 'file to write; - for standard output', 'plan.yaml')
    .option('--force', 'replace a file that exists')
    .option(...jsonFlag)
    .option('--dry-run', 'as without: plan never changes a cluster'),
  everything,
).action(async (source: string | undefined, target: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await settingsOf(command, source, target)
    const { plan } = await import('./commands/plan.ts')
    return plan(settings, { out: options.out ?? 'plan.yaml', force: options.force === true, json: options.json === true }, signal)
  }),
)

addSettingFlags(
  program
    .command('run')
    .description('Start a plan, or resume the migration it became.')
    .argument('[plan]', 'plan file; without one, the plan is made from the settings')
    .option(...jsonFlag)
    .option(...dryRunFlag),
  everything,
).action(async (file: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await settingsOf(command)
    const { run } = await import('./commands/run.ts')
    return run(settings, { file, json: options.json === true, dryRun: options.dryRun === true }, signal)
  }),
)

addSettingFlags(
  program
    .command('status')
    .description('Show how a migration stands, from any terminal.')
    .option(...jsonFlag),
  journalOnly,
).action(async (name: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await migrationSettingsOf(command, name)
    const { status } = await import('./commands/status.ts')
    return status(settings, { json: options.json === true })
  }),
)

for (const [what, description] of [
  ['pause', 'Let a running migration rest; what is under way is finished first.'],
  ['resume', 'Let a paused migration go on.'],
  ['cancel', 'Stop a running migration and restore the settings it tuned.'],
] as const) {
  const command = program
    .command(what)
    .description(description)
    .argument(...nameArgument)
  if (what === 'pause') command.option('--reason <text>', 'shown while it rests', 'paused by hand')
  addSettingFlags(command, journalOnly).action(async (name: string | undefined, options: CommonOptions, invoked: Command) =>
    ended(options, async () => {
      const settings = await migrationSettingsOf(invoked, name)
      const { control } = await import('./commands/control.ts')
      return control(settings, what === 'pause' ? { what, reason: options.reason ?? 'paused by hand' } : { what })
    }),
  )
}

addSettingFlags(
  program
    .command('throttle')
    .description('Change how fast a migration writes, while it runs.')
    .argument(...nameArgument)
    .option('--width <n>', 'bulk requests at once', positive)
    .option('--docs-per-second <n>', 'documents a second at most; 0 for no limit', notNegative),
  journalOnly,
).action(async (name: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const { width, docsPerSecond } = options
    if (width === undefined && docsPerSecond === undefined) command.error('error: give --width or --docs-per-second')
    const settings = await migrationSettingsOf(command, name)
    const { control } = await import('./commands/control.ts')
    return control(settings, {
      what: 'throttle',
      ...(width === undefined ? {} : { width }),
      ...(docsPerSecond === undefined ? {} : { docsPerSecond }),
    })
  }),
)

addSettingFlags(
  program
    .command('complete')
    .description('Restore every setting of the target that was tuned, also after a crash. What was copied stays.')
    .argument('[source]')
    .argument('[target]')
    .option(...dryRunFlag),
  connections,
).action(async (source: string | undefined, target: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await settingsOf(command, source, target)
    const { complete } = await import('./commands/complete.ts')
    return complete(settings, { dryRun: options.dryRun === true }, signal)
  }),
)

const rejected = program.command('rejected').description('Documents that the target refused.')
addSettingFlags(
  rejected
    .command('list')
    .description('Show them by reason.')
    .argument(...nameArgument)
    .option('--json', 'every document with its reason and source, one JSON object a line'),
  journalOnly,
).action(async (name: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await migrationSettingsOf(command, name)
    const { rejectedList } = await import('./commands/rejected.ts')
    return rejectedList(settings, { json: options.json === true })
  }),
)
addSettingFlags(
  rejected
    .command('retry')
    .description('Write them again, after the mapping of the target was corrected.')
    .argument('[source]')
    .argument('[target]'),
  connections,
).action(async (source: string | undefined, target: string | undefined, options: CommonOptions, command: Command) =>
  ended(options, async () => {
    const settings = await settingsOf(command, source, target)
    const { rejectedRetry } = await import('./commands/rejected.ts')
    return rejectedRetry(settings, signal)
  }),
)

try {
  await program.parseAsync()
} catch (thrown) {
  // Commander has said what is wrong; help and version end with 0.
  if (!(thrown instanceof CommanderError)) throw thrown
  process.exitCode = thrown.exitCode === 0 ? 0 : 2
}
