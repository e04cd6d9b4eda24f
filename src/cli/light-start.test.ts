import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../bin/shardferry.mjs', import.meta.url))

/** Writes the address of every module, as it is loaded, to standard error. */
const telling = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module'
   registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) })`,
)}`

function loadedBy(...args: string[]): string[] {
  const { status, stderr } = spawnSync(process.execPath, ['--import', telling, program, ...args], { encoding: 'utf8' })
  expect(status).toBe(0)
  return stderr.trim().split('\n')
}

test.each([[['--help']], [['copy', '--help']], [['--version']]])('%s loads nothing that connects, stores or validates', args => {
  const loaded = loadedBy(...args)
  expect(loaded).toContainEqual(expect.stringMatching(/src\/cli\/main\.ts$/))
  expect(loaded.filter(url => /\/node_modules\/(?!commander\/)|node:(sqlite|http|https|net|tls)$/.test(url))).toEqual([])
  expect(loaded.filter(url => /\/src\/(cluster|copy|journal|migration|plan|preflight|verify)\//.test(url))).toEqual([])
})
