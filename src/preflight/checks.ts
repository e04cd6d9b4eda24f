import { ShardferryError } from '../model/errors.ts'
import type { Finding, Severity } from '../model/findings.ts'
import { certificates } from './certificates.ts'
import { attempted } from './check.ts'
import type { Check, CheckContext } from './check.ts'
import { clock } from './clock.ts'
import { connection } from './connection.ts'
import { definitions } from './definitions.ts'
import { disk } from './disk.ts'
import { documents } from './documents.ts'
import { engines } from './engines.ts'
import { fieldLimits } from './field-limits.ts'
import { health } from './health.ts'
import { hosts } from './hosts.ts'
import { httpLimit } from './http-limit.ts'
import { openIndices } from './open-indices.ts'
import { pipelines } from './pipelines.ts'
import { privileges } from './privileges.ts'
import { refusals } from './refusals.ts'
import { remoteReindex } from './remote-reindex.ts'
import { sameIndices } from './same-indices.ts'
import { sequenceNumbers } from './sequence-numbers.ts'
import { shardLimit } from './shard-limit.ts'
import { stateFolder } from './state-folder.ts'
import { targetBlocks } from './target-blocks.ts'
import { targetNames } from './target-names.ts'
import { targetTemplates } from './target-templates.ts'
import { transport } from './transport.ts'
import { versions } from './versions.ts'

/** In the order of their findings; the first error of these gives a refused run its code. */
export const checks: readonly Check[] = [
  connection,
  certificates,
  transport,
  versions,
  engines,
  hosts,
  health,
  clock,
  privileges,
  remoteReindex,
  sequenceNumbers,
  openIndices,
  refusals,
  documents,
  sameIndices,
  targetNames,
  targetTemplates,
  definitions,
  pipelines,
  fieldLimits,
  targetBlocks,
  shardLimit,
  disk,
  stateFolder,
  httpLimit,
]

/** Runs every check, all at the same time. @throws ShardferryError `stopped` and nothing else */
export async function runChecks(
  context: CheckContext,
  signal: AbortSignal,
  which: readonly Check[] = checks,
): Promise<Finding[]> {
  const found = await Promise.all(
    which.map(async check => await attempted(check.id, 'migration', async () => await check.run(context, signal))),
  )
  return found.flat()
}

const bySeverity: readonly Severity[] = ['ok', 'info', 'warning', 'unknown', 'error']

/** The gravest of all; `ok` where there is none. */
export function worstSeverity(findings: readonly Finding[]): Severity {
  const worst = Math.max(0, ...findings.map(({ severity }) => bySeverity.indexOf(severity)))
  return bySeverity[worst] ?? 'error'
}

/** @throws ShardferryError with the code of the first error's check, every error in the message and every remedy in the hint */
export function requireNoErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (!first) return
  const lines = errors.map(({ about, message }) => `${about}: ${message}`)
  const remedies = [...new Set(errors.flatMap(({ remedy }) => remedy ?? []))]
  throw new ShardferryError(
    first.code ?? checks.find(({ id }) => id === first.check)?.code ?? 'plan-refused',
    lines.length === 1
      ? lines.join('')
      : `${lines.length} checks say that this cannot run:\n${lines.map(line => `- ${line}`).join('\n')}`,
    remedies.length === 0 ? {} : { hint: remedies.join('\n') },
  )
}
