import type { Fault } from './fault.ts'
import { killAtCrashPoint, killAtRandom } from './faults/kills.ts'
import { primaryFailOver, sourceNodeKilled, targetNodeKilled } from './faults/nodes.ts'

/** All there are, one file for each kind. */
export const faults: readonly Fault[] = [killAtCrashPoint, killAtRandom, sourceNodeKilled, targetNodeKilled, primaryFailOver]
