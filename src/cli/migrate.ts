import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { steadyNow } from '../flow/steady-clock.ts'
import { runJournaled } from '../operate/run-journaled.ts'
import type { Run } from '../operate/run-journaled.ts'
import { emit, exitCodeOf, lookOf, print } from './output.ts'
import { chooseView } from './view/choose-view.ts'
import { reportEvent } from './view/json-view.ts'
import { reportText } from './view/report-text.ts'

/** Runs or resumes the journaled migration with a live view, shows its report, and gives the exit code. */
export async function migrate({ json, ...run }: Run & { readonly json: boolean }): Promise<number> {
  const view = chooseView({ stream: process.stdout, json, term: process.env['TERM'], now: steadyNow })
  if (!json) print('')
  view.start()
  try {
    const report = await runJournaled(run, progress => view.draw(progress))
    view.stop()
    writeFileSync(join(run.folder, 'report.txt'), `${reportText(report, { colour: false, columns: 120 })}\n`)
    if (json) emit(reportEvent(report, Date.now()))
    else print(`\n${reportText(report, lookOf(process.stdout))}\n\nReport: ${join(run.folder, 'report.json')}`)
    return exitCodeOf(report)
  } finally {
    view.stop()
  }
}
