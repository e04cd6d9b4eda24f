import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { ServeEnv } from '../guard/guard.ts'
import { Feed } from '../watch/feed.ts'
import { eventOf } from '../watch/event.ts'
import type { Migrations } from '../watch/migrations.ts'
import type { Watched } from '../watch/watched.ts'
import { apiRoutes, routeFor } from './routes.ts'
import { afterParam, eventSchema, limitParam, nameParam } from './schemas.ts'

/** Proxies and browsers give up connections on which nothing comes. */
const beatEveryMs = 15_000
/** A viewer that takes nothing for so long is let go: it comes again with `Last-Event-ID`, and nothing is lost. */
const stalledAfterMs = 30_000

/** The journal of a migration, and how it stands: in pages, or live. */
export function eventRoutes(migrations: Migrations): OpenAPIHono<ServeEnv> {
  const feeds = new WeakMap<Watched, Feed>()
  const feedOf = (watched: Watched): Feed => {
    const feed = feeds.get(watched) ?? new Feed(watched)
    feeds.set(watched, feed)
    return feed
  }
  const events = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/events',
    tags: ['migrations'],
    summary: 'The journal: a page of it, or, with Accept: text/event-stream, what comes from now on.',
    description:
      'The stream has `entry` events with the number of the entry as id, and `progress` events about once a second while it runs. With Last-Event-ID it goes on after that entry.',
    request: {
      params: z.object({ name: nameParam }),
      query: z.object({ after: afterParam, limit: limitParam(1000, 100) }),
    },
    responses: {
      200: {
        description: 'A page, or a stream.',
        content: {
          'application/json': { schema: z.object({ events: z.array(eventSchema), next: z.int().nullable() }) },
          'text/event-stream': { schema: z.string() },
        },
      },
    },
  })
  return apiRoutes().openapi(events, c => {
    const watched = migrations.named(c.req.valid('param').name)
    const { after, limit } = c.req.valid('query')
    if (wantsStream(c)) return stream(c, feedOf(watched), lastSeen(c) ?? c.req.query('after'))
    const stored = Iterator.from(watched.journal.entries(after))
      .take(limit + 1)
      .toArray()
    const page = stored.slice(0, limit).map(eventOf)
    return c.json({ events: page, next: stored.length > limit ? (page.at(-1)?.number ?? null) : null }, 200)
  })
}

function wantsStream(c: Context): boolean {
  return c.req.header('accept')?.includes('text/event-stream') ?? false
}

function lastSeen(c: Context): string | undefined {
  return c.req.header('last-event-id')
}

function stream(c: Context<ServeEnv>, feed: Feed, after: string | undefined): Response {
  // Proxies that buffer would hold events back.
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async out => {
    const gone = new AbortController()
    out.onAbort(() => gone.abort())
    using _ = feed.view()
    let seen = { entry: numberIn(after) ?? feed.lastNumber, progress: 0 }
    while (!gone.signal.aborted) {
      const batch = feed.since(seen.entry, seen.progress)
      seen = batch
      const stalled = setTimeout(() => out.abort(), stalledAfterMs)
      await out.write(batch.text === '' ? ': still here\n\n' : batch.text)
      clearTimeout(stalled)
      if (batch.text === '' || seen.entry >= feed.lastNumber) await feed.change(beatEveryMs, gone.signal)
    }
  })
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
