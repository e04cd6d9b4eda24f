import type { Cluster } from '../cluster/cluster.ts'
import { kindOf } from '../metadata/objects/kinds.ts'
import { sameObject } from '../metadata/objects/same-object.ts'
import type { ObjectTask } from '../model/plan.ts'
import { madeObjects } from './objects.ts'

/** What the plan made beside indices and the target no longer has as planned; each is a sentence. */
export async function objectDifferences(
  target: Cluster,
  objects: readonly ObjectTask[] | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const differences: string[] = []
  for (const [kind, tasks] of Map.groupBy(madeObjects(objects), task => task.kind)) {
    const found = await kindOf(kind).read(target, signal)
    for (const { name, definition } of tasks) {
      const there = found[name]
      const what = `The ${kind.replaceAll('-', ' ')} ${name}`
      if (there === undefined) differences.push(`${what} of the plan is not on the target.`)
      else if (!sameObject(definition, there))
        differences.push(`${what} on the target is not as planned: ${JSON.stringify(there)}`)
    }
  }
  return differences
}
