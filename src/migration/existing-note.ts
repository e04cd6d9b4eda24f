import type { Counts } from '../model/documents.ts'
import type { IndexTask } from '../model/plan.ts'

interface Existing {
  readonly task: IndexTask
  readonly counts: Counts
  readonly sourceCount: number | null
  readonly targetCount: number | null
  readonly docsBefore: number | null
}

/**
 * What counts can say about an index that was on the target before: how many documents are new there, and how many met
 * one of the same id. They cannot say what those that were replaced held, nor that nobody else wrote meanwhile.
 */
export function existingNote(
  { task, counts, sourceCount, targetCount, docsBefore }: Existing,
  { doubts, note }: { readonly doubts: string[]; readonly note: (text: string) => void },
): void {
  const matching = task.query === undefined ? '' : ' that match'
  const kept =
    counts.alreadyNewer > 0
      ? ` ${counts.alreadyNewer} of the documents read were not written, because the version on the target is higher.`
      : ''
  if (docsBefore === null || sourceCount === null || targetCount === null)
    return note(
      `${task.target} was there before, and how many documents it held is not known: only that it holds at least as many as arrived.${kept}`,
    )
  const fresh = targetCount - docsBefore
  if (fresh < 0)
    doubts.push(
      `${task.target} held ${docsBefore} documents${matching} before the copy and holds ${targetCount} now: somebody else deletes there`,
    )
  const met = sourceCount - counts.setAside - fresh
  if (fresh >= 0 && met >= 0)
    note(
      `${task.target} held ${docsBefore} documents${matching} before the copy and holds ${targetCount} now: ${fresh} of those that arrived are new there, ${met} met a document of the same id.${kept}`,
    )
}
