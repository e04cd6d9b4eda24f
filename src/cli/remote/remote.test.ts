import { expect, test } from 'vitest'
import { ferryOf } from '../../../test/support/shardferry.ts'
import { siteAt } from '../../../test/support/site.ts'
import { holder } from '../../journal/sample-entries.test-part.ts'
import { sampleProgress } from '../../model/sample-progress.test.ts'
import { Secret } from '../../model/secret.ts'
import { migrationIn, served } from '../../serve/serving.test-part.ts'

const token = 'operator-token-of-20-characters'
const nowhere = { source: siteAt('source', ['http://127.0.0.1:9']), target: siteAt('target', ['http://127.0.0.1:9']) }

test('commands ask a server instead of a state folder', async () => {
  const { url, stateFolder } = await served({ tokens: [{ role: 'operator', token: new Secret(token) }] })
  const journal = migrationIn(stateFolder, 'm')
  journal.hold(holder)
  journal.publish(sampleProgress())
  const ferry = ferryOf(nowhere, { SHARDFERRY_SERVER: url, SHARDFERRY_SERVER_TOKEN: token })
  expect(await ferry.run(['list'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^m +running/m) as string })
  expect((await ferry.run(['status', 'm'])).stdout).toMatch(/m is running.*cities/s)
  expect(await ferry.run(['pause', '--reason', 'lunch'])).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.run(['throttle', '--width', '2'])).toMatchObject({ code: 0, stderr: '' })
  const asked = [...journal.entries(0, ['asked'])].map(({ entry }) => (entry.type === 'asked' ? entry.ask : undefined))
  expect(asked).toEqual([
    { what: 'pause', reason: 'lunch' },
    { what: 'throttle', width: 2 },
  ])
  const cutover = await ferry.run(['cutover', '--yes'])
  expect(cutover).toMatchObject({ code: 9, stderr: expect.stringContaining('was started elsewhere') as string })
  expect(cutover.stderr).not.toContain(token)
})

test('a server that is not there, and a token that it does not know, are told with what to do', async () => {
  const { url } = await served({ tokens: [{ role: 'operator', token: new Secret(token) }] })
  const ferry = ferryOf(nowhere, { SHARDFERRY_SERVER: url })
  expect(await ferry.run(['list'])).toMatchObject({ code: 3, stderr: expect.stringContaining('unauthorized') as string })
  const gone = await ferry.run(['list', '--server', 'http://127.0.0.1:9'])
  expect(gone).toMatchObject({ code: 3, stderr: expect.stringContaining('No server answers') as string })
})
