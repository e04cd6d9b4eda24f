import type { Command, Option } from 'commander'
import { settingGroups, settingsTable } from './table.ts'
import type { SettingGroup, SettingRow } from './table.ts'

/** Adds the flags of some groups of settings, and `--config`, to a command. Their values stay text: `loadSettings` validates them. */
export function addSettingFlags(command: Command, groups: readonly SettingGroup[]): Command {
  command.addOption(
    command.createOption('--config <file>', 'Settings file (default: shardferry.yaml, where it exists).').helpGroup('Settings:'),
  )
  for (const row of settingsTable)
    if (row.flag !== undefined && groups.includes(row.group)) optionsOf(command, row).forEach(option => command.addOption(option))
  return command.addHelpText(
    'after',
    '\nEvery setting can also stand in shardferry.yaml, and in an environment variable: --source-username is SHARDFERRY_SOURCE_USERNAME.',
  )
}

/** The settings given as flags, by setting key; those that were not given are not there. */
export function flagsOf(command: Command): Record<string, unknown> {
  const flags: Record<string, unknown> = {}
  for (const row of settingsTable) {
    const option = command.options.find(option => option.long === row.flag || option.long === negation(row))
    if (row.flag === undefined || !option || !isSettingOption(option)) continue
    const name = option.attributeName()
    if (command.getOptionValueSource(name) === 'cli') flags[row.key] = command.getOptionValue(name)
  }
  return flags
}

/** The file given with --config. */
export function configOf(command: Command): string | undefined {
  return command.getOptionValue('config') as string | undefined
}

const settingOptions = new WeakSet<Option>()

/** A command may have a flag of its own with a setting's name, such as `throttle --width`: that is no setting. */
function isSettingOption(option: Option): boolean {
  return settingOptions.has(option)
}

function optionsOf(command: Command, row: SettingRow): Option[] {
  const { flag = '' } = row
  const make = (text: string): Option => {
    const option = command.createOption(text, helpOf(row)).helpGroup(`${settingGroups[row.group].title}:`)
    settingOptions.add(option)
    return option
  }
  if (row.type === 'boolean') {
    // Both forms exist, so that a flag can take back what the file says; help shows the one that changes the default.
    const [shown, hidden] = row.default === true ? [negation(row), flag] : [flag, negation(row)]
    return [make(shown), make(hidden).hideHelp()]
  }
  const option = make(`${flag} <${placeholderOf(row)}>`)
  if (row.type === 'list' || row.type === 'addresses')
    option.argParser<readonly string[]>((value, previous) => [...(previous ?? []), value])
  return [option]
}

function negation(row: SettingRow): string {
  return `--no-${row.flag?.slice(2)}`
}

/** Help and reference: what the type takes. */
export function placeholderOf(row: SettingRow): string {
  if (row.placeholder !== undefined) return row.placeholder
  switch (row.type) {
    case 'integer':
    case 'number':
      return 'n'
    case 'bytes':
      return 'size'
    case 'addresses':
      return 'urls'
    case 'choice':
      return (row.choices ?? []).join('|')
    case 'secret':
      return 'reference'
    case 'string':
      return 'text'
    case 'list':
    case 'duration':
    case 'boolean':
    case 'file':
    case 'map':
    case 'query':
    case 'queries':
      return row.type
    default:
      return row.type satisfies never
  }
}

function helpOf(row: SettingRow): string {
  if (row.default === true) return `Do not ${row.help.charAt(0).toLowerCase()}${row.help.slice(1)}`
  return row.default === undefined || row.default === false ? row.help : `${row.help} (default: ${String(row.default)})`
}
