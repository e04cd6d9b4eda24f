import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findJdk } from './java.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardferry-jdks-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** A folder that looks like a JDK. */
function jdk(major: number): string {
  const home = join(folder, `jdk-${major}`)
  mkdirSync(join(home, 'bin'), { recursive: true })
  writeFileSync(join(home, 'bin', 'javac'), '')
  writeFileSync(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${major}.0.1"\n`)
  return home
}

test('the first JDK of SHARDFERRY_LAB_JDKS that is new enough comes before JAVA_HOME and what is installed', () => {
  const homes = [jdk(90), jdk(92), jdk(91)]
  vi.stubEnv('SHARDFERRY_LAB_JDKS', homes.join(delimiter))
  vi.stubEnv('JAVA_HOME', jdk(93))
  expect(findJdk(17)).toEqual({ home: homes[0], major: 90 })
  expect(findJdk(91)).toEqual({ home: homes[1], major: 92 })
  expect(findJdk(93)).toMatchObject({ major: 93 })
})

test('JAVA_HOME counts only where it is new enough', () => {
  vi.stubEnv('SHARDFERRY_LAB_JDKS', '')
  vi.stubEnv('JAVA_HOME', jdk(94))
  expect(findJdk(94).major).toBe(94)
  expect(() => findJdk(95)).toThrow('JDK 95')
})

test('a missing JDK is told with how to install it and where it is looked for', () => {
  vi.stubEnv('SHARDFERRY_LAB_JDKS', '')
  expect(() => findJdk(99)).toThrow(
    /needs a JDK 99 or newer .*SHARDFERRY_LAB_JDKS.*apt-get install openjdk-21-jdk-headless.*adoptium\.net/s,
  )
})
