import { isAccounted } from '../../model/report.ts'
import type { IndexReport, Report } from '../../model/report.ts'
import { formatDocs, plural } from './numbers.ts'

/** Why a report says `differs`: each cause once, with how much of it. */
export function reasonsToDiffer(report: Report): string[] {
  if (report.verdict !== 'differs') return []
  const reasons: string[] = []
  const where = (is: (index: IndexReport) => boolean) => report.indices.filter(is)

  if (!report.balanced) reasons.push('documents read are unaccounted for')
  const unequal = where(
    ({ sourceCount, targetCount, counts }) =>
      sourceCount !== null && targetCount !== null && sourceCount !== targetCount + counts.setAside,
  )
  if (unequal.length > 0)
    reasons.push(`${plural(unequal.length, 'index has', 'indices have')} another number of documents on the target`)
  const uncounted = where(({ sourceCount, targetCount }) => sourceCount === null || targetCount === null)
  if (uncounted.length > 0) reasons.push(`${plural(uncounted.length, 'index', 'indices')} could not be counted`)
  const behind = where(index => index.behind > 0)
  if (behind.length > 0) {
    const operations = behind.reduce((sum, index) => sum + index.behind, 0)
    reasons.push(`the source went on changing: ${plural(operations, 'operation', 'operations')} came after the last round`)
  }
  const deletes = where(({ deleted }) => deleted.state === 'off').reduce((sum, index) => sum + index.deletes, 0)
  if (deletes > 0)
    reasons.push(
      `${plural(deletes, 'document was', 'documents were')} deleted on the source during the run, and deletes were not looked for`,
    )
  const pending = where(({ deleted }) => deleted.state === 'pending')
  if (pending.length > 0)
    reasons.push(
      `documents were deleted on the source that are not deleted on the target yet, of ${plural(pending.length, 'index', 'indices')}`,
    )
  for (const { index, doubts } of report.indices) reasons.push(...doubts.map(doubt => `${index}: ${doubt}`))
  if (report.total.setAside > 0) reasons.push(`the target refused ${formatDocs(report.total.setAside)}; they are set aside`)
  return reasons
}

/** Whether nothing but doubt keeps a report from being exact: everything that can be counted agrees. */
export function onlyDoubted({ verdict, balanced, indices }: Report): boolean {
  const agree = indices.every(
    ({ sourceCount, targetCount, counts, behind, deleted }) =>
      (sourceCount === null || targetCount === null || targetCount + counts.setAside >= sourceCount) &&
      behind === 0 &&
      isAccounted(deleted),
  )
  const doubted = indices.some(
    ({ sourceCount, targetCount, doubts }) => sourceCount === null || targetCount === null || doubts.length > 0,
  )
  return verdict === 'differs' && balanced && agree && doubted
}

/** What a person does next, most urgent first; a command stands on a line of its own, so that it can be pasted. */
export function nextSteps(report: Report): string[] {
  const steps: string[] = []
  if (report.verdict === 'differs') {
    if (!report.balanced) steps.push('This is a fault in Shardferry. Keep the state folder and report it.')
    if (report.indices.some(index => index.behind > 0))
      steps.push('Run the same command again: it copies only what came since. Stop writing to the source before the last time.')
    if (report.indices.some(({ deleted, behind }) => deleted.state === 'pending' && behind === 0))
      steps.push('Run the same command again: it deletes on the target what was deleted on the source.')
    if (report.indices.some(({ deleted }) => deleted.state === 'off'))
      steps.push(
        'Documents deleted on the source during the run are still on the target. This finds them, and deletes them there:\n' +
          `shardferry verify ${report.source} ${report.target} --name ${report.name} --repair`,
      )
    if (report.indices.some(index => index.sourceCount === null || index.targetCount === null))
      steps.push('A note above says why an index could not be counted. Put that right, then run the same command again.')
    if (report.indices.some(index => index.doubts.length > 0))
      steps.push('Where a reason above says what to do, do that first. Nothing that was copied is lost by it.')
    if (steps.length === 0)
      steps.push('Somebody else may have written to the target. Copy the indices that differ again, under another --name.')
  }
  if (report.total.setAside > 0) {
    steps.push(`See the documents set aside, by reason:\nshardferry rejected list ${report.name}`)
    steps.push(
      `When the target's mapping is fixed, write them again:\nshardferry rejected retry ${report.source} ${report.target} --name ${report.name}`,
    )
  }
  if (report.verdict === 'exact') steps.push(`Point your applications at the target: ${report.target}`)
  return steps
}
