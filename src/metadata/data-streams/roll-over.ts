/**
 * Backing indices that a data stream makes itself, for servers that take no others (OpenSearch before 3.8, Elasticsearch
 * 7.9 and 7.10). Each is to have the definition that the plan gives it, and the server takes that from the template: so an
 * index template of the highest priority, for this one name, holds each definition while its backing index is made.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { StepKind } from '../../cluster/step-kind.ts'
import type { DataStreamTask, IndexTask } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'
import { without } from '../tree.ts'
import { createDataStream, deleteEmpty, goneMeanwhile, rolledOver } from './make-room.ts'
import { findDataStream } from './read.ts'
import { deleteTemplate, putTemplate } from './template-step.ts'
import { generationOf, madeBy } from './way.ts'

const prefix = 'data-stream-helper/'

/** Above what anybody gives a template of their own. */
const priority = 2_000_000_013

export async function rollOver(
  target: Cluster,
  stream: Pick<DataStreamTask, 'target' | 'timestampField' | 'indices'>,
  tasks: readonly IndexTask[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Map(tasks.map(task => [generationOf(task.target) ?? 0, task]))
  const last = Math.max(...wanted.keys())
  const name = stream.target
  for (;;) {
    const known = await findDataStream(target, name, signal)
    const generation = known?.generation ?? 0
    if (generation >= last) break
    await putHelper(target, stream, wanted.get(generation + 1), signal)
    if (known) await rolledOver(target, name, signal)
    else await createDataStream(target, name, signal)
  }
  await removeHelper(target, name, signal)
  const known = await findDataStream(target, name, signal)
  if (!known) throw goneMeanwhile(name)
  const kept = new Set(stream.indices)
  await deleteEmpty(target, known, index => !kept.has(index), signal)
}

/** Applied before a data stream is rolled over; undone, the template that helped is gone. */
export function rollOverHelperStep(target: Cluster, name: string): Step<null> {
  return {
    id: `${prefix}${name}`,
    describe: () => `make an index template for the backing indices of ${name} on the target, for a moment`,
    capture: () => Promise.resolve(null),
    apply: () => Promise.resolve(),
    undo: (_saved, signal) => removeHelper(target, name, signal),
  }
}

export const rollOverHelperKind: StepKind = {
  prefix,
  atEnd: 'undone',
  side: 'target',
  describe: name => `delete index template ${helperOf(name)} on the target`,
  undo: (target, name, _saved, signal) => removeHelper(target, name, signal),
}

function helperOf(name: string): string {
  return `shardferry-${name}`
}

async function putHelper(
  target: Cluster,
  { target: name, timestampField }: Pick<DataStreamTask, 'target' | 'timestampField'>,
  task: IndexTask | undefined,
  signal: AbortSignal,
): Promise<void> {
  const template = task ? { settings: task.settings, mappings: without(task.mappings, '_data_stream_timestamp') } : {}
  const body = { index_patterns: [name], data_stream: madeBy(timestampField), priority, template }
  await putTemplate(target, helperOf(name), body, signal)
}

/** Servers keep a template as long as a data stream has a name that it matches, so it matches none first. */
async function removeHelper(target: Cluster, name: string, signal: AbortSignal): Promise<void> {
  const helper = helperOf(name)
  const there = await target.exchange({ method: 'HEAD', path: `/_index_template/${helper}`, signal })
  if (there.status === 404) return
  await putTemplate(target, helper, { index_patterns: [`${helper}-of-nothing`], data_stream: {}, priority, template: {} }, signal)
  await deleteTemplate(target, helper, signal)
}
