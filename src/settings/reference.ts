import { placeholderOf } from './flags.ts'
import { settingGroups, settingsTable } from './table.ts'
import type { SettingGroup, SettingRow } from './table.ts'

/** docs/reference/settings.md: every setting, by group. */
export function settingsReference(): string {
  const groups = Object.keys(settingGroups) as SettingGroup[]
  return `# Settings

A setting is taken from the first place that gives it: command line, environment variable, settings file, default.
The settings file is \`shardferry.yaml\` in the working folder, or the one given with \`--config\` or \`SHARDFERRY_CONFIG\`.
Relative paths in it start from its own folder.

Secrets are given by where they are, never written out: \`env:NAME\` is an environment variable, \`file:PATH\` a file (a line end at its end
is dropped), \`prompt\` asks on the terminal. Only a secret's own environment variable, such as \`SHARDFERRY_SOURCE_PASSWORD\`, holds the
secret itself. Sizes have a unit (\`b\`, \`kb\`, \`mb\`, \`gb\`, powers of 1024), times too (\`ms\`, \`s\`, \`m\`, \`h\`, \`d\`).
Lists are separated by commas; their flags can be repeated.

${groups.map(section).join('\n')}`
}

function section(group: SettingGroup): string {
  const { title, commands } = settingGroups[group]
  const rows = settingsTable.filter(row => row.group === group)
  return `## ${title}

Read by: ${commands.join(', ')}.

| file key | flag | environment variable | default | what it does |
| --- | --- | --- | --- | --- |
${rows.map(line).join('\n')}
`
}

function line(row: SettingRow): string {
  const cells = [code(row.key), code(flag(row)), code(row.env), code(defaultOf(row)), row.help]
  return `| ${cells.map(cell => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

function flag(row: SettingRow): string | undefined {
  if (row.flag === undefined) return undefined
  if (row.type === 'boolean') return row.default === true ? `--no-${row.flag.slice(2)}` : row.flag
  return `${row.flag} <${placeholderOf(row)}>`
}

function defaultOf(row: SettingRow): string | undefined {
  return row.default === undefined ? undefined : Array.isArray(row.default) ? row.default.join(', ') : String(row.default)
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``
}
