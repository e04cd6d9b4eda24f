#!/usr/bin/env node
// Starts the command line: from dist/ in the published package, from src/ in a clone. In a clone on an older Node the
// one that `npm ci` installed runs instead.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const major = Number(process.versions.node.split('.')[0])

if (major >= 24) {
  const [{ enableCompileCache }, { setFlagsFromString }] = await Promise.all([import('node:module'), import('node:v8')])
  enableCompileCache?.()
  // What sockets receive counts as growth of the heap, and each megabyte of it would bring on a full collection of the rest.
  setFlagsFromString('--heap-growing-percent=200')
  await import(existsSync(here('../src/cli/main.ts')) ? '../src/cli/main.ts' : '../dist/cli/main.js')
} else if (existsSync(here('../node_modules/node/bin/node'))) {
  const { status, signal } = spawnSync(
    here('../node_modules/node/bin/node'),
    [here('./shardferry.mjs'), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  process.exitCode = signal ? 1 : (status ?? 1)
} else {
  console.error(
    `shardferry needs Node 24 or newer; this is ${process.version}. Install it from https://nodejs.org, or run: npx -y node@26 ${process.argv[1]}`,
  )
  process.exitCode = 2
}
