/** The console's files, as the build has made them. They are few and small: kept in memory, and nothing else of the disk is served. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Hono } from 'hono'
import type { ServeEnv } from './guard/guard.ts'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

interface Served {
  readonly type: string
  readonly plain: Uint8Array<ArrayBuffer>
  readonly packed: Uint8Array<ArrayBuffer>
}

/** Beside the compiled program, and where it runs from its source. */
const places = ['../console', '../../dist/console'].map(way => fileURLToPath(new URL(way, import.meta.url)))

/** Serves the page at `/` and what it is made of below `/console/`. */
export function mountConsole(app: Hono<ServeEnv>, folder = places.find(place => existsSync(join(place, 'index.html')))): void {
  const files = folder === undefined ? new Map<string, Served>() : filesIn(folder)
  app.get('/', c => {
    const page = files.get('index.html')
    if (page) return answer(page, c.req.header('accept-encoding'), 'no-cache')
    return c.text('The console is not built: npm run console\nThe API is told of at /openapi.json\n', 404)
  })
  app.get('/console/*', c => {
    const found = files.get(c.req.path.slice('/console/'.length))
    // Names of assets have a digest in them: what is there never changes.
    if (found) return answer(found, c.req.header('accept-encoding'), 'public, max-age=31536000, immutable')
    return c.notFound()
  })
}

function filesIn(folder: string): Map<string, Served> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => name.replaceAll('\\', '/'))
  return new Map(
    names.flatMap(name => {
      const type = types[name.slice(name.lastIndexOf('.') + 1)]
      if (type === undefined) return []
      const plain = readFileSync(join(folder, name))
      return [[name, { type, plain: new Uint8Array(plain), packed: new Uint8Array(gzipSync(plain)) }] as const]
    }),
  )
}

function answer({ type, plain, packed }: Served, accepts: string | undefined, cache: string): Response {
  const packs = accepts?.includes('gzip') ?? false
  return new Response(packs ? packed : plain, {
    headers: {
      'content-type': type,
      'cache-control': cache,
      vary: 'accept-encoding',
      ...(packs ? { 'content-encoding': 'gzip' } : {}),
    },
  })
}
