/** Log documents of about 1 KB, the same ones for the same seed. */

export const mappings = {
  dynamic: 'strict',
  properties: {
    '@timestamp': { type: 'date' },
    level: { type: 'keyword' },
    service: { type: 'keyword' },
    host: { properties: { name: { type: 'keyword' }, ip: { type: 'ip' }, zone: { type: 'keyword' } } },
    message: { type: 'text' },
    logger: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
    trace_id: { type: 'keyword' },
    span_id: { type: 'keyword' },
    http: {
      properties: {
        method: { type: 'keyword' },
        path: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 1024 } } },
        status: { type: 'short' },
        bytes: { type: 'long' },
        client_ip: { type: 'ip' },
        user_agent: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 512 } } },
        referrer: { type: 'keyword' },
      },
    },
    duration_ms: { type: 'float' },
    heap_bytes: { type: 'long' },
    thread: { type: 'integer' },
    tags: { type: 'keyword' },
  },
} as const

/** Numbers from 0 up to, not including, 1: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const levels = ['INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'DEBUG', 'WARN', 'ERROR'] as const
const services = ['checkout', 'catalog', 'search', 'payment', 'login', 'shipping', 'mail', 'gateway'] as const
const methods = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'] as const
const statuses = [200, 200, 200, 200, 201, 204, 301, 304, 400, 404, 500, 503] as const
const zones = ['eu-central-1a', 'eu-central-1b', 'us-east-1a', 'ap-south-1c'] as const
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0',
  'okhttp/4.12.0',
  'curl/8.5.0',
] as const

/** The JSON text of one document after another, without end. */
export function* documents(seed: number): Generator<string, never> {
  const random = randomFrom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!
  const hex = (digits: number): string =>
    below(16 ** Math.min(digits, 8))
      .toString(16)
      .padStart(digits, '0')
  const ip = (): string => `10.${below(256)}.${below(256)}.${below(256)}`
  const words = vocabulary(random, 4_000)
  // Few words are frequent and most are rare, as in any text.
  const word = (): string => words[Math.floor(words.length * random() ** 3)]!
  const sentence = (least: number, most: number): string =>
    Array.from({ length: least + below(most - least + 1) }, word).join(' ')
  let atMs = Date.UTC(2026, 0, 1)
  for (;;) {
    atMs += below(50)
    const service = one(services)
    const path = `/${word()}/${word()}/${below(100_000)}`
    yield JSON.stringify({
      '@timestamp': new Date(atMs).toISOString(),
      level: one(levels),
      service,
      host: { name: `${service}-${below(40)}.example.org`, ip: ip(), zone: one(zones) },
      message: sentence(35, 65),
      logger: `org.example.${service}.${word()}.${word()}`,
      trace_id: hex(8) + hex(8) + hex(8) + hex(8),
      span_id: hex(8) + hex(8),
      http: {
        method: one(methods),
        path,
        status: one(statuses),
        bytes: below(1_000_000),
        client_ip: ip(),
        user_agent: one(agents),
        referrer: `https://www.example.org/${word()}`,
      },
      duration_ms: below(1_000_000) / 1000,
      heap_bytes: below(2 ** 31),
      thread: below(256),
      tags: [word(), word()],
    })
  }
}

/** The words that texts of a seed are made of, the frequent ones first. */
export function wordsOf(seed: number): readonly string[] {
  return vocabulary(randomFrom(seed), 4_000)
}

function vocabulary(random: () => number, size: number): string[] {
  const syllables =
    'ba be bo da de di fa fi ga go ka ke ko la le lo ma me mi na ne no pa pe ra re ri sa se so ta te ti va ve zu'.split(' ')
  return Array.from({ length: size }, () =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => syllables[Math.floor(random() * syllables.length)]).join(''),
  )
}
