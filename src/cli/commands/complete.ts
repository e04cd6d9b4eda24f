import { existsSync, rmSync } from 'node:fs'
import { backFolder, manifestsFolder, stepKinds, thisProcess } from '../../assemble.ts'
import { Memory } from '../../migration/memory.ts'
import { stepsToUndo } from '../../migration/undo-steps.ts'
import type { StepToUndo } from '../../migration/undo-steps.ts'
import type { Side } from '../../model/connection.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import type { Settings } from '../../settings/settings.ts'
import { connectLazily } from '../../operate/clusters.ts'
import { confirmed } from '../confirm.ts'
import { print } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { undoAndTell } from '../undo.ts'
import { handWorkText } from '../view/hand-work.ts'

export interface CompleteOptions {
  readonly dryRun: boolean
  readonly yes: boolean
  /** Clusters that are no more: what was made there has gone with them. */
  readonly gone: readonly Side[]
}

/**
 * `shardferry complete`: takes back everything a migration made or changed besides what it copied, in whatever state it is,
 * also after a crash and where a cluster is gone. May be called again and again.
 */
export async function complete(settings: Settings, { dryRun, yes, gone }: CompleteOptions, signal: AbortSignal): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings)
  using open = journal
  const memory = new Memory(open)
  const { plan } = memory.state
  const kinds = stepKinds(folder)
  const listed = stepsToUndo(memory.state, kinds)
  const lists = listsLeft(folder, memory.state)
  print(listText(name, listed, gone, lists.length > 0))
  const handWork = handWorkText(settings.source.addresses, plan)
  if (dryRun) {
    print(`\n${handWork}\n\nDry run: nothing was changed.`)
    return 0
  }
  if (listed.length > 0 && !yes && !(await confirmed('Do this?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  open.hold(thisProcess(), 'opened')
  await using clusters = connectLazily(settings, plan, signal)
  for (const step of stepsToUndo(memory.state, kinds).filter(one => isGone(one, gone))) {
    step.kind?.forget?.(step.name)
    memory.append({ type: 'undone', step: step.id })
  }
  try {
    await undoAndTell(stepsToUndo(memory.state, kinds), memory, clusters, signal)
  } catch (thrown) {
    if (asShardferryError(thrown).code === 'left-over') print(`\n${handWork}\n`)
    throw thrown
  }
  memory.append({ type: 'completed' })
  for (const one of lists) rmSync(one, { recursive: true, force: true })
  print(`Migration ${name} is complete. What was copied stays; the journal stays in ${folder}.\n\n${handWork}`)
  return 0
}

/**
 * The manifests of a migration that is not taken up again: with them later runs would find deletes. One that was completed
 * without having been finished may go on.
 */
function listsLeft(folder: string, { report }: Memory['state']): readonly string[] {
  if (report === undefined) return []
  return [folder, backFolder(folder)].map(manifestsFolder).filter(lists => existsSync(lists))
}

function isGone({ kind }: StepToUndo, gone: readonly Side[]): boolean {
  return kind !== undefined && gone.includes(kind.side)
}

function listText(name: string, steps: readonly StepToUndo[], gone: readonly Side[], lists: boolean): string {
  const lines = steps.map(step => `- ${step.what}${isGone(step, gone) ? `: gone with the ${step.kind?.side}` : ''}`)
  if (lists)
    lines.push(
      '- remove the lists of what was copied (manifests) from the state folder; journal, reports and rejected documents stay',
    )
  if (lines.length === 0) return `Migration ${name} has left nothing to take back.`
  return `To complete migration ${name}:\n${lines.join('\n')}`
}
