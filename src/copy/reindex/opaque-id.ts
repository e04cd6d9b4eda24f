import { createHash } from 'node:crypto'
import type { Plan } from '../../model/plan.ts'

/**
 * What marks the tasks of a migration (`X-Opaque-Id`), so that they are found again where a crash came between their start
 * and the journal. The same for every run of a migration, and no other's.
 */
export interface TaskMarks {
  /** What every mark of the migration begins with. */
  readonly prefix: string
  of(partition: string): string
}

export function taskMarks({ name, createdAt, source, target }: Plan): TaskMarks {
  const prefix = `shardferry-${short([name, createdAt, source.clusterUuid, target.clusterUuid].join('\n'))}-`
  return { prefix, of: partition => prefix + short(partition) }
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
