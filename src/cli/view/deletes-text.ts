import type { MigrationState } from '../../journal/fold.ts'
import { movedTasks } from '../../model/plan.ts'
import { formatDocs, plural } from './numbers.ts'

/** How many deletes of the source were carried over so far, and where they are not looked for; undefined before there is a plan. */
export function deletesText({ plan, indices }: Pick<MigrationState, 'plan' | 'indices'>): string | undefined {
  if (plan === undefined) return undefined
  const tasks = movedTasks(plan)
  const off = tasks.filter(({ source, deletes }) => !indices.get(source)?.deletes && (deletes?.by ?? 'off') === 'off')
  const carried = tasks.reduce((sum, { source }) => sum + (indices.get(source)?.deletes?.carried ?? 0), 0)
  const kept = tasks.reduce((sum, { source }) => sum + (indices.get(source)?.deletes?.kept ?? 0), 0)
  if (off.length === tasks.length) return 'Deletes on the source are not looked for.'
  const parts = [`${formatDocs(carried)} carried over to the target so far`]
  if (kept > 0) parts.push(`${formatDocs(kept)} kept there, as they are not what was copied`)
  if (off.length > 0) parts.push(`not looked for in ${plural(off.length, 'index', 'indices')}`)
  return `Deletes on the source: ${parts.join(', ')}.`
}
