import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode } from './errors.ts'
import { isRunning, startOf, type ProcessIdentity } from './process.ts'

/** Does the work while no other process, and no other caller in this one, holds the lock of that file. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  while (!take(file)) await sleep(100)
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** The lock is a file that names its holder. It is linked into place whole, so nobody ever reads half a holder. */
function take(file: string): boolean {
  const own = `${file}.${randomUUID()}`
  const holder: ProcessIdentity & { turn: string } = { pid: process.pid, pidStart: startOf(process.pid) ?? '', turn: own }
  writeFileSync(own, JSON.stringify(holder))
  try {
    linkSync(own, file)
    return true
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    removeIfAbandoned(file)
    return false
  } finally {
    rmSync(own)
  }
}

/** Removes the lock of a holder that has died. Of several waiters that see this, none removes the lock of the next holder. */
function removeIfAbandoned(file: string): void {
  const seen = read(file)
  if (seen === undefined || isRunning(JSON.parse(seen) as ProcessIdentity)) return
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
    if (read(aside) !== seen) linkSync(aside, file)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
