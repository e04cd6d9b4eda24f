import { ShardferryError } from '../model/errors.ts'
import type { IndexTask, ObjectTask, Plan } from '../model/plan.ts'

/** How the reason of a task begins that is refused because its target index is there already. */
export const targetExists = 'the target index exists already'

/**
 * Lets a plan through in which every index can be moved.
 * @throws ShardferryError `target-exists` where existing targets are all that stands in the way, otherwise `plan-refused`; each is listed
 */
export function refuseUnlessRunnable(plan: Plan): void {
  const refused = plan.indices.filter(task => task.action === 'refuse')
  if (refused.length > 0) throw refusedPlan(refused)
  const objects = (plan.objects ?? []).filter(({ action }) => action === 'refuse')
  if (objects.length > 0) throw refusedObjects(objects)
  if (plan.indices.some(task => task.action !== 'skip')) return
  throw new ShardferryError('nothing-selected', `The plan ${plan.name} skips every index.`, {
    hint: 'Set the action of an index to create or into-existing, or make the plan again.',
  })
}

function refusedObjects(refused: readonly ObjectTask[]): ShardferryError {
  const list = refused
    .map(({ kind, name, reason }) => `\n  ${kind.replaceAll('-', ' ')} ${name}: ${reason ?? 'refused'}`)
    .join('')
  return new ShardferryError('plan-refused', `Beside indices, ${refused.length} cannot be made as planned:${list}`, {
    hint: 'In the plan file (objects), edit their definitions and set action: create, or set action: skip.',
  })
}

function refusedPlan(refused: readonly IndexTask[]): ShardferryError {
  const list = refused.map(task => `\n  ${task.source}: ${task.reason ?? 'refused'}`).join('')
  const one = refused.length === 1
  if (refused.every(task => task.reason?.startsWith(targetExists)))
    return new ShardferryError('target-exists', `${one ? 'A target index exists' : 'Target indices exist'} already:${list}`, {
      hint: 'Write into them (--into-existing), move under other names (--rename), or delete them if they are left over from an earlier try.',
    })
  return new ShardferryError('plan-refused', `${refused.length} ind${one ? 'ex' : 'ices'} cannot be moved as planned:${list}`, {
    hint: 'Leave them out (--index with -NAME, or action: skip in the plan file), or edit their mappings in the plan file and set action: create.',
  })
}
