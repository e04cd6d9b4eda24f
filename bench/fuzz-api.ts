/** `make fuzz`: requests that schemathesis makes of the server's own description; nothing may end with a 5xx, hang, or be other than described. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { migrationFolder } from '../src/assemble.ts'
import { holder, indexTask, plan } from '../src/journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../src/journal/sqlite.ts'

const { values } = parseArgs({
  options: { examples: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
})

const venv = resolve('.cache/schemathesis')
const fuzzer = join(venv, 'bin/schemathesis')
if (!existsSync(fuzzer)) {
  execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' })
  execFileSync(join(venv, 'bin/pip'), ['install', '--quiet', 'schemathesis==4.32.5'], { stdio: 'inherit' })
}

const stateFolder = mkdtempSync(join(tmpdir(), 'shardferry-fuzz-'))
for (const name of ['a', 'b']) {
  using journal = SqliteJournal.open(migrationFolder(stateFolder, name))
  journal.append({ type: 'planned', plan: { ...plan(indexTask('cities')), name } })
  journal.append({ type: 'started', holder })
}
const server = spawn(
  process.execPath,
  ['bin/shardferry.mjs', 'serve', '--port', '0', '--state', stateFolder, '--log-level', 'error'],
  { stdio: ['ignore', 'pipe', 'ignore'] },
)
try {
  const url = await new Promise<string>((resolve, reject) => {
    server.once('exit', () => reject(new Error('The server did not start.')))
    server.stdout.on('data', (text: Buffer) => {
      const found = / at (http:\S+)/.exec(text.toString())?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const checks = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance'
  const { status } = spawnSync(
    fuzzer,
    [
      'run',
      `${url}/openapi.json`,
      '--checks',
      checks,
      '--max-examples',
      values.examples,
      '--seed',
      values.seed,
      '--request-timeout',
      '15',
    ],
    // It keeps what it has found where it runs.
    { stdio: 'inherit', cwd: stateFolder },
  )
  process.exitCode = status ?? 1
} finally {
  server.kill()
  rmSync(stateFolder, { recursive: true, force: true })
}
