import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparisonFolder, migrationFolder } from '../../assemble.ts'
import { remainingFile } from '../../migration/run-verification.ts'
import type { Verification } from '../../model/verification.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { compareAndRepair, requireComparable } from '../../operate/compare.ts'
import type { AskedComparison } from '../../operate/compare.ts'
import type { Settings } from '../../settings/settings.ts'
import { differencesFile } from '../../verify/keep.ts'
import { readQueryFile } from '../../verify/query-file.ts'
import { emit, lookOf, print, verifyExitCode } from '../output.ts'
import { comparedName } from '../session.ts'
import { watched } from '../watched.ts'
import { verificationText } from '../view/verification-text.ts'

export interface VerifyOptions extends AskedComparison {
  readonly queries: string | undefined
  readonly json: boolean
}

/** `shardferry verify`: compares both clusters, and repairs what differs where that is asked for. Gives the exit code. */
export async function verify(settings: Settings, options: VerifyOptions, signal: AbortSignal): Promise<number> {
  requireComparable(options)
  const queries = options.queries === undefined ? [] : readQueryFile(options.queries)
  await using clusters = await connectBoth(settings, signal)
  const folder = migrationFolder(settings.stateFolder, comparedName(settings, clusters))
  const compared = await compareAndRepair(
    {
      settings,
      clusters,
      folder,
      queries,
      watch: ({ parts: { kept, meter } }, run) => {
        if (!options.json && kept.resumed) print('Going on with the comparison that was under way.')
        return watched(meter, options.json, run)
      },
    },
    options,
    signal,
  )
  show(compared, comparisonFolder(folder), options)
  return verifyExitCode(compared.verdict)
}

function show(report: Verification, folder: string, options: VerifyOptions): void {
  const file = (name: string): string => join(folder, name)
  writeFileSync(file('report.txt'), `${verificationText(report, { colour: false, columns: 120 })}\n`)
  if (options.json) return emit({ event: 'verification', at: new Date().toISOString(), ...report })
  const differences = report.repair && !report.repair.dryRun ? [differencesFile, remainingFile] : [differencesFile]
  print(`\n${verificationText(report, lookOf(process.stdout))}\n`)
  print(`Report: ${file('report.json')}\nDifferences: ${differences.map(file).join(', ')}`)
}
