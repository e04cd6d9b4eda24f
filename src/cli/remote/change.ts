import { setTimeout as sleep } from 'node:timers/promises'
import type { Condition } from '../../migration/cutover/gate.ts'
import type { CutoverConditions, CutoverFacts, RollbackConditions } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { refused } from '../../operate/change.ts'
import type { RemoteSettings } from '../../settings/serve-settings.ts'
import { confirmed } from '../confirm.ts'
import { print } from '../output.ts'
import { changeText, cutOverText, rolledBackText } from '../view/cutover-text.ts'
import { pathOf, serverAt } from './ask-server.ts'
import type { Server, Shown } from './ask-server.ts'
import { control } from './commands.ts'

export interface RemoteChange {
  readonly what: 'cutover' | 'rollback'
  readonly conditions: CutoverConditions | RollbackConditions
  readonly dryRun: boolean
  readonly yes: boolean
  readonly moved: boolean
}

/** `cutover | rollback --server`: shows what would be done, asks the person, then the server, and waits for it. */
export async function change(
  remote: RemoteSettings,
  { what, conditions: accepted, dryRun, yes, moved }: RemoteChange,
  signal: AbortSignal,
): Promise<number> {
  const server = serverAt(remote, signal)
  const path = await pathOf(server, remote)
  const { version, cutover, switches } = await server.get<Shown>(path)
  if (moved && cutover.phase === (what === 'cutover' ? 'done' : 'none'))
    return await control(remote, { what: 'moved', switches }, dryRun, signal)
  const would = await server.post<{ steps: readonly string[]; conditions: readonly Condition[] }>(`${path}/${what}`, {
    ...accepted,
    dryRun: true,
  })
  print(`Steps:\n${would.steps.map((step, n) => `  ${n + 1}. ${step}`).join('\n')}\n`)
  if (would.conditions.length > 0) print(changeText(would.conditions))
  const failing = would.conditions.filter(({ holds }) => !holds)
  if (dryRun) {
    print('\nDry run: nothing was changed.')
    return failing.length === 0 ? 0 : refused(what, failing).exitCode
  }
  if (failing.length > 0) throw refused(what, failing)
  if (!yes && !(await confirmed(what === 'cutover' ? 'Cut over now?' : 'Roll back now?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  await server.post(`${path}/${what}`, accepted, `"${version}"`)
  if (what === 'rollback' && cutover.phase === 'none') {
    print('It is rolled back; the source is as it was.')
    return 0
  }
  const facts = await made(server, path, version, signal)
  print(what === 'cutover' ? cutOverText(facts) : rolledBackText(facts))
  if (moved) return await control(remote, { what: 'moved', switches: switches + 1 }, false, signal)
  print(`\nOnce all applications have moved: shardferry ${what} --moved`)
  return 0
}

const lookEveryMs = 500

interface JournalPage {
  readonly events: readonly {
    readonly number: number
    readonly type: string
    readonly reason?: string
    readonly facts?: CutoverFacts
  }[]
  readonly next: number | null
}

/** What the journal says of the change. @throws ShardferryError `cutover-failed` */
async function made(server: Server, path: string, after: number, signal: AbortSignal): Promise<CutoverFacts> {
  for (let seen = after; ;) {
    const { events, next } = await server.get<JournalPage>(`${path}/events?after=${seen}&limit=1000`)
    for (const { type, reason = '', facts, number } of events) {
      seen = number
      if ((type === 'cut-over' || type === 'rolled-back') && facts) return facts
      if (type === 'cutover-undone' || type === 'rollback-undone')
        throw new ShardferryError('cutover-failed', `It was not made: ${reason}`, {
          hint: 'Applications stay where they are. Try again once the cause is gone.',
        })
      if (type === 'stopped' || type === 'failed')
        throw new ShardferryError('stopped', 'The run ended in the middle of the change.', {
          hint: 'Start it again: it finishes the change or undoes it, and says which.',
        })
    }
    if (next === null) await sleep(lookEveryMs, undefined, { signal })
  }
}
