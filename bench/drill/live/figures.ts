/** What a migration's journal says about its changes of direction. */
import { join } from 'node:path'
import { fold } from '../../../src/journal/fold.ts'
import type { MigrationState } from '../../../src/journal/fold.ts'
import { SqliteJournal } from '../../../src/journal/sqlite.ts'
import type { StoredEntry } from '../../../src/model/entries.ts'

export type Change = 'cutover' | 'rollback'

export interface ChangeFigures {
  readonly what: Change
  readonly made: boolean
  /** From the first write block to the end of the change, or of its undoing; the time until a killed run is started again included. */
  readonly blockedMs: number
  /** Why it was undone. */
  readonly reason?: string
}

/** @param folder of the migration; that of its way back is `back` in it */
export function entriesIn(folder: string): readonly StoredEntry[] {
  using journal = SqliteJournal.open(folder)
  return [...journal.entries()]
}

export function stateIn(folder: string): MigrationState {
  return fold(entriesIn(folder))
}

export function changesIn(entries: readonly StoredEntry[]): ChangeFigures[] {
  const changes: ChangeFigures[] = []
  let blockedAtMs: number | undefined
  for (const { entry, atMs } of entries) {
    if (entry.type === 'cutover-begun' || entry.type === 'rollback-begun') blockedAtMs = undefined
    if (entry.type === 'captured' && entry.step.startsWith('write-block/')) blockedAtMs ??= atMs
    const end = ends[entry.type]
    if (!end) continue
    const reason = 'reason' in entry ? { reason: entry.reason } : {}
    changes.push({ ...end, blockedMs: blockedAtMs === undefined ? 0 : atMs - blockedAtMs, ...reason })
  }
  return changes
}

const ends: Readonly<Record<string, Pick<ChangeFigures, 'what' | 'made'>>> = {
  'cut-over': { what: 'cutover', made: true },
  'cutover-undone': { what: 'cutover', made: false },
  'rolled-back': { what: 'rollback', made: true },
  'rollback-undone': { what: 'rollback', made: false },
}

export function journalOf(state: string): string {
  return join(state, 'm')
}

/** Of both directions, one JSON line for each entry. */
export function journalLines(folder: string): string {
  const lines = (from: string): string[] => {
    try {
      return entriesIn(from).map(entry => JSON.stringify(entry))
    } catch {
      return ['there is none']
    }
  }
  return [...lines(folder), 'the way back:', ...lines(`${folder}/back`)].join('\n')
}
