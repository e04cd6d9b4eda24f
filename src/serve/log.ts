import { destination, pino } from 'pino'
import type { Logger } from 'pino'

/** Lines of JSON on standard error; what may hold a secret is never in them. */
export function serverLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: {
        paths: ['password', 'apiKey', 'bearer', 'token', 'key', 'authorization', 'cookie'].flatMap(name => [
          name,
          `*.${name}`,
          `*.*.${name}`,
        ]),
        censor: '[hidden]',
      },
    },
    destination({ fd: 2, sync: true }),
  )
}
