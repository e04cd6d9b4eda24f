/** Answers of a search as servers may send them, for tests and fuzzing: any blanks, comments, escapes and forms of numbers inside documents. */
import fc from 'fast-check'
import type { SourceMark } from '../../src/cluster/source-mark.ts'

const gap = fc.constantFrom('', '', '', ' ', '\t', '\n', '\r\n', '/* } "x": [ */', '// ], }\n', '/* a\nb */')
const jsonString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map(text => JSON.stringify(text)),
  fc.constantFrom('"\\u00e9"', '"\\""', '"\\\\"', '"a\\/b"', '"{[,]}"', '"/* no comment */"', '"// no"', '"é漢😀"'),
)
const number = fc.constantFrom('0', '-0.0', '1.50', '1E+2', '12345678901234567890123', '0.10000000000000000001')

const value = fc.letrec<{ value: string; object: string; list: string }>(tie => ({
  value: fc.oneof({ maxDepth: 4 }, jsonString, number, fc.constantFrom('true', 'false', 'null'), tie('object'), tie('list')),
  list: fc.tuple(fc.array(tie('value'), { maxLength: 4 }), gap).map(([items, g]) => `[${g}${items.join(`${g},${g}`)}${g}]`),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(jsonString, tie('value')), { maxLength: 4, selector: ([key]) => JSON.parse(key) as string }),
      gap,
    )
    .map(([members, g]) => `{${g}${members.map(([k, v]) => `${k}${g}:${g}${v}`).join(`${g},${g}`)}${g}}`),
}))

/** The text of a document that is an object. */
export const sourceText: fc.Arbitrary<string> = value.object

/** A document of an answer. */
export interface Answered {
  readonly id: string
  readonly routing: string | undefined
  readonly seqNo: bigint
  readonly source: string
}

export const answered: fc.Arbitrary<Answered> = fc.record({
  id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  routing: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { nil: undefined }),
  seqNo: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  source: fc.tuple(fc.constantFrom('', ' ', '\n'), sourceText, fc.constantFrom('', '  ')).map(parts => parts.join('')),
})

/** What stands behind a document; with another name it may as well stand inside of one. */
export function behindSource(mark?: Pick<SourceMark, 'name'>): string {
  return `,"sort":[0]${mark ? `,"matched_queries":["${mark.name}"]` : ''}}`
}

/** As `answered`, also with what only a mark tells from the end of a document: comments that do not end, and forged ends. */
export const swallowing: fc.Arbitrary<Answered> = fc
  .tuple(
    answered,
    fc.constantFrom('', '//', '// "a', '// é // //', `//${behindSource()}]}}`, `//${behindSource({ name: 'forged' })},{`),
  )
  .map(([doc, comment]) => ({ ...doc, source: `${doc.source}${comment}` }))

/** The text of a search's answer that carries these documents. */
export function answerOf(docs: readonly Answered[], mark?: SourceMark, scrollId = 'c2Nyb2xs=='): string {
  const hits = docs.map(
    d =>
      `{"_index":"a","_type":"_doc","_id":${JSON.stringify(d.id)},"_version":3,"_seq_no":${d.seqNo},"_primary_term":1,"_score":null,` +
      `${d.routing === undefined ? '' : `"_routing":${JSON.stringify(d.routing)},`}"_source":${d.source}${behindSource(mark)}`,
  )
  return (
    `{"_scroll_id":"${scrollId}","took":3,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},` +
    `"hits":{"total":{"value":${docs.length},"relation":"eq"},"max_score":null,"hits":[${hits.join(',')}]}}`
  )
}
