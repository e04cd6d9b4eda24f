import { onTestFinished } from 'vitest'
import { openFerry } from './command-line.ts'
import type { Environment, Ferry } from './command-line.ts'
import type { Sites } from './pair.ts'

export { eventsOf } from './command-line.ts'
export type { Report } from '../../src/model/report.ts'
export type { Environment, Ferry, Outcome, Status } from './command-line.ts'

/** A command line whose processes and folder are gone when the test ends. */
export function ferryOf(sites: Sites, own: Environment = {}): Ferry {
  const ferry = openFerry(sites, own)
  onTestFinished(() => ferry.close())
  return ferry
}
