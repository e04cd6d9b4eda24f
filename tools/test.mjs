// Runs the stages of the test suite one after the other, prints each, and ends with `N passed, N failed` alone on a line.
// The numbers are those of the test runner's own reports; a stage that could not run at all counts as one failure.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const stages = ['unit', 'console', 'contract', 'real', 'fault']
const asked = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'shardferry-tests-'))
const sum = { passed: 0, failed: 0, skipped: 0 }
const failures = []

for (const stage of asked.length > 0 ? asked : stages) {
  console.log(`\n== ${stage}`)
  const report = join(folder, `${stage}.json`)
  const start = Date.now()
  const run = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      stage,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { stdio: 'inherit' },
  )
  const seen = read(report)
  sum.passed += seen.passed
  sum.failed += seen.failed
  sum.skipped += seen.skipped
  failures.push(...seen.failures)
  if (run.status !== 0 && seen.failed === 0) sum.failed++
  console.log(`== ${stage}: ${seen.passed} passed, ${seen.failed} failed, ${Math.round((Date.now() - start) / 1000)} s`)
}
rmSync(folder, { recursive: true, force: true })
for (const failure of failures) console.log(`\nFAILED ${failure}`)
if (sum.skipped > 0) console.log(`\n${sum.skipped} skipped: they count as nothing`)
console.log(`\n${sum.passed} passed, ${sum.failed} failed`)
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1

function read(report) {
  try {
    const seen = JSON.parse(readFileSync(report, 'utf8'))
    const { numPassedTests, numFailedTests, numPendingTests = 0, numTodoTests = 0, testResults } = seen
    const failed = testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed'))
    const failures = failed.map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n').slice(0, 1500)}`)
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests, failures }
  } catch {
    return { passed: 0, failed: 0, skipped: 0, failures: [] }
  }
}
