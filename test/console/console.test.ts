/** The console in a real browser, before the server that serves it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { holder, partition, plan, indexTask, settled } from '../../src/journal/sample-entries.test-part.ts'
import type { SqliteJournal } from '../../src/journal/sqlite.ts'
import { migrationIn, newStateFolder, served } from '../../src/serve/serving.test-part.ts'
import { sampleIndex, sampleProgress } from '../../src/model/sample-progress.test.ts'

const browserAt = process.env['SHARDFERRY_CHROMIUM'] ?? '/usr/bin/chromium'

let browser: Browser
beforeAll(async () => {
  if (!existsSync(browserAt))
    throw new Error(`${browserAt} is not there. Debian, Ubuntu: sudo apt-get install -y chromium; elsewhere: SHARDFERRY_CHROMIUM`)
  browser = await chromium.launch({ executablePath: browserAt, args: ['--no-sandbox'] })
})
afterAll(() => browser.close())

/** What the page has thrown or complained of; no test leaves anything. */
let complaints: string[]
beforeEach(() => void (complaints = []))

async function open(url: string, more: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...more })
  onTestFinished(() => page.close())
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (new URL(request.url()).host !== new URL(url).host) complaints.push(`asks ${request.url()}`)
  })
  await page.goto(url)
  return page
}

const shards = [{ shard: 0, upTo: 99, maxSeqNo: 99, historyUuid: 'h', deletes: 0 }]
const partitions = Array.from({ length: 10 }, (_, n) => partition('cities', 10 * n, 10 * n + 9))

/** A migration in the middle of its copy: six of ten partitions are settled, one of them with a document set aside. */
function inTheMiddle(stateFolder: string, name = 'old-to-new'): SqliteJournal {
  const journal = migrationIn(
    stateFolder,
    name,
    { type: 'created', index: 'cities', target: 'cities', uuid: 'u' },
    { type: 'round-opened', index: 'cities', round: 0, shards, partitions },
    ...partitions.slice(0, 6).map((one, n) => ({
      type: 'settled' as const,
      settled: settled(one, { read: 10, written: n === 0 ? 9 : 10, setAside: n === 0 ? 1 : 0, bytes: 4_000 }),
    })),
  )
  journal.hold(holder)
  journal.publish(sampleProgress({ name, atMs: Date.now() }))
  return journal
}

async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`)
}

test('where there is no migration the list says how to begin one', async () => {
  const { url } = await served()
  const page = await open(url)
  await page.getByText('There is no migration yet.').waitFor()
  await page.getByRole('link', { name: 'New migration' }).click()
  await page.getByRole('heading', { name: 'New migration' }).waitFor()
  expect(await findings(page)).toEqual([])
  expect(complaints).toEqual([])
})

test('the list shows every migration with its state, and one is opened from there', async () => {
  const stateFolder = newStateFolder()
  inTheMiddle(stateFolder)
  migrationIn(stateFolder, 'broken', {
    type: 'failed',
    code: 'unreachable',
    message: 'The target does not answer.',
    hint: 'Look.',
  })
  const { url } = await served({ stateFolder })
  const page = await open(url)
  const cards = page.locator('.card')
  await cards.nth(1).waitFor()
  expect(await cards.locator('h2').allTextContents()).toEqual(['broken', 'old-to-new'])
  expect(await cards.nth(0).textContent()).toContain('The target does not answer.')
  expect(await findings(page)).toEqual([])
  await cards.nth(1).click()
  await page.getByRole('heading', { name: 'old-to-new' }).waitFor()
  expect(await page.locator('.fact').first().textContent()).toContain('67,000')
  expect(complaints).toEqual([])
})

test.each(['', '/partitions', '/indices', '/set-aside', '/verification', '/plan', '/journal'])(
  'the view %s of a migration is readable for everybody, in light and in dark, and on 320 pixels',
  async view => {
    const stateFolder = newStateFolder()
    inTheMiddle(stateFolder)
    const { url } = await served({ stateFolder })
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(`${url}/#/old-to-new${view}`, { colorScheme })
      await page.locator('.tabs').waitFor()
      await page.waitForLoadState('load')
      await page.getByText('Loading').waitFor({ state: 'detached' })
      expect(await findings(page)).toEqual([])
      await page.setViewportSize({ width: 320, height: 640 })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    }
    expect(complaints).toEqual([])
  },
)

test('the map has a cell for every partition, and tells of the one that is pointed at', async () => {
  const stateFolder = newStateFolder()
  const journal = inTheMiddle(stateFolder)
  const { url } = await served({ stateFolder })
  const page = await open(`${url}/#/old-to-new/partitions`)
  await page.getByRole('heading', { name: '10 partitions' }).waitFor()
  expect((await page.locator('.legend li').allInnerTexts()).map(text => text.trim())).toEqual([
    'pending 4',
    'settled 5',
    'settled after it was read again 0',
    'settled, documents set aside 1',
  ])
  await page.locator('canvas').hover({ position: { x: 8, y: 8 } })
  await page.getByText('partition 1 of 10: settled, documents set aside. shard 0, 0-9, 10 documents').waitFor()
  await page.locator('canvas').press('ArrowRight')
  await page.getByText('partition 2 of 10: settled').waitFor()
  for (const one of partitions.slice(6)) journal.append({ type: 'settled', settled: settled(one, { read: 10, written: 10 }) })
  await page.getByText('pending 0').waitFor()
  expect(complaints).toEqual([])
})

test('what comes is shown without asking again: progress, entries of the journal, the state', async () => {
  const stateFolder = newStateFolder()
  const journal = inTheMiddle(stateFolder)
  const { url } = await served({ stateFolder })
  const page = await open(`${url}/#/old-to-new/journal`)
  await page.getByText('6 partitions of cities settled, 60 documents').waitFor()
  journal.append({ type: 'stopped', reason: 'Stopped by Ctrl-C.' })
  await page.getByText('Stopped by Ctrl-C.').waitFor()
  journal.publish(sampleProgress({ atMs: Date.now() + 1_000, total: sampleIndex('', 'copying', 99_000, 147_231) }))
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText('99,000').waitFor()
  expect(complaints).toEqual([])
})

test('a pause is asked for after it was confirmed, and is in the journal', async () => {
  const stateFolder = newStateFolder()
  const journal = inTheMiddle(stateFolder)
  const { url } = await served({ stateFolder })
  const page = await open(`${url}/#/old-to-new`)
  await page.getByRole('button', { name: 'Pause' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Dry run' }).click()
  await dialog.getByText('It can be done.').waitFor()
  expect([...journal.entries()].map(({ entry }) => entry.type)).not.toContain('asked')
  await dialog.getByRole('button', { name: 'Pause' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('paused', { exact: true }).waitFor()
  expect([...journal.entries()].map(({ entry }) => entry).filter(({ type }) => type === 'asked')).toEqual([
    { type: 'asked', ask: { what: 'pause', reason: 'paused by hand' } },
  ])
  expect(complaints).toEqual([])
})

test('what cannot be taken back wants the name of the migration typed', async () => {
  const stateFolder = newStateFolder()
  inTheMiddle(stateFolder)
  const { url } = await served({ stateFolder })
  const page = await open(`${url}/#/old-to-new`)
  await page.getByRole('button', { name: 'Roll back' }).click()
  const dialog = page.getByRole('dialog')
  const go = dialog.getByRole('button', { name: 'Roll back' })
  expect(await go.isDisabled()).toBe(true)
  await dialog.getByRole('textbox').fill('old-to-new')
  expect(await go.isEnabled()).toBe(true)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(complaints).toEqual([])
})

test('a server that is gone is said to be, and what was seen stays; when it is back the page goes on', async () => {
  const stateFolder = newStateFolder()
  const journal = inTheMiddle(stateFolder)
  const first = await served({ stateFolder })
  const { port } = new URL(first.url)
  const page = await open(`${first.url}/#/old-to-new`)
  await page.getByText('67,000').first().waitFor()
  await first.server[Symbol.asyncDispose]()
  await page.getByText('The connection to the server is lost.', { exact: false }).waitFor()
  await page.getByText('67,000').first().waitFor()
  await served({ stateFolder, port: Number(port) })
  await page.getByText('The connection to the server is lost.', { exact: false }).waitFor({ state: 'detached' })
  journal.publish(sampleProgress({ atMs: Date.now() + 1_000, total: sampleIndex('', 'copying', 99_000, 147_231) }))
  await page.getByText('99,000').waitFor()
  expect(complaints).toEqual([])
})

test('two thousand indices are a table that is sorted and filtered, of which only what is in sight is drawn', async () => {
  const stateFolder = newStateFolder()
  const many = Array.from({ length: 2_000 }, (_, n) => sampleIndex(`index-${n}`, 'copying', n, 2_000))
  const journal = migrationIn(stateFolder, 'many')
  journal.hold(holder)
  journal.publish(sampleProgress({ name: 'many', atMs: Date.now(), indices: many }))
  const { url } = await served({ stateFolder })
  const page = await open(`${url}/#/many/indices`)
  await page.getByText('2,000 of 2,000').waitFor()
  expect(await page.locator('tbody tr').count()).toBeLessThan(60)
  await page.getByRole('button', { name: 'Documents' }).click()
  await page.getByRole('button', { name: 'Documents' }).click()
  expect(await page.locator('tbody tr').first().textContent()).toContain('index-1999')
  await page.getByRole('searchbox').fill('index-77')
  await page.getByText('11 of 2,000').waitFor()
  expect(complaints).toEqual([])
})

test('the page is below 60 KB packed, and asks for nothing from elsewhere', () => {
  const folder = new URL('../../dist/console/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => /\.(js|css|html)$/.test(name))
  const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0)
  expect(bytes).toBeLessThan(60 * 1024)
})

test('a plan with refusals shows them', async () => {
  const stateFolder = newStateFolder()
  const journal = migrationIn(stateFolder, 'mixed')
  const refused = indexTask('secret', { action: 'refuse', reason: 'it is closed' })
  journal.append({ type: 'failed', code: 'metadata-refused', message: 'no', hint: undefined })
  journal.append({ type: 'planned', plan: { ...plan(refused), name: 'mixed' } })
  const { url } = await served({ stateFolder })
  const page = await open(`${url}/#/mixed/plan`)
  await page.getByText('it is closed').waitFor()
  expect(complaints).toEqual([])
})
