import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newPassword } from './password.ts'
import { removeSecret, secretPath, writeSecret } from './secret-file.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'shardferry-secrets-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

test('passwords are long, of every kind of sign, and never the same', () => {
  const passwords = Array.from({ length: 200 }, () => newPassword().reveal())
  expect(new Set(passwords).size).toBe(200)
  for (const password of passwords) {
    expect(password).toMatch(/^[A-Za-z0-9._-]{32}$/)
    for (const kind of [/[A-Z]/, /[a-z]/, /[0-9]/, /[._-]/]) expect(password).toMatch(kind)
  }
})

test('a secret is its owner’s alone, also where a readable file was in its place', () => {
  const path = secretPath(folder(), 'shardferry-m-reader')
  writeSecret(path, newPassword())
  rmSync(path)
  writeFileSync(path, 'open to all', { mode: 0o644 })
  const password = newPassword()
  writeSecret(path, password)
  expect(readFileSync(path, 'utf8')).toBe(`${password.reveal()}\n`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
  removeSecret(path)
  removeSecret(path)
  expect(() => statSync(path)).toThrow('ENOENT')
})
