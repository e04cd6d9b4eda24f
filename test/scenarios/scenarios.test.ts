/** Every folder beside this file that says what to expect is one case, run through the command line against one secured pair; README.md tells what a folder holds. */
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chosenSettings, compare, definitionOf } from '../support/compare.ts'
import { bulk } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import type { Method } from '../support/site.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry, Outcome, Report } from '../support/shardferry.ts'

interface Expectation {
  readonly promise: string
  readonly exitCode: number
  /** Of the report; where it is missing there must be no report. */
  readonly verdict?: string
  /** Texts that the command must have printed. */
  readonly says?: readonly string[]
  readonly targets?: Readonly<Record<string, ExpectedIndex>>
  /** Names that the target must not have. */
  readonly absent?: readonly string[]
}

/** What is not said here must be as on the source. */
interface ExpectedIndex {
  /** The index on the source; the same name where it is not given. */
  readonly from?: string
  readonly count: number
  /** The documents of the source that must be there. */
  readonly query?: object
  readonly settings?: Readonly<Record<string, string | readonly string[]>>
  readonly absentSettings?: readonly string[]
  readonly mappings?: object
  /** The mappings differ from the source's, so that only the excerpt counts. */
  readonly mappingsConverted?: boolean
  readonly aliases?: Readonly<Record<string, object>>
}

interface SourceIndex {
  readonly settings?: object
  readonly mappings?: object
  readonly aliases?: object
  /** Settings given to it once it holds its documents. */
  readonly later?: object
}

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

const cases = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter(entry => existsSync(join(import.meta.dirname, entry.name, 'expect.json')))
  .map(({ name }) => ({ name, folder: join(import.meta.dirname, name) }))
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  .map(({ name, folder }) => ({ name, folder, wanted: read(folder, 'expect.json') as Expectation }))

test.each(cases.map(one => [one.name, one.wanted.promise, one] as const))(
  '%s: %s',
  async (_name, _promise, { folder, wanted }) => {
    await prepare(folder)
    const ferry = ferryOf(pair)
    const settingsFile = join(folder, 'shardferry.yaml')
    if (existsSync(settingsFile)) copyFileSync(settingsFile, join(ferry.folder, 'shardferry.yaml'))

    const outcome = await ferry.run(['copy', ...optionsIn(readFileSync(join(folder, 'command.txt'), 'utf8'))])
    expect(told(outcome, ferry)).toEqual({
      code: wanted.exitCode,
      verdict: wanted.verdict,
      unsaid: [],
      output: outcome.stdout + outcome.stderr,
    })
    const absent = wanted.absent ?? []
    const replies = await Promise.all(absent.map(index => pair.target.send('HEAD', `/${index}`)))
    expect(absent.filter((_index, i) => replies[i]?.status !== 404)).toEqual([])
    for (const [index, one] of Object.entries(wanted.targets ?? {})) await expectIndex(index, one)

    /** With the output in it, so that a failure shows what the command said. */
    function told({ code, stdout, stderr }: Outcome, { state }: Ferry): object {
      const file = join(state, 'm', 'report.json')
      const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined
      // Lines are wrapped to the width of the terminal.
      const printed = (stdout + stderr).replaceAll(/\s+/g, ' ')
      const unsaid = (wanted.says ?? []).filter(text => !printed.includes(text))
      return { code, verdict: report?.verdict, unsaid, output: stdout + stderr }
    }
  },
)

/** Makes both clusters as the case wants them. */
async function prepare(folder: string): Promise<void> {
  const { source, target } = pair
  const before = existsSync(join(folder, 'target.json')) ? (read(folder, 'target.json') as Record<string, object>) : {}
  for (const [request, body] of Object.entries(before)) {
    const [method = '', path = ''] = request.split(' ')
    await target.json(method as Method, path, body)
  }
  const indices = Object.entries(read(folder, 'source.json') as Record<string, SourceIndex>)
  for (const [index, { later: _later, ...definition }] of indices) await source.json('PUT', `/${index}`, definition)
  const lines = readFileSync(join(folder, 'documents.ndjson'))
  // The name in the path only stands in for a line that names no index.
  if (lines.length > 0) await bulk(source, indices[0]?.[0] ?? '', lines)
  for (const [index, { later }] of indices) if (later !== undefined) await source.json('PUT', `/${index}/_settings`, later)
}

/** One option a line: its value is everything behind the first blank. */
function optionsIn(text: string): string[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .flatMap(line => {
      const [, option = line, value] = /^(\S+) (.*)$/.exec(line) ?? []
      return value === undefined ? [option] : [option, value]
    })
}

async function expectIndex(index: string, wanted: ExpectedIndex): Promise<void> {
  const from = wanted.from ?? index
  const { query, settings = {}, absentSettings = [] } = wanted
  expect(await compare(pair, from, { target: index, ...(query === undefined ? {} : { query }) })).toEqual({
    documents: wanted.count,
    differences: [],
  })

  const [here, there] = await Promise.all([definitionOf(pair.source, from), definitionOf(pair.target, index)])
  const onSource = chosenSettings(here)
  // Only what the source has can be missing.
  expect(Object.keys(onSource)).toEqual(expect.arrayContaining([...absentSettings]))
  const kept = Object.entries(onSource).filter(([name]) => !absentSettings.includes(name))
  expect(chosenSettings(there)).toEqual({ ...Object.fromEntries(kept), ...settings })

  expect(there.mappings).toMatchObject(wanted.mappings ?? {})
  if (wanted.mappingsConverted === true) expect(there.mappings).not.toEqual(here.mappings)
  else expect(there.mappings).toEqual(here.mappings)
  expect(there.aliases).toEqual(wanted.aliases ?? here.aliases)
}

function read(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}
