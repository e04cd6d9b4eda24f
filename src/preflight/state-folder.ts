import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { movedTasks } from '../model/plan.ts'
import type { IndexTask } from '../model/plan.ts'
import { attempted } from './check.ts'
import type { Check, Found } from './check.ts'
import { gigabytes } from './gigabytes.ts'

/** What a document costs in a manifest beyond its id, at most. */
const rowBytes = 24
/** Of an id that the server makes. */
const usualIdBytes = 20

/** Whether this machine has room for the manifests: the lists of what was copied, by which deletes are found. */
export const stateFolder: Check = {
  id: 'state-folder',
  title: 'room in the state folder for the lists of what is copied',
  code: 'state-unwritable',
  run: async ({ source, plan, stateFolder: folder }, signal) =>
    await attempted('state-folder', 'migration', async () => {
      const listed = plan ? movedTasks(plan).filter(task => task.deletes?.by === 'manifest') : []
      if (folder === undefined || listed.length === 0) return []
      const docs = listed.reduce((sum, { estimate }) => sum + estimate.docs, 0)
      const needed = docs * (rowBytes + (await idBytes(source, largest(listed), signal)))
      const { bavail, bsize } = await statfs(existing(folder))
      return [describe(folder, needed, bavail * bsize)]
    }),
}

function largest(tasks: readonly IndexTask[]): IndexTask {
  return tasks.reduce((most, task) => (task.estimate.docs > most.estimate.docs ? task : most))
}

/** How long the ids of some documents are; as long as the server's own where they cannot be asked for. */
async function idBytes(source: Cluster, { source: index }: IndexTask, signal: AbortSignal): Promise<number> {
  const answer = await json<{ hits?: { hits?: readonly { _id: string }[] } }>(source, {
    method: 'POST',
    path: `/${indexPath(index)}/_search`,
    body: { size: 50, _source: false },
    signal,
  }).catch(() => undefined)
  signal.throwIfAborted()
  const ids = answer?.hits?.hits ?? []
  return ids.length === 0 ? usualIdBytes : ids.reduce((sum, { _id }) => sum + Buffer.byteLength(_id), 0) / ids.length
}

/** The folder, or, where a run has yet to make it, the one that it is made in. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder))
}

function describe(folder: string, needed: number, free: number): Found {
  const needs = `The lists of what is copied take ${gigabytes(needed)} at most in the state folder ${folder}; its disk has ${gigabytes(free)}.`
  if (needed <= free) return { about: 'migration', severity: 'ok', message: needs }
  return {
    about: 'migration',
    severity: 'warning',
    message: `${needs} A full disk stops the run; nothing is lost by it.`,
    remedy:
      'Free space there, keep the state on another disk: --state FOLDER, or do without lists: --deletes sweep, which reads and compares the ids of both sides to find deletes.',
  }
}
