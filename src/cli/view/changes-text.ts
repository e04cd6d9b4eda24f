import type { MigrationState } from '../../journal/fold.ts'
import { printable } from './cells.ts'

/** What changed in definitions on the source while it is followed, a line each; undefined where nothing did. */
export function changesText({ changes }: Pick<MigrationState, 'changes'>): string | undefined {
  const lines = [...changes].flatMap(([index, some]) =>
    some.filter(({ kind }) => kind === 'followed').map(({ what, why }) => printable(`  ${index}: ${what}: ${why}.`)),
  )
  return lines.length === 0 ? undefined : ['Since it is followed:', ...lines].join('\n')
}
