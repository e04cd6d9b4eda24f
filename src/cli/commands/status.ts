import { fold, standingTypes } from '../../journal/fold.ts'
import { stateOf } from '../../operate/state.ts'
import type { State } from '../../operate/state.ts'
import type { MigrationSettings } from '../../settings/settings.ts'
import { lookOf, print } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { changesText } from '../view/changes-text.ts'
import { deletesText } from '../view/deletes-text.ts'
import { statusText } from '../view/status-text.ts'

/** `shardferry status`: how a migration stands, from any terminal. */
export function status(settings: MigrationSettings, { json }: { readonly json: boolean }): number {
  const { journal, name } = openKnownJournal(settings)
  using open = journal
  const state = fold(open.entries(0, standingTypes))
  const live = open.published()
  const word = words[stateOf(state, open.isHeld(), live?.progress)]
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
        changes: [...state.changes].flatMap(([index, some]) => some.map(change => ({ index, ...change }))),
      }),
    )
    return 0
  }
  print(statusText(live?.progress, word, { ...lookOf(process.stdout), name }))
  const deletes = deletesText(state)
  if (deletes !== undefined) print(deletes)
  const changes = changesText(state)
  if (changes !== undefined) print(changes)
  if (state.outcome?.kind === 'failed' && !word.startsWith('running'))
    print(`Last error [${state.outcome.code}]: ${state.outcome.message}`)
  return 0
}

/** States as a person reads them. */
export const words: Readonly<Record<State, string>> = {
  planned: 'planned',
  running: 'running',
  following: 'waiting (cutover)',
  paused: 'paused',
  'cut-over': 'cut over',
  done: 'done',
  'set-aside': 'done (set-aside)',
  differs: 'done (differs)',
  completed: 'completed',
  failed: 'failed (resumable)',
  cancelled: 'cancelled',
  stopped: 'stopped (resumable)',
  interrupted: 'interrupted (resumable)',
}
