import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json, jsonIfFound } from '../../cluster/json.ts'
import { refusal } from '../../cluster/refusal.ts'
import type { StepKind } from '../../cluster/step-kind.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { DataStreamTask, JsonObject } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'

const prefix = 'data-stream-template/'

/** Makes the index template of a data stream; one that is there under this name is never written over. */
export function dataStreamTemplateStep(target: Cluster, { name, body }: NonNullable<DataStreamTask['template']>): Step<null> {
  return {
    id: `${prefix}${name}`,
    describe: () => `make index template ${name} on the target`,

    async capture(signal) {
      const found = await jsonIfFound(target, { method: 'GET', path: `/_index_template/${indexPath(name)}`, signal })
      if (found === undefined) return null
      throw new ShardferryError('target-exists', `The target has an index template named ${name} already.`, {
        hint: 'Give the template of this data stream another name in the plan file, or take it out of the plan if the one on the target is to be used.',
      })
    },

    apply: signal => putTemplate(target, name, body, signal),
    undo: (_saved, signal) => deleteTemplate(target, name, signal),
  }
}

/** @param made they go with what the migration made */
export function dataStreamTemplateKind(made: boolean): StepKind {
  if (!made) return { prefix, atEnd: 'kept' }
  return {
    prefix,
    atEnd: 'undone',
    side: 'target',
    describe: name => `delete index template ${name} on the target`,
    undo: (target, name, _saved, signal) => deleteTemplate(target, name, signal),
  }
}

export async function putTemplate(target: Cluster, name: string, body: JsonObject, signal: AbortSignal): Promise<void> {
  try {
    await json(target, { method: 'PUT', path: `/_index_template/${indexPath(name)}`, body, signal })
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code !== 'request-refused') throw thrown
    throw new ShardferryError('metadata-refused', `The target refuses the index template ${name}: ${thrown.message}`, {
      cause: thrown,
      hint: 'Edit the template of this data stream in the plan file, and run the plan again.',
    })
  }
}

/** Also where it is gone already. */
export async function deleteTemplate(target: Cluster, name: string, signal: AbortSignal): Promise<void> {
  const request = { method: 'DELETE', path: `/_index_template/${indexPath(name)}`, signal } as const
  const answer = await target.exchange(request)
  if (answer.status >= 400 && answer.status !== 404) throw refusal(target, request, answer)
}
