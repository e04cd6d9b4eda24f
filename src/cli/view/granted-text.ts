import { existsSync } from 'node:fs'
import type { Granted } from '../../migration/grant-access.ts'
import type { Side } from '../../model/connection.ts'
import { quoted } from '../init.ts'

/** What was granted on one side, and the lines that make shardferry.yaml use it. Holds the secret where it is kept nowhere. */
export function grantedText(side: Side, addresses: readonly string[], granted: Granted): string {
  const { kind, name, secret, path, done } = granted
  const variable = `SHARDFERRY_${side.toUpperCase()}_${kind === 'user' ? 'PASSWORD' : 'API_KEY'}`
  const what = kind === 'user' ? 'password' : 'API key'
  const lines = done.map(line => `done: ${line}`)
  const kept = existsSync(path)
  if (secret !== undefined && !kept) lines.push(`The ${what}, shown only now: export ${variable}='${secret.reveal()}'`)
  else if (secret !== undefined) lines.push(`The ${what} is in ${path}, for your eyes only.`)
  else if (kept) lines.push(`${name} was granted before, and its ${what} still holds; it is in ${path}.`)
  else
    lines.push(
      `${name} was granted before, and its ${what} still holds, but is kept nowhere here. A new one is made by --rotate.`,
    )
  const reference = kept ? `file:${path}` : `env:${variable}`
  if (kept) lines.push(`Where ${variable} is exported it wins over that file: unset ${variable}`)
  return `${lines.join('\n')}
In shardferry.yaml (ca, fingerprint and the like as they are):

${side}:
  url: ${addresses.length === 1 ? quoted(addresses[0] ?? '') : `[${addresses.map(quoted).join(', ')}]`}
${kind === 'user' ? `  username: ${quoted(name)}\n  password: ${quoted(reference)}` : `  apiKey: ${quoted(reference)}`}
`
}

/** What becomes of a user that has the usual guide's rights and no others. */
export function guideText(side: Side, name: string): string {
  const added =
    'The same command without --guide adds what is missing, for the indices that are to be moved, and keeps the password.'
  return side === 'source'
    ? `${name} can read whole indices, once: it may read no checkpoints and refresh nothing, so what is written meanwhile is not followed. ${added}`
    : `${name} can send the guide's own POST /_reindex by hand. It may not ask the target for its version (cluster:monitor/main), nor look at what is there: check says so, and copy does not start with it. ${added}`
}
