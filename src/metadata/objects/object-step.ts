import type { Cluster } from '../../cluster/cluster.ts'
import { refusal, serverError } from '../../cluster/refusal.ts'
import type { UndoneKind } from '../../cluster/step-kind.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Json, JsonObject, ObjectTask } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'
import { isObject } from '../tree.ts'
import { kindOf } from './kinds.ts'

const prefix = 'object/'

/**
 * Makes one thing on the target, or writes over it where the plan says so. Captured is what was there; an object that the
 * plan wants to make and that turns up meanwhile is refused, never written over.
 */
export function objectStep(target: Cluster, task: ObjectTask): Step<JsonObject | null> {
  const { kind, name, action, definition } = task
  return {
    id: `${prefix}${kind}/${name}`,
    describe: () => `${action} ${kind.replaceAll('-', ' ')} ${name} on the target`,

    async capture(signal) {
      const found = (await kindOf(kind).read(target, signal))[name]
      if (found === undefined || action === 'replace') return found ?? null
      throw new ShardferryError(
        'target-changed',
        `The target has a ${kind.replaceAll('-', ' ')} ${name} that was not there when the plan was made.`,
        {
          hint: 'Make the plan again; in it, the action replace writes over what is there.',
        },
      )
    },
    apply: signal => put(target, kind, name, definition, signal),
    undo: (saved, signal) => restore(target, kind, name, saved, signal),
  }
}

/** What a migration made beside indices goes, or becomes what it was, when the migration is rolled back before a cutover. */
export const objectKind: UndoneKind = {
  prefix,
  atEnd: 'undone',
  side: 'target',
  describe: (name, saved) =>
    saved === null ? `delete ${name} on the target` : `give ${name} on the target its former definition back`,
  undo: (target, name, saved, signal) => {
    const [kind = '', ...rest] = name.split('/')
    return restore(target, kind as ObjectTask['kind'], rest.join('/'), saved, signal)
  },
}

async function restore(target: Cluster, kind: ObjectTask['kind'], name: string, saved: Json, signal: AbortSignal): Promise<void> {
  if (isObject(saved)) return await put(target, kind, name, saved, signal)
  const request = { method: 'DELETE', path: pathOf(target, kind, name), signal } as const
  const answer = await target.exchange(request)
  if (answer.status >= 400 && answer.status !== 404) throw refusal(target, request, answer)
}

async function put(
  target: Cluster,
  kind: ObjectTask['kind'],
  name: string,
  body: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  const path = pathOf(target, kind, name)
  const request = { method: 'PUT', path, body, query: await versionOf(target, kind, path, signal), signal } as const
  const answer = await target.exchange(request)
  if (answer.status < 400) return
  if (answer.status !== 400) throw refusal(target, request, answer)
  throw new ShardferryError(
    'metadata-refused',
    `The target refuses the ${kind.replaceAll('-', ' ')} ${name}: ${serverError(answer).reason}`,
    {
      status: 400,
      hint: 'Edit its definition in the plan file, or set its action to skip, and run the plan under another name.',
    },
  )
}

/** An ISM policy that is there is written over only by who names its version. */
async function versionOf(
  target: Cluster,
  kind: ObjectTask['kind'],
  path: string,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  if (kind !== 'lifecycle-policy' || target.identity.flavor !== 'opensearch') return {}
  const answer = await target.exchange({ method: 'GET', path, signal })
  if (answer.status >= 400) return {}
  const found = JSON.parse(new TextDecoder().decode(answer.body)) as { _seq_no: number; _primary_term: number }
  return { if_seq_no: found._seq_no, if_primary_term: found._primary_term }
}

function pathOf({ identity }: Cluster, kind: ObjectTask['kind'], name: string): string {
  const path = kindOf(kind).path?.(identity, name)
  if (path === undefined)
    throw new ShardferryError('plan-invalid', `A ${kind} is told in a plan and never changed: ${name}.`, {
      hint: 'Set its action to skip.',
    })
  return path
}
