import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('results/', import.meta.url))

/** Keeps a result as JSON and gives the file's path. */
export function keepResult(
  kind:
    | 'client'
    | 'copy'
    | 'memory'
    | 'verify'
    | 'engines'
    | 'foreground'
    | 'live'
    | 'fuzz'
    | 'drill'
    | 'drill-live'
    | 'scale'
    | 'idle'
    | 'peers',
  result: object,
): string {
  mkdirSync(folder, { recursive: true })
  const path = `${folder}${kind}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`)
  return path
}
