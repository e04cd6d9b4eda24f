import { expect, test } from 'vitest'
import { holder } from '../journal/sample-entries.test-part.ts'
import { migrationIn, served } from './serving.test-part.ts'

/** Reads an event stream until `wanted` events have come. */
async function eventsOf(response: Response, wanted: number): Promise<readonly { id?: string; event?: string; data: string }[]> {
  const found: { id?: string; event?: string; data: string }[] = []
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks.filter(one => !one.startsWith(':')))
      found.push(Object.fromEntries(block.split('\n').map(line => line.split(/: (.*)/).slice(0, 2))) as (typeof found)[0])
    if (found.length >= wanted) break
  }
  return found
}

test('migrations of the state folder are listed, also those that another process runs, page by page', async () => {
  const { get, stateFolder } = await served()
  migrationIn(stateFolder, 'a').hold(holder)
  migrationIn(stateFolder, 'b', { type: 'failed', code: 'unreachable', message: 'gone', hint: 'wait' })
  const first = (await (await get('/api/v1/migrations?limit=1')).json()) as { next: string }
  expect(first).toMatchObject({ migrations: [{ name: 'a', state: 'running', here: false }], next: 'a' })
  expect(await (await get(`/api/v1/migrations?limit=1&after=${first.next}`)).json()).toMatchObject({
    migrations: [{ name: 'b', state: 'failed', error: { code: 'unreachable', hint: 'wait' } }],
    next: null,
  })
})

test('what is not there is a problem with a code and a hint', async () => {
  const { get } = await served()
  const answer = await get('/api/v1/migrations/none')
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({ status: 404, code: 'state-missing', hint: expect.any(String) as string })
  expect((await get('/api/v1/migrations?limit=many')).status).toBe(400)
})

test('a viewer sees what is journaled from now on, and after a break all that came meanwhile', async () => {
  const { get, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  const live = await get('/api/v1/migrations/m/events', { accept: 'text/event-stream' })
  expect(live.headers.get('content-type')).toContain('text/event-stream')
  journal.append({ type: 'asked', ask: { what: 'pause', reason: 'lunch' } })
  const [paused] = await eventsOf(live, 1)
  expect(paused).toMatchObject({ id: '3', event: 'entry' })
  expect(JSON.parse(paused!.data)).toMatchObject({ number: 3, type: 'asked', ask: { what: 'pause', reason: 'lunch' } })

  journal.append({ type: 'asked', ask: { what: 'resume' } })
  journal.append({ type: 'asked', ask: { what: 'cancel' } })
  const again = await get('/api/v1/migrations/m/events', { accept: 'text/event-stream', 'last-event-id': paused!.id! })
  expect((await eventsOf(again, 2)).map(({ id }) => id)).toEqual(['4', '5'])
})

test('the journal is read in pages too', async () => {
  const { get, stateFolder } = await served()
  migrationIn(stateFolder, 'm', { type: 'asked', ask: { what: 'cancel' } })
  const page = (await (await get('/api/v1/migrations/m/events?limit=2')).json()) as { events: unknown[]; next: number }
  expect(page).toMatchObject({ events: [{ number: 1, type: 'planned', indices: 1 }, { number: 2 }], next: 2 })
  expect(await (await get('/api/v1/migrations/m/events?after=2')).json()).toMatchObject({
    events: [{ number: 3, type: 'asked' }],
    next: null,
  })
})
