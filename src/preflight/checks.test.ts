import { expect, test } from 'vitest'
import { ShardferryError } from '../model/errors.ts'
import type { Finding, Severity } from '../model/findings.ts'
import type { Check } from './check.ts'
import { checks, requireNoErrors, runChecks, worstSeverity } from './checks.ts'
import { fakeCluster, planOf, task, told, unreachable } from './fake-answers.test-part.ts'

const context = {
  source: fakeCluster('source', 'elasticsearch 7.10.2'),
  target: fakeCluster('target', 'opensearch 2.19.4'),
  warnings: [],
}
const finding = (severity: Severity, check = 'x', remedy = 'do this'): Finding => ({
  check,
  about: 'target',
  severity,
  message: `${check} says ${severity}`,
  remedy,
})
const checkOf = (id: string, run: () => Promise<Finding[]>): Check => ({ id, title: id, code: 'unsupported', run })

test('a check that throws becomes an unknown finding, and the others run all the same, in a stable order', async () => {
  const slow = checkOf('slow', async () => {
    await new Promise(resolve => setTimeout(resolve, 20))
    return [finding('ok', 'slow')]
  })
  const broken = checkOf('broken', () => Promise.reject(new Error('oops')))
  const quick = checkOf('quick', () => Promise.resolve([finding('info', 'quick')]))
  const findings = await runChecks(context, AbortSignal.timeout(1_000), [slow, broken, quick])
  expect(findings.map(({ check, severity }) => `${check} ${severity}`)).toEqual(['slow ok', 'broken unknown', 'quick info'])
  expect(findings[1]?.message).toContain('oops')
})

test('where a cluster answers nothing, nothing passes but what needs no answer', async () => {
  const dead = { 'GET *': unreachable, 'POST *': unreachable, 'PUT *': unreachable }
  const findings = await runChecks(
    {
      source: fakeCluster('source', 'elasticsearch 7.10.2', dead),
      target: fakeCluster('target', 'opensearch 2.19.4', dead),
      plan: planOf(task('a')),
      warnings: [],
    },
    AbortSignal.timeout(1_000),
  )
  const passed = findings.filter(({ severity }) => severity !== 'unknown')
  expect([...new Set(passed.map(({ check }) => check))]).toEqual(['versions', 'transport', 'sequence-numbers'])
  expect(findings.filter(({ severity }) => severity === 'unknown').every(({ remedy }) => remedy === 'start it')).toBe(true)
})

test('a stop ends all checks with `stopped`', async () => {
  const signal = AbortSignal.abort(new ShardferryError('stopped', 'Stopped.'))
  await expect(runChecks(context, signal)).rejects.toMatchObject({ code: 'stopped' })
})

test('the worst severity is an error, then what could not be checked, then a warning', () => {
  expect(worstSeverity([])).toBe('ok')
  expect(worstSeverity([finding('ok'), finding('info')])).toBe('info')
  expect(worstSeverity([finding('unknown'), finding('warning')])).toBe('unknown')
  expect(worstSeverity([finding('error'), finding('unknown')])).toBe('error')
})

test('errors are thrown together, with the code of the first one and every remedy', () => {
  expect(() => requireNoErrors([finding('warning'), finding('unknown')])).not.toThrow()
  const errors = [finding('error', 'privileges', 'give it'), finding('ok'), finding('error', 'target-names', 'rename it')]
  try {
    requireNoErrors(errors)
    expect.unreachable()
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'forbidden', hint: 'give it\nrename it' })
    expect((thrown as Error).message).toContain('target: target-names says error')
  }
})

test.each([
  ['versions', 'unsupported'],
  ['health', 'cluster-red'],
  ['privileges', 'forbidden'],
  ['target-names', 'target-exists'],
  ['target-blocks', 'target-blocked'],
  ['disk', 'target-blocked'],
  ['shard-limit', 'shard-limit'],
  ['open-indices', 'plan-refused'],
])('an error of %s stops a run with %s', (check, code) => {
  expect(() => requireNoErrors([finding('error', check)])).toThrow(expect.objectContaining({ code }) as Error)
})

test('without a plan no check of its indices passes', async () => {
  const ids = ['sequence-numbers', 'open-indices', 'target-names', 'target-templates']
  const found = await runChecks(
    context,
    AbortSignal.timeout(1_000),
    checks.filter(({ id }) => ids.includes(id)),
  )
  expect(told(found)).toEqual(['unknown source', 'unknown source', 'unknown target', 'unknown target'])
})
