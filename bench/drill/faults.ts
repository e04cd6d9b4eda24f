import type { Fault } from './fault.ts'
import { failedShards, truncatedResponses } from './faults/answers.ts'
import { killAtChange, noFault } from './faults/changes.ts'
import { clockJump } from './faults/clock.ts'
import { connectionResets, halfOpenSockets, slowLinks } from './faults/connections.ts'
import { keyExpires, passwordChanges } from './faults/credentials.ts'
import { floodStage, floodStageOfTheServer, stateFolderFull } from './faults/disks.ts'
import { killAtCrashPoint, killAtRandom } from './faults/kills.ts'
import { primaryFailOver, sourceNodeKilled, targetNodeKilled } from './faults/nodes.ts'
import { bulkQueueFull, circuitBreakers, searchQueueFull } from './faults/pressure.ts'
import { dataStreamRollover, indexRecreated } from './faults/recreated.ts'
import { lostScrolls, scrollContexts } from './faults/scrolls.ts'

/** All there are, one file for each kind. */
export const faults: readonly Fault[] = [
  killAtCrashPoint,
  killAtRandom,
  sourceNodeKilled,
  primaryFailOver,
  targetNodeKilled,
  lostScrolls,
  scrollContexts,
  searchQueueFull,
  bulkQueueFull,
  circuitBreakers,
  connectionResets,
  halfOpenSockets,
  slowLinks,
  truncatedResponses(),
  failedShards(),
  floodStage,
  floodStageOfTheServer,
  stateFolderFull(),
  keyExpires,
  passwordChanges(),
  clockJump,
  indexRecreated(),
  dataStreamRollover(),
]

/** Those that are made for a copy, or make of an index something that no change of direction can go on with. */
const notLive: readonly Fault['name'][] = [
  killAtCrashPoint.name,
  floodStageOfTheServer.name,
  keyExpires.name,
  clockJump.name,
  indexRecreated().name,
]

/** Those that a change of direction may meet. */
export const liveFaults: readonly Fault[] = [noFault, killAtChange, ...faults.filter(({ name }) => !notLive.includes(name))]
