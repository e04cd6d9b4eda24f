import { expect } from 'vitest'
import type { Finding } from '../model/findings.ts'

const call = /^(?:GET|PUT|POST|PATCH|DELETE) \/\S+(?: (?<body>[{[].*))?$/

/** A call in a remedy stands alone on its line, with a body that is JSON: so that it can be pasted as it is. */
export function requirePastable(findings: readonly Pick<Finding, 'check' | 'remedy'>[]): void {
  const unfit = findings.flatMap(({ check, remedy = '' }) =>
    remedy.split('\n').flatMap(line => (isPastable(line) ? [] : `${check}: ${line}`)),
  )
  expect(unfit).toEqual([])
}

function isPastable(line: string): boolean {
  const found = call.exec(line)
  if (!found) return !/\b(?:GET|PUT|POST|PATCH|DELETE) [/_]/.test(line)
  const body = found.groups?.['body']
  // What a person fills in, such as a pipeline that could not be read.
  if (body === undefined || body === '{...}') return true
  try {
    JSON.parse(body)
    return true
  } catch {
    return false
  }
}
