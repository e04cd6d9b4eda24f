import type { Finding, Severity } from '../../model/findings.ts'
import { padEnd } from './cells.ts'
import { plural } from './numbers.ts'
import { paintLine } from './paint.ts'
import type { Line, Tone } from './paint.ts'
import { proseLines } from './prose.ts'
import type { TextLook } from './report-text.ts'

const marks: Readonly<Record<Severity, readonly [symbol: string, tone: Tone]>> = {
  ok: ['✓', 'good'],
  info: ['i', 'accent'],
  warning: ['!', 'warn'],
  unknown: ['?', 'warn'],
  error: ['✗', 'bad'],
}

/** What the checks found, by what it is about, with the source and the target first; lines without a last line break. */
export function findingsText(findings: readonly Finding[], { colour, columns }: TextLook): string {
  const groups = [...Map.groupBy(findings, sideOf)].sort(([a], [b]) => rank(a) - rank(b))
  const lines: Line[] = []
  for (const [side, group] of groups) {
    lines.push([[capital(side), 'strong']], ...group.flatMap(finding => findingLines(finding, columns)), [])
  }
  lines.push(summary(findings))
  return lines.map(line => paintLine(line, Number.POSITIVE_INFINITY, colour)).join('\n')
}

const messageIndent = 13

function findingLines(finding: Finding, columns: number): Line[] {
  const [symbol, tone] = marks[finding.severity]
  const subject =
    finding.about.toLowerCase() === sideOf(finding) ? '' : `${finding.about.replace(/^(?:source|target)\W+/i, '')}: `
  const message = proseLines(subject + finding.message, columns - messageIndent).map((part, at): Line =>
    at === 0 ? ['  ', [symbol, tone], ' ', [padEnd(finding.severity, 9), tone], part] : [' '.repeat(messageIndent), part],
  )
  if (finding.remedy === undefined) return message
  const remedy = proseLines(finding.remedy, columns - messageIndent - 2).map((part, at): Line => [
    ' '.repeat(messageIndent),
    [at === 0 ? '→ ' : '  ', 'quiet'],
    [part, 'accent'],
  ])
  return [...message, ...remedy]
}

/** `source`, `target`, or `migration` for what is about neither or both. */
function sideOf({ about }: Finding): string {
  const side = /^(?:source|target)\b/i.exec(about)
  return side ? side[0].toLowerCase() : 'migration'
}

function rank(side: string): number {
  return side === 'source' ? 0 : side === 'target' ? 1 : 2
}

function summary(findings: readonly Finding[]): Line {
  const count = (severity: Severity) => findings.filter(finding => finding.severity === severity).length
  const errors = count('error')
  const unknown = count('unknown')
  const warnings = count('warning')
  const passed = count('ok') + count('info')
  const parts = [
    errors > 0 ? plural(errors, 'error', 'errors') : '',
    unknown > 0 ? `${unknown} could not be checked` : '',
    warnings > 0 ? plural(warnings, 'warning', 'warnings') : '',
    passed > 0 ? `${passed} ok` : '',
  ].filter(part => part !== '')
  if (errors > 0) return [[`${parts.join(', ')}. The migration cannot run until the errors are settled.`, 'bad']]
  if (unknown + warnings > 0) return [[`${parts.join(', ')}. The migration can run; read the warnings first.`, 'warn']]
  return [[`${passed > 0 ? `${passed} ok` : 'Nothing was found'}. The migration can run.`, 'good']]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
