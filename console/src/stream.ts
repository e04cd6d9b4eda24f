/** Events of one migration as they come. An EventSource cannot say who asks: this reads the same stream with the token. */
import { ask, Refused } from './api.ts'

export interface StreamOf {
  readonly path: string
  /** The number of the last entry that was seen. */
  readonly after: number
  readonly onEvent: (name: string, data: unknown) => void
  readonly onState: (state: 'live' | 'lost', why?: string) => void
}

const againAfterMs = [500, 1_000, 2_000, 5_000, 10_000]

/** Goes on after the last entry whenever the stream breaks, until aborted. */
export async function follow({ path, after, onEvent, onState }: StreamOf, abort: AbortSignal): Promise<void> {
  let last = after
  let failures = 0
  while (!abort.aborted) {
    try {
      const response = await ask(path, {
        headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
        signal: abort,
      })
      for await (const { id, name, data } of eventsIn(response.body!)) {
        failures = 0
        onState('live')
        if (id !== undefined) last = id
        if (name !== '') onEvent(name, JSON.parse(data))
      }
    } catch (thrown) {
      if (abort.aborted) return
      onState('lost', thrown instanceof Error ? thrown.message : String(thrown))
      if (thrown instanceof Refused && thrown.status === 401) return
    }
    const waitMs = againAfterMs[Math.min(failures++, againAfterMs.length - 1)]!
    await new Promise(resolve => setTimeout(resolve, waitMs))
  }
}

interface StreamEvent {
  readonly id: number | undefined
  /** '' for a sign of life. */
  readonly name: string
  readonly data: string
}

export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncIterable<StreamEvent> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield eventOf(part)
  }
}

function eventOf(part: string): StreamEvent {
  const field = (name: string): string | undefined =>
    part
      .split('\n')
      .find(line => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
  const id = field('id')
  return { id: id === undefined ? undefined : Number(id), name: field('event') ?? '', data: field('data') ?? '{}' }
}
