import { indexPath } from '../cluster/cluster.ts'
import { unblockCall } from '../cluster/refusal.ts'
import type { IndexTask } from '../model/plan.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'

/** Indices that the plan refuses, each with a way out. */
export const refusals: Check = {
  id: 'plan',
  title: 'indices that cannot be moved as they are',
  code: 'plan-refused',
  run: async ({ plan }) =>
    await attempted('plan', 'migration', () => {
      if (!plan) return Promise.resolve([noPlan('migration', 'whether every index can be moved')])
      return Promise.resolve(plan.indices.filter(task => task.action === 'refuse').map(refused))
    }),
}

function refused({ source, target, reason = 'it cannot be moved as it is' }: IndexTask): Found {
  const leave = `leave it out: --index '*,-${source}'`
  const remedy = remedies.find(([words]) => words.test(reason))?.[1](source, target)
  const message = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
  return {
    about: source,
    severity: 'error',
    message,
    remedy: remedy === undefined ? capital(leave) : `${remedy}, or ${leave}`,
    ...(targetExists.test(reason) ? { code: 'target-exists' } : {}),
  }
}

/** The one refusal that an option of the command line settles has a code of its own. */
const targetExists = /target index exists already/

/** By the words of the plan's refusals. */
const remedies: readonly (readonly [words: RegExp, remedy: (source: string, target: string) => string])[] = [
  [/it is closed; open it/, source => `On the source:\nPOST /${indexPath(source)}/_open\nThen the same command again`],
  [/\(index\.blocks\.read\)/, source => `On the source:\n${unblockCall(source, 'read')}\nThen the same command again`],
  [/\(index\.blocks\.metadata\)/, source => `On the source:\n${unblockCall(source, 'metadata')}\nThen the same command again`],
  [/it is frozen/, source => `On the source:\nPOST /${indexPath(source)}/_unfreeze\nThen the same command again`],
  [
    targetExists,
    (_, target) =>
      `Write into it: --into-existing. Another name: --rename '{index}-v2'. If nobody needs it, on the target:\nDELETE /${indexPath(target)}\nThen the same command again`,
  ],
  [
    /index on the target is closed/,
    (_, target) => `On the target:\nPOST /${indexPath(target)}/_open\nThen the same command again`,
  ],
  [/append_only/, () => "Another name: --rename '{index}-v2'"],
  // Another ending would leave it the name of a backing index.
  [/its name is that of a backing index/, () => "Another name, as a plain index: --rename 'copy-of-{index}'"],
  [/--data-streams aliases/, () => 'As plain indices behind an alias of its name: --data-streams aliases'],
  [/is an alias or data stream on the target/, () => "Another name: --rename '{index}-v2'"],
  [
    /its alias (\S+) is the name of an index/,
    () => 'Take the alias out of the plan file (shardferry plan), or remove that index from the target',
  ],
  [/cannot be read by sequence number/, () => '--read-by slices'],
]

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
