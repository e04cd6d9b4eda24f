/** How a migration ends for good: what it made or changed is taken back, by the one process that may. */
import { existsSync, rmSync } from 'node:fs'
import { backFolder, manifestsFolder, stepKinds, thisProcess } from '../assemble.ts'
import type { SqliteJournal } from '../journal/sqlite.ts'
import { Memory } from '../migration/memory.ts'
import { stepsToUndo } from '../migration/undo-steps.ts'
import type { StepToUndo } from '../migration/undo-steps.ts'
import { ShardferryError } from '../model/errors.ts'
import type { MigrationState } from '../journal/fold.ts'
import { movedTasks } from '../model/plan.ts'
import type { Side } from '../model/connection.ts'
import type { Settings } from '../settings/settings.ts'
import { connectLazily } from './clusters.ts'
import { undoAndTell } from './undo.ts'

export interface TakeBackParts {
  readonly journal: SqliteJournal
  readonly folder: string
  readonly settings: Settings
  readonly onUndone: (step: StepToUndo) => void
}

/** What `complete` would do. */
export function whatCompleteUndoes(
  folder: string,
  state: Memory['state'],
): { readonly steps: readonly StepToUndo[]; readonly lists: readonly string[] } {
  return { steps: stepsToUndo(state, stepKinds(folder)), lists: listsLeft(folder, state) }
}

/**
 * Takes back everything besides what was copied. May be called again and again.
 * @param gone clusters that are no more: what was made there has gone with them
 * @throws ShardferryError `state-held`, `left-over`
 */
export async function completeMigration(
  { journal, folder, settings, onUndone }: TakeBackParts,
  gone: readonly Side[],
  signal: AbortSignal,
): Promise<void> {
  journal.hold(thisProcess(), 'opened')
  const memory = new Memory(journal)
  const kinds = stepKinds(folder)
  await using clusters = connectLazily(settings, memory.state.plan, signal)
  for (const step of stepsToUndo(memory.state, kinds).filter(one => isGone(one, gone))) {
    step.kind?.forget?.(step.name)
    memory.append({ type: 'undone', step: step.id })
  }
  await undoAndTell(stepsToUndo(memory.state, kinds), memory, clusters, onUndone, signal)
  const lists = listsLeft(folder, memory.state)
  memory.append({ type: 'completed' })
  for (const one of lists) rmSync(one, { recursive: true, force: true })
}

/** What a rollback before a cutover would do: what was copied goes too, where the migration made the index. */
export function whatRemovalUndoes(folder: string, state: Memory['state']): readonly StepToUndo[] {
  return stepsToUndo(state, stepKinds(folder, state))
}

/** Before a cutover the target is nobody's: what was made there goes, and everything else is given back. @throws as `completeMigration` */
export async function removeMigration(
  { journal, folder, settings, onUndone }: TakeBackParts,
  signal: AbortSignal,
): Promise<void> {
  journal.lock(thisProcess())
  const memory = new Memory(journal)
  // A run may have cut over, and ended, since it was looked first.
  requireNeverCutOver(memory.state, memory.state.plan?.name ?? settings.name)
  memory.append({ type: 'opened', holder: thisProcess() })
  await using clusters = connectLazily(settings, memory.state.plan, signal)
  await undoAndTell(whatRemovalUndoes(folder, memory.state), memory, clusters, onUndone, signal)
  memory.append({ type: 'completed' })
}

/** @throws ShardferryError `state-other` where applications have been moved, or are being moved */
export function requireNeverCutOver({ cutover, switches, plan }: MigrationState, name: string): void {
  if (cutover.phase !== 'none')
    throw new ShardferryError(
      'state-other',
      `Migration ${name} was cut over meanwhile, or is being cut over; nothing was changed.`,
      {
        hint: 'See how it stands with: shardferry status. Then ask again: shardferry rollback',
      },
    )
  if (switches === 0) return
  throw new ShardferryError(
    'state-other',
    `Migration ${name} was cut over and is rolled back: applications are on the source, and what was made on the target stays.`,
    {
      hint: `End it with: shardferry complete. After that it can be deleted there: ${
        plan
          ? movedTasks(plan)
              .map(({ target }) => target)
              .join(', ')
          : ''
      }`,
    },
  )
}

/**
 * The manifests of a migration that is not taken up again: with them later runs would find deletes. One that was completed
 * without having been finished may go on.
 */
function listsLeft(folder: string, { report }: Memory['state']): readonly string[] {
  if (report === undefined) return []
  return [folder, backFolder(folder)].map(manifestsFolder).filter(lists => existsSync(lists))
}

export function isGone({ kind }: StepToUndo, gone: readonly Side[]): boolean {
  return kind !== undefined && gone.includes(kind.side)
}
