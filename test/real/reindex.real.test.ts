/** The engine `reindex`: the target's own `_reindex` from remote, driven in parts. The source is secured, the target trusts its CA. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kill, revive } from '../../lab/cluster.ts'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { startReadingPair, stop } from '../support/pair.ts'
import { ferryOf as ferryFor } from '../support/shardferry.ts'
import type { Ferry, Report, Status } from '../support/shardferry.ts'
import type { SecuredSite, Site } from '../support/site.ts'

let pair: { readonly source: SecuredSite; readonly target: Site }

const settings = { number_of_shards: 2, number_of_replicas: 0, refresh_interval: '7s' }
const values = true

beforeAll(async () => {
  pair = await startReadingPair('test-real-reindex')
  await pair.source.json('PUT', '/river', { settings })
  await load(pair.source, 'river', people(3000))
})
afterAll(() => stop('test-real-reindex', pair?.source, pair?.target))

function ferryOf(sites: { readonly source: Site; readonly target: Site } = pair): Ferry {
  return ferryFor(sites, { SHARDFERRY_ENGINE: 'reindex' })
}

const writing = ({ progress }: Status): boolean => progress?.phase === 'copying' && progress.total.counts.written > 0

/** A copy of `river` that would take some seconds. */
function slowCopy(target: string): string[] {
  return ['copy', '--index', 'river', '--rename', target, '--docs-per-second', '200']
}

test('documents of every id and routing arrive with their versions, and the password stays on the wire', async () => {
  const { source, target } = pair
  const ferry = ferryOf()
  await source.json('PUT', '/letters', { settings })
  await load(source, 'letters', people(900))
  await load(source, 'letters', people(100))
  await load(source, 'letters', [
    ...['r0', 'r1', 'a b', 'ü/…', '𝄞'].map(routing => ({ id: 'same', routing, source: `{"name":"${routing}"}` })),
    ...['a/b', '%20', ' ', 'é', '𝄞', '日本語', 'x'.repeat(512)].map(id => ({ id, source: '{"name":"an id é \\ud834\\udd1e"}' })),
  ])
  const moved = await ferry.run(['copy', '--index', 'letters'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  expect(moved.stdout).toContain('_reindex, sequence number')
  const compared = await compare(pair, 'letters', { values })
  expect(compared.differences).toEqual([])
  const report = reportIn(ferry.state)
  expect(report).toMatchObject({ verdict: 'exact', balanced: true, total: { read: compared.documents, setAside: 0 } })
  expect(report.total.written).toBe(compared.documents)
  expect(report.partitions).toBeGreaterThan(2)
  const [rewritten, once] = await Promise.all(
    ['p7', 'p700'].map(id => target.json<{ _version: number }>('GET', `/letters/_doc/${id}`)),
  )
  expect([rewritten?._version, once?._version]).toEqual([2, 1])

  expect(JSON.stringify(await storedTasks('letters'))).not.toContain(source.user.password)
  for (const name of readdirSync(ferry.state, { recursive: true, encoding: 'utf8' })) {
    const file = join(ferry.state, name)
    if (statSync(file).isFile()) expect(readFileSync(file).includes(source.user.password)).toBe(false)
  }
})

test('what is updated and added while it is copied arrives by later rounds, and the copy is exact', async () => {
  const { source } = pair
  const ferry = ferryOf()
  await source.json('PUT', '/live', { settings })
  await load(source, 'live', people(2000))
  const running = ferry.start(['copy', '--index', 'live', '--docs-per-second', '700'])
  await ferry.statusWhen(writing, 'documents to be written')
  for (let from = 0; from < 2400; from += 300) {
    await load(
      source,
      'live',
      people(80, from).map(one => ({ ...one, source: `{"again":${from}}` })),
    )
  }
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'live', { values })).toMatchObject({ differences: [] })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', indices: [{ behind: 0, deletes: 0 }] })
  expect(reportIn(ferry.state).indices[0]?.rounds).toBeGreaterThan(1)
})

test('documents that are deleted are deleted on the target too; one made again may be kept for its higher version, which is never called exact', async () => {
  const { source } = pair
  const ferry = ferryOf()
  // The version of a document that is made again begins at 1.
  await source.json('PUT', '/shrinking', { settings: { ...settings, gc_deletes: '0s' } })
  await load(source, 'shrinking', people(600))
  await load(source, 'shrinking', people(1, 9))
  // Deletes are swept until a run has ended well: this one does not come to its end.
  const killed = await ferry.run(['copy', '--index', 'shrinking'], { SHARDFERRY_CRASH_AT: 'account-taken' })
  expect(killed).toMatchObject({ signal: 'SIGKILL', stderr: '' })
  for (let n = 0; n < 20; n++) await source.json('DELETE', `/shrinking/_doc/p${n}`)
  // A refresh forgets what was deleted before the server's clock of deletions last moved, which it does every 200 ms.
  await sleep(1_000)
  await source.json('POST', '/shrinking/_refresh')
  await load(
    source,
    'shrinking',
    ['p7', 'p9'].map(id => ({ id, source: '{"made":"again"}' })),
  )
  expect(await ferry.run(['copy', '--index', 'shrinking'])).toMatchObject({ code: 5 })
  const report = reportIn(ferry.state)
  expect(report).toMatchObject({ verdict: 'differs', balanced: true, total: { alreadyNewer: 1 } })
  expect(report.indices).toMatchObject([{ deletes: 20, deleted: { state: 'carried', by: 'sweep', carried: 18 } }])
  expect(JSON.stringify(report)).toContain('_version is higher there')
  const { differences } = await compare(pair, 'shrinking', { values })
  expect(differences).toEqual([expect.stringContaining('"p9" became {"n":9,')])
})

test.each(['task-submitted', 'task-journaled'])(
  'killed at %s, a copy finds its tasks again: none is started twice, and it ends exact',
  async point => {
    const ferry = ferryOf()
    const target = `river-${point}`
    const command = ['copy', '--index', 'river', '--rename', target, '--docs-per-second', '300']
    expect(await ferry.run(command, { SHARDFERRY_CRASH_AT: `${point}:4` })).toMatchObject({ signal: 'SIGKILL', stderr: '' })
    expect((await runningTasks()).length).toBeGreaterThan(0)
    expect(await ferry.run([...command.slice(0, 5), '--docs-per-second', '0'])).toMatchObject({ code: 0, stderr: '' })
    const report = reportIn(ferry.state)
    expect(report).toMatchObject({ verdict: 'exact', partitionsRedone: 0, total: { read: 3000 } })
    expect(await storedTasks(target)).toHaveLength(report.partitions)
    expect(await compare(pair, 'river', { target, values })).toEqual({ documents: 3000, differences: [] })
  },
)

test('a document that the target refuses is set aside with its reason, the others of its partition arrive', async () => {
  const { source, target } = pair
  const ferry = ferryOf()
  await source.json('PUT', '/strict', { settings })
  await load(source, 'strict', people(1000))
  await load(source, 'strict', [{ id: 'odd', source: '{"when":"yesterday"}' }])
  await target.json('PUT', '/strict', { settings, mappings: { properties: { when: { type: 'date' } } } })
  expect(await ferry.run(['copy', '--index', 'strict', '--into-existing'])).toMatchObject({ code: 4, stderr: '' })
  const report = reportIn(ferry.state)
  expect(report).toMatchObject({ verdict: 'set-aside', balanced: true, total: { read: 1001, written: 1000, setAside: 1 } })
  expect(report.notes.join('\n')).toMatch(/1 partition was moved by the engine stream.*mapper_parsing_exception/)
  expect((await ferry.run(['rejected', 'list'])).stdout).toMatch(/1 × strict .*\[when\].*\n +ids: odd/)
  expect(await compare(pair, 'strict', { values, without: ['odd'] })).toEqual({ documents: 1000, differences: [] })
})

test("batches that do not fit into the target's buffer, or into its room for one request, are halved until they do", async () => {
  const { source } = pair
  const ferry = ferryOf()
  await source.json('PUT', '/large', { settings: { ...settings, number_of_shards: 1 }, mappings: { dynamic: false } })
  await load(source, 'large', people(30))
  const whale = `{"blob":"${'0123456789abcdef'.repeat(704 * 1024)}"}`
  for (let i = 0; i < 11; i++) await source.json('PUT', `/large/_doc/whale-${i}`, whale)
  const moved = await ferry.run(['copy', '--index', 'large', '--page-bytes', '64mb', '--partition-docs', '1000'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 41, written: 41 } })
  const tasks = await storedTasks('large')
  const reasons = tasks.map(({ error }) => error?.reason ?? '').join('\n')
  expect(reasons).toContain('chunk that was too large')
  expect(reasons).toContain('rejected execution of coordinating operation')
  const whales = Array.from({ length: 11 }, (_, i) => `whale-${i}`)
  expect(await compare(pair, 'large', { values, without: whales })).toEqual({ documents: 30, differences: [] })
  const arrived = await pair.target.bytes('GET', '/large/_source/whale-7')
  expect(arrived.equals(Buffer.from(whale))).toBe(true)
})

test('throttle changes the pace of running tasks; a pause leaves none; and it ends exact', async () => {
  const ferry = ferryOf()
  const running = ferry.start(slowCopy('river-steered'))
  await ferry.statusWhen(writing, 'documents to be written')
  expect(sum((await runningTasks()).map(({ status }) => status.requests_per_second))).toBeLessThanOrEqual(201)
  await ferry.run(['throttle', '--docs-per-second', '40'])
  await ferry.statusWhen(({ state }) => state === 'running', 'the run')
  await untilTasks(tasks => tasks.length > 0 && sum(tasks.map(({ status }) => status.requests_per_second)) <= 41)

  await ferry.run(['pause', '--reason', 'lunch'])
  await untilTasks(tasks => tasks.length === 0)
  expect(await ferry.status()).toMatchObject({ state: 'paused' })
  await ferry.run(['throttle', '--docs-per-second', '0'])
  await ferry.run(['resume'])
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'river', { target: 'river-steered', values })).toEqual({ documents: 3000, differences: [] })
})

test.each(['cancel', 'Ctrl-C', 'kill -9 and complete'])(
  '%s leaves no task on the target, and the next run ends exact',
  async how => {
    const ferry = ferryOf()
    const target = `river-${how.toLowerCase().replaceAll(/\W+/g, '-')}`
    const running = ferry.start(slowCopy(target))
    await ferry.statusWhen(writing, 'documents to be written')
    expect((await runningTasks()).length).toBeGreaterThan(0)
    if (how === 'cancel') await ferry.run(['cancel'])
    else running.kill(how === 'Ctrl-C' ? 'SIGINT' : 'SIGKILL')
    expect((await running.outcome).code).toBe(how.startsWith('kill') ? null : 7)
    if (how.startsWith('kill')) {
      expect((await runningTasks()).length).toBeGreaterThan(0)
      const completed = await ferry.run(['complete', '--yes'])
      expect(completed).toMatchObject({ code: 0, stderr: '' })
      expect(completed.stdout).toMatch(/done: end the _reindex tasks/)
    }
    expect(await runningTasks()).toEqual([])
    expect(await ferry.run(['copy', '--index', 'river', '--rename', target])).toMatchObject({ code: 0, stderr: '' })
    expect(await compare(pair, 'river', { target, values })).toEqual({ documents: 3000, differences: [] })
  },
)

test.each([
  ['ranges of a date', ['--partition-field', 'at.day'], 'read by ranges of at.day'],
  ['ranges of a number', ['--partition-field', 'share'], 'read by ranges of share'],
  ['the whole index', [], 'read as a whole'],
])('without sequence numbers, %s: every document arrives, those without a value too', async (what, flags, note) => {
  const { source } = pair
  const ferry = ferryOf()
  const index = `undated-${what.replaceAll(' ', '-')}`
  const day = { type: 'date', format: 'dd.MM.yyyy' }
  await source.json('PUT', `/${index}`, {
    settings,
    mappings: { properties: { at: { properties: { day } }, share: { type: 'double' } } },
  })
  const dated = people(1200).map((one, i) => ({
    ...one,
    source:
      i % 10 === 0
        ? '{"n":1}'
        : `{"at":{"day":"${String((i % 28) + 1).padStart(2, '0')}.0${(i % 9) + 1}.20${10 + (i % 3)}"},"share":${i / 1201}}`,
  }))
  await load(source, index, dated)
  expect(await ferry.run(['copy', '--index', index, '--read-by', 'slices', ...flags])).toMatchObject({ code: 0, stderr: '' })
  const report = reportIn(ferry.state)
  expect(report).toMatchObject({ verdict: 'exact', total: { read: 1200, written: 1200 } })
  expect(report.notes.join('\n')).toContain(note)
  if (flags.length > 0) expect(report.partitions).toBeGreaterThan(3)
  expect(await compare(pair, index, { values })).toEqual({ documents: 1200, differences: [] })
})

test("a source that is not in the target's allow-list is named, with the line to add", async () => {
  const { port } = new URL(pair.source.urls)
  const ferry = ferryOf()
  const run = await ferry.run(['copy', '--index', 'river', '--rename', 'river-not', '--remote-host', `https://127.0.0.9:${port}`])
  expect(run.code).toBe(6)
  expect(run.stderr).toContain('error [reindex-not-allowed]')
  expect(run.stderr.replaceAll(/\s+/g, ' ')).toMatch(
    new RegExp(`reindex\\.remote\\.allowlist: \\[.*"127\\.0\\.0\\.9:${port}"\\]`),
  )
})

test('a name that the certificate does not hold, or a port where nothing is, is told as what the nodes see', async () => {
  const ferry = ferryOf()
  const run = await ferry.run(['copy', '--index', 'river', '--rename', 'river-none', '--remote-host', 'https://127.0.0.1:1'])
  expect(run.stderr.replaceAll(/\s+/g, ' ')).toMatch(/error \[.*nodes cannot/)
  expect(run.code).toBe(6)
})

test('killed while it asks the target to read, a copy leaves no index; had a server made one, complete removes it, or says why not', async () => {
  const { target } = pair
  const ferry = ferryOf()
  const command = ['copy', '--index', 'river', '--rename', 'river-probed']
  const probes = '/_cat/indices/shardferry-probe-*?h=index'
  expect(await ferry.run(command, { SHARDFERRY_CRASH_AT: 'step-applied' })).toMatchObject({ signal: 'SIGKILL' })
  expect(await target.bytes('GET', probes)).toHaveLength(0)
  const told = await ferry.run(['complete', '--dry-run'])
  const index = /- remove the empty index (shardferry-probe-[0-9a-f]{12}) on the target/.exec(told.stdout)?.[1] ?? ''
  await target.json('PUT', `/${index}`)
  await load(target, index, people(1))
  const left = await ferry.run(['complete', '--yes'])
  expect(left).toMatchObject({ code: 8, stderr: expect.stringContaining('holds documents') as string })
  await target.json('DELETE', `/${index}`)
  await target.json('PUT', `/${index}`)
  const completed = await ferry.run(['complete', '--yes'])
  expect(completed).toMatchObject({ code: 0, stderr: '' })
  expect(await target.bytes('GET', probes)).toHaveLength(0)

  // The next one has the same name for it.
  await target.json('PUT', `/${index}`)
  expect(await ferry.run(['check', ...command.slice(1)])).toMatchObject({ code: 0, stderr: '' })
  expect(await target.bytes('GET', probes)).toHaveLength(0)
})

test('a target that dies with its tasks and comes back takes the rest, and the copy ends exact', async () => {
  const { target } = pair
  const ferry = ferryOf()
  const running = ferry.start(slowCopy('river-restarted'))
  await ferry.statusWhen(writing, 'documents to be written')
  await kill(target.name, 0)
  await sleep(500)
  await revive(target.name)
  await ferry.run(['throttle', '--docs-per-second', '0'])
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 3000 } })
  expect(reportIn(ferry.state).partitionsRedone).toBeGreaterThan(0)
  expect(await compare(pair, 'river', { target: 'river-restarted', values })).toEqual({ documents: 3000, differences: [] })
})

interface Task {
  readonly status: { readonly requests_per_second: number }
  readonly description: string
}

/** Of any migration. */
async function runningTasks(): Promise<readonly Task[]> {
  const { nodes } = await pair.target.json<{ nodes: Record<string, { tasks: Record<string, Task> }> }>(
    'GET',
    '/_tasks?actions=*reindex&detailed=true',
  )
  return Object.values(nodes).flatMap(({ tasks }) => Object.values(tasks))
}

async function untilTasks(wanted: (tasks: readonly Task[]) => boolean): Promise<void> {
  for (let i = 0; !wanted(await runningTasks()); i++) {
    if (i > 300) throw new Error(`The tasks did not become as wanted: ${JSON.stringify(await runningTasks())}`)
    await sleep(100)
  }
}

/** Results of ended tasks that wrote into an index. */
async function storedTasks(target: string): Promise<readonly { readonly error?: { readonly reason?: string } }[]> {
  await pair.target.json('POST', '/.tasks/_refresh')
  const { hits } = await pair.target.json<{
    hits: { hits: readonly { _source: { task: { description: string }; error?: { reason?: string } } }[] }
  }>('GET', '/.tasks/_search?size=1000')
  return hits.hits.map(hit => hit._source).filter(({ task }) => task.description.endsWith(`to [${target}]`))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

function reportIn(state: string): Report {
  return JSON.parse(readFileSync(join(state, 'm', 'report.json'), 'utf8')) as Report
}
