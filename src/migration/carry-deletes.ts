/**
 * Carries deletes over: what was copied and is gone from the source goes from the target too.
 *
 * Invariants. A document is deleted on the target only if this migration copied it and nobody wrote it since (a sweep, which
 * cannot know that, works only in an index that the migration made, and until a run has ended well: from then on applications
 * may write there), a search of refreshed copies of the source did not show its number any more, a later look did not find it
 * under any version, and every operation that these searches can have seen is at or below a checkpoint of the same
 * primary: what is taken back when a primary dies was not a delete. Whatever was in the index when it was looked at is
 * judged by its place, id and routing.
 *
 * A delete never overtakes a re-creation. It carries the version that the target was seen to hold plus one: above the copy,
 * so that a late second delivery of it is refused, and below a re-creation, as the source's own delete took a number
 * in between (a document copied at number s has version s + 1 and is deleted with s + 2; it was deleted on the source at
 * s + 1 at the earliest, so that it is made anew at s + 2 and written with s + 3 at the earliest). Where its id lives on
 * under another routing, it may have been replaced without a delete, at s + 1; then the delete carries the copy's own version.
 * With versions of the application there is no such order: what is made anew begins at 1 once its deletion is forgotten,
 * and is written over whatever the target remembers (`overwrites` of the writer).
 */
import { refresh } from '../cluster/shards.ts'
import { allListed, gonePlaces } from '../copy/manifest/gone.ts'
import type { GoneParts } from '../copy/manifest/gone.ts'
import type { ShardMark } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { ComparedIndex } from '../verify/compared-index.ts'
import type { CompareParts } from '../verify/compare-index.ts'
import { extraPlaces } from '../verify/extra-places.ts'
import { deletePlaces, hindranceTexts, samePrimaries } from './delete-places.ts'
import type { DeletedPlaces, Hindrance } from './delete-places.ts'
import { deletesSince } from './deletes-since.ts'
import { requireLineage } from './due-round.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'

/** What carrying deletes over works with. */
export interface DeletesParts {
  readonly manifests: GoneParts
  /** How an index is looked at on both sides. @throws ShardferryError where it cannot be */
  readonly compared: (task: IndexTask, signal: AbortSignal) => Promise<ComparedIndex>
  readonly sweeping: () => CompareParts
  /** By source index, why deletes could not be carried over in this run. */
  readonly hindrances: Map<string, string>
}

/** Where a primary changed meanwhile, it is all looked at again, so often at most. */
const looks = 3

/** Carries over what was deleted until now. Gives whether anything had to be looked for. */
export async function carryDeletes(m: Migration, task: IndexTask, signal: AbortSignal): Promise<boolean> {
  const by = task.deletes?.by ?? 'off'
  if (by === 'off') return false
  m.deletes.hindrances.delete(task.source)
  for (let attempt = 1; ; attempt++) {
    const index = m.memory.state.indices.get(task.source)
    if (index?.rounds[0] === undefined) return false
    const marks = await patiently(m, () => m.reader.marks(task, signal), signal)
    requireLineage(task, index.rounds[0], marks)
    if (deletesSince(task, (index.deletes ?? index.rounds[0]).shards, marks) === 'none') return false
    // While the source is followed this happens all the time.
    if (m.tally.phase === 'copying' || m.tally.phase === 'catching-up') m.tally.phase = 'carrying-deletes'
    if (index.unconfirmed.toReadAgain(marks).length > 0) {
      // What was hidden is live and not listed yet, so that counts may agree by chance; a round comes first.
      m.deletes.hindrances.set(task.source, hindranceTexts['primary-changed'])
      return true
    }
    const carried = await hindered(m, task, async (): Promise<Carried | Hindrance> => {
      const done = await carry(m, task, by, marks, signal)
      return (await samePrimaries(m, task, marks, signal)) ? done : 'primary-changed'
    })
    if (carried === 'primary-changed' && attempt < looks) continue
    if (typeof carried === 'string') {
      m.deletes.hindrances.set(task.source, hindranceTexts[carried])
      return false
    }
    if (carried === undefined) return false
    m.memory.append({ type: 'deletes-carried', index: task.source, shards: marks, ...carried })
    m.world.reached('deletes-journaled')
    return true
  }
}

/** Whether `carryDeletes` would look for anything: most indices it need not be called for. */
export async function mayHaveDeletes(m: Migration, task: IndexTask, signal: AbortSignal): Promise<boolean> {
  m.deletes.hindrances.delete(task.source)
  const index = m.memory.state.indices.get(task.source)
  if ((task.deletes?.by ?? 'off') === 'off' || index?.rounds[0] === undefined) return false
  const marks = await patiently(m, () => m.reader.marks(task, signal), signal)
  requireLineage(task, index.rounds[0], marks)
  return deletesSince(task, (index.deletes ?? index.rounds[0]).shards, marks) !== 'none'
}

interface Carried extends DeletedPlaces {
  readonly by: 'manifest' | 'sweep'
}

async function hindered<T>(m: Migration, task: IndexTask, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || !['forbidden', 'manifest-unreadable', 'unsupported'].includes(thrown.code))
      throw thrown
    m.deletes.hindrances.set(task.source, thrown.message)
    return undefined
  }
}

async function carry(
  m: Migration,
  task: IndexTask,
  by: 'manifest' | 'sweep',
  marks: readonly ShardMark[],
  signal: AbortSignal,
): Promise<Carried | Hindrance> {
  const index = await m.deletes.compared(task, signal)
  // The target is not refreshed by itself while documents are copied, and what a look does not see it cannot delete.
  await patiently(m, () => refresh(m.target, task.target, signal), signal)
  if (by === 'sweep') return await sweep(m, task, index, marks, signal)
  const { rounds } = m.memory.state.indices.get(task.source)!
  try {
    if (!allListed(rounds)) throw unlisted(task)
    const gone = inGroups(gonePlaces(task, rounds, m.deletes.manifests, signal))
    const found = await deletePlaces(m, task, index, gone, marks, signal)
    return typeof found === 'string' ? found : { by: 'manifest', ...found }
  } catch (thrown) {
    // In an index that was made for the copy, what the source does not have was deleted there.
    if (!(thrown instanceof ShardferryError) || thrown.code !== 'manifest-unreadable' || task.action !== 'create') throw thrown
    return await sweep(m, task, index, marks, signal)
  }
}

/** Finds by the ids of both sides what only the target has. */
async function sweep(
  m: Migration,
  task: IndexTask,
  index: ComparedIndex,
  marks: readonly ShardMark[],
  signal: AbortSignal,
): Promise<Carried | Hindrance> {
  const { deletes } = m.memory.state.indices.get(task.source)!
  if (!index.createdByPlan)
    throw notSwept(`${task.target} may hold documents of its own, which cannot be told from those that were copied`)
  if (m.memory.state.handedOver)
    throw notSwept(
      `a run has ended well before, so applications may write to ${task.target} by now, and a sweep would take away what only they have written`,
    )
  const swept = await deletePlaces(m, task, index, extraPlaces(index, m.deletes.sweeping(), signal), marks, signal)
  return typeof swept === 'string' ? swept : { by: 'sweep', carried: (deletes?.carried ?? 0) + swept.carried, kept: swept.kept }
}

function notSwept(why: string): ShardferryError {
  return new ShardferryError(
    'unsupported',
    `${why}. Documents that only the target has are named by verify, and deleted by verify --repair.`,
  )
}

const placesAtOnce = 5_000

async function* inGroups<T>(all: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let group: T[] = []
  for await (const one of all) {
    group.push(one)
    if (group.length < placesAtOnce) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

function unlisted(task: IndexTask): ShardferryError {
  return new ShardferryError('manifest-unreadable', `Not all that was copied of ${task.source} is listed.`)
}
