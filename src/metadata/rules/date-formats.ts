import type { Change, Json } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'

/** In Joda-Time, which servers before 7 use, `Y` is the year; in java.time it is the year of the week, wrong around New Year. */
export const dateFormats: Rule = {
  id: 'date-formats',
  why: 'date formats of Elasticsearch before 7 are Joda-Time patterns and names in camel case',
  applies: (from, to) =>
    from.flavor === 'elasticsearch' && !atLeast(from.version, 8) && (to.flavor === 'opensearch' || atLeast(to.version, 7)),
  rewrite: (mappings, from) => {
    const joda = !atLeast(from.version, 7)
    const changes: Change[] = []
    const convert = (format: string, what: string): string => {
      const modern = format
        .split('||')
        .map(one => modernFormat(one, joda))
        .join('||')
      if (modern !== format) changes.push({ kind: 'converted', what, why: `${format} is ${modern} in newer servers` })
      return modern
    }
    const rewritten = rewriteFields(mappings, (definition, where) => {
      const { format } = definition
      return typeof format === 'string' ? { ...definition, format: convert(format, `${where}.format`) } : definition
    })
    // The dates that dynamic mapping detects.
    const detected = rewritten['dynamic_date_formats']
    if (!Array.isArray(detected)) return { mappings: rewritten, changes }
    const modern = (detected as readonly Json[]).map(format =>
      typeof format === 'string' ? convert(format, 'mappings.dynamic_date_formats') : format,
    )
    return { mappings: { ...rewritten, dynamic_date_formats: modern }, changes }
  },
}

const named =
  /^(strict[A-Z]|basic[A-Z]|date[A-Z]|hour[A-Z]|ordinal[A-Z]|time[A-Z]|tTime|week[A-Z]|weekyear[A-Z]|year[A-Z])[A-Za-z]*$/

function modernFormat(format: string, joda: boolean): string {
  if (named.test(format)) return format.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  // A leading 8 marks a pattern that is java.time already.
  if (!joda || format.startsWith('8')) return format
  const modern = outsideQuotes(format, part =>
    part.replaceAll('ZZZ', 'VV').replaceAll(/[Yx]/g, letter => letters[letter] ?? letter),
  )
  if (!zone.test(modern)) return modern
  // Joda-Time reads an offset with and without a colon, and Z, whichever of its letters stands there.
  const offset = (text: string): string => outsideQuotes(modern, part => part.replace(/Z+/, text))
  return /ZZ/.test(modern) ? `${offset('XXX')}||${offset('Z')}` : `${offset('Z')}||${offset('XXX')}`
}

/** Year of era, and year of the week. */
const letters: Readonly<Record<string, string>> = { Y: 'y', x: 'Y' }
const zone = /^(?:[^']|'[^']*')*Z/

function outsideQuotes(format: string, edit: (part: string) => string): string {
  return format
    .split("'")
    .map((part, index) => (index % 2 === 0 ? edit(part) : part))
    .join("'")
}
