/** The command line on state folders as earlier commands left them. */
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { startFake } from '../../test/fake/fake.ts'
import { ferryOf } from '../../test/support/shardferry.ts'
import type { Ferry } from '../../test/support/shardferry.ts'
import { siteAt } from '../../test/support/site.ts'
import { indexTask, plan } from '../journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import type { Verification } from '../model/verification.ts'

/** Nothing answers there. */
const nowhere = ['http://127.0.0.1:9', 'http://127.0.0.1:10'] as const
const sites = { source: siteAt('source', [nowhere[0]]), target: siteAt('target', [nowhere[1]]) }
const noAddresses = { SHARDFERRY_SOURCE_URL: undefined, SHARDFERRY_TARGET_URL: undefined }

let ferry: Ferry
beforeEach(() => {
  ferry = ferryOf(sites, { SHARDFERRY_NAME: undefined })
})

function migrationNamed(name: string): void {
  using journal = SqliteJournal.open(join(ferry.state, name))
  journal.append({ type: 'planned', plan: { ...plan(indexTask('cities', { engine: 'reindex' })), name } })
}

test.each(['status', 'complete', 'access revoke', 'rejected list'])(
  '%s takes the only migration there is, also under another name than the addresses make, and says which',
  async command => {
    migrationNamed('move')
    const done = await ferry.run(command.split(' '))
    expect(done).toMatchObject({ code: 0, stderr: `Migration move: the only one in ${ferry.state}.\n` })
  },
)

test('complete takes a name, and where no address is given those of that migration', async () => {
  migrationNamed('move')
  migrationNamed('other')
  const done = await ferry.run(['complete', 'move'], noAddresses)
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(done.stdout).toContain('Migration move is complete')
  expect(done.stdout).toContain('old:9200 in reindex.remote.allowlist')
})

test('of several migrations none is guessed: the error names them', async () => {
  migrationNamed('move')
  migrationNamed('other')
  for (const args of [['complete'], ['status'], ['rejected', 'retry'], ['access', 'revoke']])
    expect(await ferry.run(args)).toMatchObject({ code: 9, stderr: expect.stringContaining('move, other') as string })
})

test.each(['complete', 'verify', 'status', 'rejected retry'])(
  '%s with a name that does not exist says which do',
  async command => {
    migrationNamed('move')
    const refused = await ferry.run([...command.split(' '), 'moev'], noAddresses)
    expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining('There are: move') as string })
  },
)

test('where nothing was ever moved, the missing address is told', async () => {
  const refused = await ferry.run(['complete'], noAddresses)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('source.url is not given') as string })
})

test('what is compared is the only migration there is, where it is of these clusters and nothing else is selected', async () => {
  const [source, target, third] = [await startFake(), await startFake({ flavor: 'opensearch' }), await startFake()]
  onTestFinished(async () => void (await Promise.all([source, target, third].map(one => one.close()))))
  for (const { url } of [source, third])
    for (const index of ['cities', 'people']) await send(url, 'PUT', `/${index}`, { settings: { number_of_shards: 1 } })
  ferry = ferryOf(
    { source: siteAt('source', [source.url]), target: siteAt('target', [target.url]) },
    { SHARDFERRY_NAME: undefined },
  )
  expect(await ferry.run(['copy', '--name', 'move', '--index', 'cities'])).toMatchObject({ code: 0, stderr: '' })
  const comparison = async (...more: string[]): Promise<unknown> => {
    const { stdout, stderr } = await ferry.run(['verify', '--level', 'counts', '--json', ...more])
    const { name, indices } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Verification
    return [name === 'move', indices.map(({ index }) => index), stderr.includes('move')]
  }
  expect(await comparison()).toEqual([true, ['cities'], true])
  expect(await comparison('--index', 'people')).toEqual([false, ['people'], false])
  expect(await comparison('--source-url', third.url)).toEqual([false, ['cities', 'people'], false])
})
