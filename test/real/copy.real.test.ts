/** The whole promise on one pair: two rich indices arrive byte for byte, and a second command catches up. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chosenSettings, compare, definitionOf } from '../support/compare.ts'
import { bulk, load, people } from '../support/documents.ts'
import type { Document } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Outcome, Report } from '../support/shardferry.ts'
import { library, oddDocuments, rawLines } from './library.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

test('two indices with all they have arrive byte for byte, and a second command brings what was written since', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/library', library)
  await source.json('PUT', '/rivers', { settings: { number_of_shards: 3, number_of_replicas: 0 } })
  await load(source, 'library', oddDocuments)
  for (const { id, sent } of rawLines) await source.json('PUT', `/library/_doc/${id}`, sent)
  await load(source, 'rivers', people(1200))
  await load(source, 'rivers', people(300).map(changed))
  await bulk(
    source,
    'rivers',
    people(100, 600)
      .map(({ id }) => `{"delete":{"_id":"${id}"}}\n`)
      .join(''),
  )

  const command = ['copy', '--index', 'library,rivers']
  const first = await ferry.run(command)
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const instead = new Map(rawLines.map(({ id, kept }) => [id, kept]))
  expect(await compare(pair, 'library', { instead })).toEqual({
    documents: oddDocuments.length + rawLines.length,
    differences: [],
  })
  expect(await compare(pair, 'rivers')).toEqual({ documents: 1100, differences: [] })
  for (const index of ['library', 'rivers']) {
    const [here, there] = await Promise.all([definitionOf(source, index), definitionOf(target, index)])
    expect(there.aliases).toEqual(here.aliases)
    expect(there.mappings).toEqual(here.mappings)
    expect(chosenSettings(there)).toEqual(chosenSettings(here))
  }
  const report = reportIn(ferry.state)
  const all = oddDocuments.length + rawLines.length + 1100
  expect(report).toMatchObject({ verdict: 'exact', balanced: true, total: { read: all, written: all, setAside: 0, filtered: 0 } })
  for (const one of report.indices) {
    expect(one.counts.read).toBe(one.counts.written + one.counts.alreadyNewer + one.counts.setAside + one.counts.filtered)
    expect(one).toMatchObject({ sourceCount: one.targetCount, behind: 0, deletes: 0 })
  }

  await load(source, 'rivers', people(250, 2000))
  await load(source, 'rivers', people(50, 900).map(changed))
  const second = await ferry.run(command)
  expect(second).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'rivers')).toEqual({ documents: 1350, differences: [] })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: all + 300 } })

  expect(secretsIn(pair, ferry.folder, [first, second])).toEqual([])
})

test('documents that end in a comment, which swallows what follows them in a page, arrive byte for byte', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const swallowers = [
    { id: 'bare', source: '{"n":1.50}//' },
    { id: 'forging', source: '{"n":2} //,"sort":[2]}]}}' },
    { id: 'neighbour', source: '{"n":3} // "next to the one before' },
  ]
  await source.json('PUT', '/swallowed', { settings: { number_of_shards: 1, number_of_replicas: 0 } })
  await load(source, 'swallowed', [...people(700), ...swallowers, ...people(300, 700)])
  await source.json('PUT', '/swallowed/_doc/lines', '{"n":\n4} // after a line break')
  expect(await ferry.run(['copy', '--index', 'swallowed'])).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 1004, written: 1004, setAside: 0 } })
  const without = ['lines', ...swallowers.map(({ id }) => id)]
  expect(await compare(pair, 'swallowed', { without })).toEqual({ documents: 1000, differences: [] })
  for (const { id, source: text } of [...swallowers, { id: 'lines', source: '{"n": 4} // after a line break' }])
    expect((await target.bytes('GET', `/swallowed/_source/${id}`)).toString()).toBe(text)
})

test('an index that is written to during the copy equals the source after the same command has run again', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/ledger', { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(source, 'ledger', people(1500))
  const writing = new AbortController()
  const writers = [0, 1].map(async writer => {
    for (let turn = 0; !writing.signal.aborted; turn++) {
      await load(source, 'ledger', people(20, 10_000 + 10_000 * writer + 20 * turn))
      await load(source, 'ledger', people(20, (400 * writer + 20 * turn) % 1500).map(changed))
    }
  })
  const running = ferry.start(['copy', '--index', 'ledger', '--docs-per-second', '900', '--catch-up-rounds', '1'])
  await ferry.statusWhen(
    ({ progress }) => progress?.phase === 'catching-up' || progress?.phase === 'done',
    'the bulk copy to be over',
  )
  const { code } = await running.outcome
  expect([0, 5]).toContain(code)
  writing.abort()
  await Promise.all(writers)

  expect(await ferry.run(['copy', '--index', 'ledger'])).toMatchObject({ code: 0, stderr: '' })
  const { documents, differences } = await compare(pair, 'ledger')
  expect(differences).toEqual([])
  expect(documents).toBeGreaterThan(1500)
  const report = reportIn(ferry.state)
  expect(report).toMatchObject({ verdict: 'exact', total: { read: report.total.written + report.total.alreadyNewer } })
  expect(report.total.read).toBeGreaterThan(documents)
})

function changed({ id, source }: Document, turn: number): Document {
  return { id, source: source.replace('{', `{"changed":${turn}.50, `) }
}

function reportIn(state: string): Report {
  return JSON.parse(readFileSync(join(state, 'm', 'report.json'), 'utf8')) as Report
}

/** Places where a password or its base64 stands in clear, in what was printed or in any file of a folder. */
function secretsIn({ source, target }: Pair, folder: string, outcomes: readonly Outcome[]): string[] {
  const needles = [source, target].flatMap(({ user: { username, password } }) => [
    password,
    ...['', `${username}:`].map(prefix =>
      Buffer.from(prefix + password)
        .toString('base64')
        .replace(/=+$/, ''),
    ),
    encodeURIComponent(password),
  ])
  const places = new Map<string, string>(
    outcomes.flatMap(
      ({ stdout, stderr }, i) =>
        [
          [`stdout ${i}`, stdout],
          [`stderr ${i}`, stderr],
        ] as const,
    ),
  )
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) places.set(path, readFileSync(path, 'latin1'))
  }
  if (places.size < outcomes.length * 2 + 3) throw new Error(`The state folder has no files: ${[...places.keys()].join(', ')}`)
  return [...places].flatMap(([place, text]) => (needles.some(needle => text.includes(needle)) ? [place] : []))
}
