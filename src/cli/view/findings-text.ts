import type { Finding, Severity } from '../../model/findings.ts'
import { lookCloser } from '../../preflight/check.ts'
import { shortList } from '../../preflight/name-lists.ts'
import { cellsOf, padEnd } from './cells.ts'
import { plural } from './numbers.ts'
import { paintLine } from './paint.ts'
import type { Line, Span, Tone } from './paint.ts'
import { prose, proseLines } from './prose.ts'
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
  const groups = [...Map.groupBy(together(findings), groupOf)].sort(([a], [b]) => headings.indexOf(a) - headings.indexOf(b))
  const lines: Line[] = []
  for (const [heading, group] of groups) {
    lines.push([[heading, 'strong']], ...group.flatMap(finding => findingLines(finding, columns)), [])
  }
  lines.push(...summary(findings, columns))
  return lines.map(line => paintLine(line, Number.POSITIVE_INFINITY, colour)).join('\n')
}

const labelCells = 17
const messageIndent = 4 + labelCells

function findingLines(finding: Finding, columns: number): Line[] {
  const [symbol, tone] = marks[finding.severity]
  const subject = sideOf(finding) === finding.about || finding.about === 'migration' ? '' : `${subjectOf(finding)}: `
  const label: Span = [padEnd(finding.check, labelCells), tone === 'good' || tone === 'accent' ? 'quiet' : tone]
  const message = hanging(subject + finding.message, messageIndent, columns).map(({ part, indent }, at): Line =>
    at === 0 ? ['  ', [symbol, tone], ' ', label, part] : [indent, part],
  )
  if (finding.remedy === undefined) return message
  const remedy = hanging(finding.remedy, messageIndent + 2, columns).map(({ part, indent }, at): Line =>
    at === 0 ? [' '.repeat(messageIndent), ['→ ', 'quiet'], [part, 'accent']] : [indent, [part, 'accent']],
  )
  return [...message, ...remedy]
}

const wholeIndent = 2

/** Lines under one another; those that stay whole begin further to the left, all of them, where only so each fits. */
function hanging(text: string, indent: number, columns: number): { readonly part: string; readonly indent: string }[] {
  const lines = prose(text, columns - indent)
  const widest = Math.max(...lines.map(line => (line.whole ? cellsOf(line.text) : 0)))
  const tooWide = indent + widest > columns && wholeIndent + widest <= columns
  return lines.map(line => ({ part: line.text, indent: ' '.repeat(tooWide && line.whole ? wholeIndent : indent) }))
}

/** What many findings have in common is told once; events have each of them. */
function together(findings: readonly Finding[]): Finding[] {
  return alike(uncheckedTogether(findings))
}

/** What one missing right, or a missing plan, keeps from being checked is told once. */
function uncheckedTogether(findings: readonly Finding[]): Finding[] {
  const key = ({ severity, about, remedy }: Finding): string | undefined =>
    severity === 'unknown' && remedy !== undefined && remedy !== lookCloser ? `${about} ${remedy}` : undefined
  return grouped(findings, key).flatMap(group => {
    const [first] = group
    if (!first || group.length === 1) return group
    const reason =
      /^Could not be checked(?: \([^)]*\))?: (.*)$/s.exec(first.message)?.[1] ?? first.message.replace(/, so .*/s, '.')
    const checks = [...new Set(group.map(({ check }) => check))]
    return { ...first, check: 'not checked', message: `${checks.join(', ')}: ${reason}` }
  })
}

const mostTold = 3

/** More than a few indices with one and the same trouble are told together, with the remedy of the first. */
function alike(findings: readonly Finding[]): Finding[] {
  const key = (finding: Finding): string | undefined => {
    const { check, about, severity, message, remedy = '' } = finding
    if (sideOf(finding) !== undefined || about === 'migration') return undefined
    return [check, severity, message, remedy].join('\n').replaceAll(about, '\0')
  }
  return grouped(findings, key).flatMap(group => {
    const [first] = group
    if (!first || group.length <= mostTold) return group
    const names = shortList(group.map(({ about }) => about))
    const told = { ...first, about: names, message: first.message.replaceAll(first.about, 'the index') }
    return first.remedy === undefined ? told : { ...told, remedy: `Each of them as ${first.about}:\n${first.remedy}` }
  })
}

/** By key, each group where its first one was; what has no key stands alone. */
function grouped(findings: readonly Finding[], key: (finding: Finding) => string | undefined): Finding[][] {
  const keyed = findings.map((finding, at) => ({ finding, key: key(finding) ?? `${at}` }))
  return [...Map.groupBy(keyed, one => one.key).values()].map(group => group.map(({ finding }) => finding))
}

const headings = ['Source', 'Target', 'Indices', 'Migration']

function groupOf(finding: Finding): string {
  const side = sideOf(finding)
  if (side !== undefined) return capital(side)
  return finding.about === 'migration' ? 'Migration' : 'Indices'
}

/** Undefined for what is about neither or both. */
function sideOf({ about }: Finding): string | undefined {
  return /^(?:source|target)\b/i.exec(about)?.[0].toLowerCase()
}

function subjectOf({ about }: Finding): string {
  return about.replace(/^(?:source|target)\W+/i, '')
}

function summary(findings: readonly Finding[], columns: number): Line[] {
  const toned = (text: string, tone: Tone): Line[] => proseLines(text, columns).map(part => [[part, tone]])
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
  if (errors > 0) return toned(`${parts.join(', ')}. The migration cannot run until the errors are settled.`, 'bad')
  if (unknown + warnings > 0) return toned(`${parts.join(', ')}. The migration can run; read the warnings first.`, 'warn')
  return toned(`${passed > 0 ? `${passed} ok` : 'Nothing was found'}. The migration can run.`, 'good')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
