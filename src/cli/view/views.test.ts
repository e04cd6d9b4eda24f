import { expect, test } from 'vitest'

import { ShardferryError } from '../../model/errors.ts'
import { chooseView } from './choose-view.ts'
import { JsonView, errorEvent, eventLine, findingEvent } from './json-view.ts'
import { PlainView, plainLine } from './plain-view.ts'
import { sampleIndex, sampleProgress } from '../../model/sample-progress.test.ts'
import { TerminalView } from './terminal-view.ts'

const now = () => Date.UTC(2026, 10, 24, 10)

function paper() {
  const written: string[] = []
  return { written, write: (text: string) => void written.push(text) }
}

test('machines get events, terminals a live frame, everything else plain lines', () => {
  const terminal = { ...paper(), isTTY: true }
  expect(chooseView({ stream: terminal, json: true, now })).toBeInstanceOf(JsonView)
  expect(chooseView({ stream: terminal, json: false, now })).toBeInstanceOf(TerminalView)
  expect(chooseView({ stream: terminal, json: false, term: 'dumb', now })).toBeInstanceOf(PlainView)
  expect(chooseView({ stream: paper(), json: false, now })).toBeInstanceOf(PlainView)
})

test('a plain line says everything in the same order', () => {
  const total = sampleIndex('', 'copying', 58_200, 138_231)
  expect(plainLine(sampleProgress({ total }))).toBe(
    '2026-11-24T10:00:00Z copying 42.1% 58,200/138,231 docs 23.4 k docs/s eta 4s retries 0 set aside 0',
  )
  expect(
    plainLine(sampleProgress({ total, phase: 'catching-up', round: 2, paused: true, width: 3, throttleReason: '429' })),
  ).toBe(
    '2026-11-24T10:00:00Z catching-up round 2 PAUSED 42.1% 58,200/138,231 docs 23.4 k docs/s eta - retries 0 set aside 0 width 3/8 (429)',
  )
  expect(plainLine(sampleProgress({ total, paused: true, throttleReason: 'outside of 22:00-06:00' }))).toMatch(
    / PAUSED .* set aside 0 \(outside of 22:00-06:00\)$/,
  )
  expect(plainLine(sampleProgress({ phase: 'planning', total: sampleIndex('', 'waiting', 0, 0) }))).toBe(
    '2026-11-24T10:00:00Z planning',
  )
})

test('plain lines come every ten seconds and when the phase changes, not more often', () => {
  const stream = paper()
  const view = new PlainView(stream, now)
  for (const [seconds, phase] of [
    [0, 'copying'],
    [1, 'copying'],
    [9, 'copying'],
    [10, 'copying'],
    [11, 'counting'],
    [12, 'counting'],
  ] as const)
    view.draw(sampleProgress({ atMs: now() + seconds * 1000, phase }))
  view.say('cities: 2 documents set aside')
  expect(stream.written.map(line => line.split(' ').slice(0, 2).join(' '))).toEqual([
    '2026-11-24T10:00:00Z copying',
    '2026-11-24T10:00:10Z copying',
    '2026-11-24T10:00:11Z counting',
    '2026-11-24T10:00:00Z cities:',
  ])
})

test('events are one JSON object a line: phases at once, progress every second, and only the indices that changed', () => {
  const stream = paper()
  const view = new JsonView(stream, now)
  view.draw(sampleProgress())
  view.draw(sampleProgress({ atMs: now() + 500 }))
  const [cities, orders] = [sampleIndex('cities', 'copying', 60_000, 138_231), sampleIndex('orders', 'copied', 9000, 9000)]
  view.draw(sampleProgress({ atMs: now() + 1000, indices: [cities, orders] }))
  view.say('hello')
  const events = stream.written.map(line => JSON.parse(line))
  expect(stream.written.every(line => line.indexOf('\n') === line.length - 1)).toBe(true)
  expect(events.map(({ event, at }) => `${at} ${event}`)).toEqual([
    '2026-11-24T10:00:00.000Z phase',
    '2026-11-24T10:00:00.000Z progress',
    '2026-11-24T10:00:01.000Z progress',
    '2026-11-24T10:00:00.000Z message',
  ])
  expect(events[0]).toEqual({ event: 'phase', at: '2026-11-24T10:00:00.000Z', name: 'cities-2026', phase: 'copying', round: 0 })
  expect(events[1].indices.map(({ index }: { index: string }) => index)).toEqual(['cities', 'orders'])
  expect(events[2]).toMatchObject({ indices: [cities], docsPerSecond: 23_400, etaMs: 4000 })
  expect(events[1]).not.toHaveProperty('atMs')
})

test('errors and findings are events too', () => {
  const error = new ShardferryError('unreachable', 'target: nothing answers', { hint: 'Check the port.' })
  expect(eventLine(errorEvent(error, now()))).toBe(
    '{"event":"error","at":"2026-11-24T10:00:00.000Z","code":"unreachable","message":"target: nothing answers","hint":"Check the port.","exitCode":3}\n',
  )
  expect(eventLine(findingEvent({ check: 'health', about: 'source', severity: 'ok', message: 'green' }, now()))).toBe(
    '{"event":"finding","at":"2026-11-24T10:00:00.000Z","check":"health","about":"source","severity":"ok","message":"green"}\n',
  )
})
