/**
 * elasticdump and multielasticdump, from npm. They are no dependency of the package: `npm install --prefix bench/cache
 * elasticdump@6.124.2` puts them where they are looked for, and without that they are left out.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeIndex } from '../native.ts'
import { countDocs } from '../node.ts'
import { runWatched } from '../shardferry.ts'
import type { Peer, Stage } from './peer.ts'

const packageName = 'elasticdump@6.124.2'
const folder = fileURLToPath(new URL('../cache/node_modules/elasticdump/bin/', import.meta.url))

const missing = (): string | undefined =>
  existsSync(folder) ? undefined : `not on this machine: npm install --prefix bench/cache ${packageName}`

/** What is read and written at once stays below 50 MB. */
const sizes = ({ docBytes }: Stage): number[] => [1_000, 5_000, 10_000].filter(size => size * docBytes < 50e6 || size === 1_000)

export const elasticdump: Peer = {
  name: 'elasticdump',
  title: `${packageName}, index to index`,
  client: 'child',
  missing,
  sizes,
  async run({ source, target, loaded, docBytes }, size, signal) {
    let peak = 0
    for (const index of loaded.indices) {
      await makeIndex(target, index)
      const [from, to] = [source, target].map(node => `${node.url}/${index.name}`)
      const done = await dump(
        'elasticdump',
        [`--input=${from}`, `--output=${to}`, '--type=data', `--limit=${size}`, '--quiet'],
        signal,
      )
      peak = Math.max(peak, done.peak)
    }
    const docs = await countDocs(target, loaded.pattern)
    return { docs, bytes: docs * docBytes, clientPeakBytes: peak }
  },
}

export const multielasticdump: Peer = {
  name: 'multielasticdump',
  title: `multielasticdump of ${packageName}, to files and from files`,
  client: 'child',
  missing,
  sizes,
  async run({ source, target, loaded, docBytes }, size, signal) {
    const files = mkdtempSync(join(tmpdir(), 'shardferry-bench-'))
    try {
      for (const index of loaded.indices) await makeIndex(target, index)
      const both = [
        `--limit=${size}`,
        '--ignoreType=mapping,analyzer,alias,settings,template',
        `--match=^${loaded.pattern.replace('*', '.*')}$`,
      ]
      const out = await dump(
        'multielasticdump',
        ['--direction=dump', `--input=${source.url}`, `--output=${files}`, ...both],
        signal,
      )
      const back = await dump(
        'multielasticdump',
        ['--direction=load', `--input=${files}`, `--output=${target.url}`, ...both],
        signal,
      )
      const docs = await countDocs(target, loaded.pattern)
      return { docs, bytes: docs * docBytes, clientPeakBytes: Math.max(out.peak, back.peak) }
    } finally {
      rmSync(files, { recursive: true, force: true })
    }
  },
}

async function dump(tool: string, args: readonly string[], signal: AbortSignal): Promise<{ readonly peak: number }> {
  const { code, output, peak } = await runWatched([join(folder, tool), ...args], signal)
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${output.slice(-300)}`)
  return { peak }
}
