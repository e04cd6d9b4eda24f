import { ifAllowed } from '../cluster/if-allowed.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { innermostReason } from '../cluster/refusal.ts'
import { kindOf, kinds } from '../metadata/objects/kinds.ts'
import { sameObject } from '../metadata/objects/same-object.ts'
import type { Choices } from '../metadata/rule.ts'
import type { JsonObject, MetadataPart, ObjectKindName, ObjectTask } from '../model/plan.ts'
import { describeIdentity } from '../model/version.ts'
import type { Identity } from '../model/version.ts'

/** A thing of the source beside its indices, and what the target has under its name. */
export interface InventoriedObject {
  readonly kind: ObjectKindName
  readonly name: string
  readonly definition: JsonObject
  readonly onTarget?: JsonObject
  /** Why the target cannot have it, in its own words. */
  readonly cannot?: string
}

/** Reads what was asked for from both sides; what servers and their makers' products made for themselves is left out. */
export async function takeObjects(
  source: Cluster,
  target: Cluster,
  parts: readonly MetadataPart[],
  signal: AbortSignal,
): Promise<readonly InventoriedObject[]> {
  const found: InventoriedObject[] = []
  for (const kind of kinds.filter(one => parts.includes(one.part) && one.known(source.identity))) {
    const here = await kind.read(source, signal)
    const there = kind.known(target.identity) && Object.keys(here).length > 0 ? await kind.read(target, signal) : {}
    for (const [name, definition] of Object.entries(here).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const onTarget = there[name]
      const cannot = kind.name === 'ingest-pipeline' ? await cannotRun(target, definition, signal) : undefined
      found.push({
        kind: kind.name,
        name,
        definition,
        ...(onTarget === undefined ? {} : { onTarget }),
        ...(cannot === undefined ? {} : { cannot }),
      })
    }
  }
  return found
}

/** The target builds the pipeline for one empty document; only what it refuses to build is told, not what becomes of the document. */
async function cannotRun(target: Cluster, pipeline: JsonObject, signal: AbortSignal): Promise<string | undefined> {
  const body = { pipeline, docs: [{ _source: {} }] }
  const answer = await ifAllowed(target.exchange({ method: 'POST', path: '/_ingest/pipeline/_simulate', body, signal }))
  return answer?.status === 400 ? innermostReason(answer) : undefined
}

/** What becomes of each; what the target has under a name is left alone, until the plan file says `replace`. */
export function objectTasks(found: readonly InventoriedObject[], from: Identity, to: Identity, choices: Choices): ObjectTask[] {
  return found.map(({ kind: name, definition, onTarget, cannot, ...object }): ObjectTask => {
    const kind = kindOf(name)
    const { changes, refusals, definition: converted } = kind.convert(definition, from, to, choices)
    const task = { kind: name, name: object.name, definition: converted, changes }
    const refused = [
      ...(kind.known(to) ? [] : [`${describeIdentity(to)} has no such thing`]),
      ...(cannot === undefined ? [] : [`the target cannot have it: ${cannot}`]),
      ...refusals,
    ]
    if (refused.length > 0) return { ...task, action: 'refuse', reason: refused.join('; ') }
    if (onTarget !== undefined && sameObject(converted, onTarget)) return { ...task, action: 'same' }
    const there = onTarget === undefined ? {} : { onTarget }
    if (kind.path === undefined)
      return { ...task, ...there, action: 'skip', reason: 'told, never changed: it is for whoever runs the target' }
    if (onTarget === undefined) return { ...task, action: 'create' }
    return {
      ...task,
      ...there,
      action: 'skip',
      reason: 'the target has another under this name; the action replace writes over it',
    }
  })
}

/** The tasks that change something. */
export function madeObjects(objects: readonly ObjectTask[] = []): readonly ObjectTask[] {
  return objects.filter(({ action }) => action === 'create' || action === 'replace')
}
