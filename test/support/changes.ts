/** Changes of direction in a fake migration: applications that write, move and ask. */
import { isDeepStrictEqual } from 'node:util'
import { virtualWorld } from '../../src/flow/virtual-world.test-part.ts'
import type { AnyCrashPoint } from '../../src/model/crash-points.ts'
import type { CutoverConditions, Entry, RollbackConditions } from '../../src/model/entries.ts'
import { ShardferryError } from '../../src/model/errors.ts'
import type { World } from '../../src/model/ports.ts'
import { send } from '../contract/connect-to.ts'
import type { FakeMigration } from './fake-migration.ts'
import { until } from './until.ts'

export const easy: CutoverConditions = {
  maxLagMs: 600_000,
  maxBlockMs: 60_000,
  acceptSetAside: false,
  acceptUnverified: true,
  acceptYellow: true,
  takeAliases: false,
}

export const followed = { copy: { follow: true, followBack: false }, task: { aliases: { places: {} } } } as const

export function ask(f: FakeMigration, conditions: Partial<CutoverConditions> = {}): void {
  f.journal.append({ type: 'asked', ask: { what: 'cutover', conditions: { ...easy, ...conditions } } })
}

export function askBack(f: FakeMigration, conditions: Partial<RollbackConditions> = {}): void {
  const easily = { maxLagMs: 600_000, maxBlockMs: 60_000, acceptDifferences: false }
  f.journal.append({ type: 'asked', ask: { what: 'rollback', conditions: { ...easily, ...conditions } } })
}

/** Applications have left the side that is blocked. */
export function moved(f: FakeMigration): void {
  const switches = f.types().filter(type => type === 'cut-over' || type === 'rolled-back').length
  f.journal.append({ type: 'asked', ask: { what: 'moved', switches } })
}

export async function followsAs(f: FakeMigration, text: string): Promise<void> {
  const isThere = (): boolean =>
    f.types().includes('created') && [...f.documents('target').values()].some(one => one.includes(text))
  await until(`${text} on the target`, () => Promise.resolve(isThere() || undefined))
}

export function blocked(f: FakeMigration, side: 'source' | 'target' = 'source'): boolean {
  const index = side === 'source' ? f.source.store.index('cities') : f.target.store.index('towns')
  return index.text('blocks.write') === 'true'
}

export async function journaled(f: FakeMigration, type: Entry['type'], times = 1): Promise<void> {
  await until(`${type} in the journal`, () => {
    const undone = f.journal.kept.findLast(one => one.type === 'cutover-undone' || one.type === 'rollback-undone')
    if ((type === 'cut-over' || type === 'rolled-back') && undone && f.journal.kept.at(-1) === undone)
      throw new Error(undone.reason)
    return Promise.resolve(f.types().filter(one => one === type).length >= times || undefined)
  })
}

export async function unblocked(f: FakeMigration, side: 'source' | 'target'): Promise<void> {
  await until(`the ${side} to take writes again`, () => Promise.resolve(!blocked(f, side) || undefined))
}

export async function aliasesOf(f: FakeMigration): Promise<unknown> {
  return await send(f.target.url, 'GET', '/towns/_alias')
}

/** Dies at the nth time that a point is passed: nothing is journaled or tidied up any more. */
export function dyingAt(at: AnyCrashPoint, nth: number): World & { readonly died: boolean } {
  let left = nth
  return {
    ...virtualWorld({ restless: true }),
    get died() {
      return left <= 0
    },
    reached: point => {
      if (point === at && --left === 0) throw new ShardferryError('state-unwritable', `died at ${at}`)
    },
  }
}

export const both = { copy: { follow: true }, task: { aliases: { places: {} } } } as const

/** Writes, updates and deletes on a side, as applications would that use it. */
export async function use(f: FakeMigration, side: 'source' | 'target', text: string): Promise<void> {
  const [address, index] = side === 'source' ? [f.source.url, 'cities'] : [f.target.url, 'towns']
  const line = (id: string): string => `{"index":{"_id":"${id}"}}\n{"text":"${text}"}\n`
  const lines = `${line('d1')}${line(`new ${text}`)}{"delete":{"_id":"d2"}}\n{"delete":{"_id":"gone ${text}"}}\n${line('d2')}${line(`gone ${text}`)}`
  await send(address, 'POST', `/${index}/_bulk`, lines)
  await send(address, 'DELETE', `/${index}/_doc/gone ${text}`)
  // One that came by the copy and has not been touched since.
  const copied = [...f.documents(side)].find(([, doc]) => doc.includes('first'))!
  await send(address, 'DELETE', `/${index}/_doc/${copied[0]}`)
  await send(address, 'POST', `/${index}/_refresh`)
}

export async function equalSoon(f: FakeMigration, what: string): Promise<void> {
  const equal = (): boolean => isDeepStrictEqual(f.documents('source'), f.documents('target'))
  await until(`both sides to be equal ${what}`, () => Promise.resolve(equal() || undefined))
}

export async function changed(f: FakeMigration, what: 'cutover' | 'rollback', text: string): Promise<void> {
  const done = what === 'cutover' ? 'cut-over' : 'rolled-back'
  const count = (): number => f.types().filter(type => type === done).length
  const before = count()
  if (what === 'cutover') ask(f)
  else askBack(f)
  await until(`the ${what} ${text}`, () => {
    const undone = f.journal.kept.findLast(({ type }) => type === 'cutover-undone' || type === 'rollback-undone')
    if (undone) throw new Error(JSON.stringify(undone))
    return Promise.resolve(count() > before || undefined)
  })
}

export async function put(address: string, index: string, id: string, text: string, more = ''): Promise<void> {
  await send(address, 'POST', `/${index}/_bulk`, `{"index":{"_id":"${id}"${more}}}\n{"text":"${text}"}\n`)
  await send(address, 'POST', `/${index}/_refresh`)
}
