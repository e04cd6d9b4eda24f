import { fold, standingTypes } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import type { Progress } from '../../model/progress.ts'
import type { MigrationSettings } from '../../settings/settings.ts'
import { lookOf, print } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { deletesText } from '../view/deletes-text.ts'
import { statusText } from '../view/status-text.ts'

/** `shardferry status`: how a migration stands, from any terminal. */
export function status(settings: MigrationSettings, { json }: { readonly json: boolean }): number {
  const { journal, name } = openKnownJournal(settings)
  using open = journal
  const state = fold(open.entries(0, standingTypes))
  const live = open.published()
  const word = stateWord(state, open.isHeld(), live?.progress)
  if (json) {
    print(
      JSON.stringify({
        name,
        state: word,
        progress: live?.progress ?? null,
        deletes: [...state.indices].flatMap(([index, { deletes }]) =>
          deletes ? [{ index, by: deletes.by, carried: deletes.carried, kept: deletes.kept }] : [],
        ),
        report: state.report ?? null,
        outcome: state.outcome ?? null,
        cutover: state.cutover,
      }),
    )
    return 0
  }
  print(statusText(live?.progress, word, { ...lookOf(process.stdout), name }))
  const deletes = deletesText(state)
  if (deletes !== undefined) print(deletes)
  if (state.outcome?.kind === 'failed' && !word.startsWith('running'))
    print(`Last error [${state.outcome.code}]: ${state.outcome.message}`)
  return 0
}

/** The state in one word or two, from the journal, and from whether a process holds it and lets it rest. */
function stateWord(state: MigrationState, held: boolean, progress: Progress | undefined): string {
  if (held && (state.paused !== undefined || progress?.paused === true)) return 'paused'
  if (state.cutover.phase === 'done' && state.outcome?.kind !== 'completed') return 'cut over'
  if (held) return progress?.phase === 'following' ? 'waiting (cutover)' : 'running'
  switch (state.outcome?.kind) {
    case 'finished':
      return state.report?.verdict === 'exact' ? 'done' : `done (${state.report?.verdict ?? ''})`
    case 'completed':
      return 'completed'
    case 'failed':
      return 'failed (resumable)'
    case 'stopped':
      return state.cancelled ? 'cancelled' : 'stopped (resumable)'
    case undefined:
      return state.startedAtMs === undefined ? 'planned' : 'interrupted (resumable)'
  }
}
