import { stepKinds, thisProcess } from '../../assemble.ts'
import { Memory } from '../../migration/memory.ts'
import { stepsToUndo } from '../../migration/undo-steps.ts'
import type { StepToUndo } from '../../migration/undo-steps.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Settings } from '../../settings/settings.ts'
import { confirmed } from '../confirm.ts'
import { print } from '../output.ts'
import { connectLazily, openKnownJournal } from '../session.ts'
import { undoAndTell } from '../undo.ts'
import { handWorkText } from '../view/hand-work.ts'

export interface CompleteOptions {
  readonly dryRun: boolean
  readonly yes: boolean
}

/**
 * `shardferry complete`: takes back everything a migration made or changed besides what it copied, in whatever state it is,
 * also after a crash and where a cluster is gone. May be called again and again.
 */
export async function complete(settings: Settings, { dryRun, yes }: CompleteOptions, signal: AbortSignal): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings.stateFolder, settings.name)
  using open = journal
  const memory = new Memory(open)
  const { plan } = memory.state
  const kinds = stepKinds(folder)
  const listed = stepsToUndo(memory.state, kinds)
  print(listText(name, listed))
  const handWork = handWorkText(settings.source.addresses, plan?.target)
  if (dryRun) {
    print(`\n${handWork}\n\nDry run: nothing was changed.`)
    return 0
  }
  if (listed.length > 0 && !yes && !(await confirmed('Do this?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  open.hold(thisProcess(), 'opened')
  await using clusters = connectLazily(settings, plan, signal)
  await undoAndTell(stepsToUndo(memory.state, kinds), memory, clusters, signal)
  memory.append({ type: 'completed' })
  print(`Migration ${name} is complete. What was copied stays; the journal stays in ${folder}.\n\n${handWork}`)
  return 0
}

function listText(name: string, steps: readonly StepToUndo[]): string {
  if (steps.length === 0) return `Migration ${name} has left nothing to take back.`
  return `To complete migration ${name}:\n${steps.map(({ what }) => `- ${what}`).join('\n')}`
}
