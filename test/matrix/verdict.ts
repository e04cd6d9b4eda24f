import type { IndexTask } from '../../src/model/plan.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import type { InventoriedIndex } from '../../src/plan/inventory.ts'
import type { Identity } from '../../src/model/version.ts'
import { indexOf } from './corpus.ts'
import type { Feature, Server } from './feature.ts'

export type Verdict = 'kept' | 'converted' | 'dropped' | 'refused'

export interface Judged {
  readonly verdict: Verdict
  /** What the plan says of it. */
  readonly why: readonly string[]
}

/** What a plan makes of a feature. */
export function judged({ action, reason = '', changes }: Pick<IndexTask, 'action' | 'reason' | 'changes'>): Judged {
  if (action === 'refuse') return { verdict: 'refused', why: [reason] }
  // What every server sets by itself is told in one line and was asked for by nobody.
  const told = changes.filter(({ what }) => what !== 'settings.index.*')
  const verdict = told.length === 0 ? 'kept' : told.some(({ kind }) => kind !== 'converted') ? 'dropped' : 'converted'
  return { verdict, why: told.map(({ what, why }) => `${what}: ${why}`) }
}

/** The same from the plan that two servers of these versions would get, without asking any. */
export function judgedByRules(feature: Feature, from: Server, to: Server): Judged {
  return judged(plannedByRules(feature, from, to))
}

/** What the plan would hold for the feature's index. */
export function plannedByRules(feature: Feature, from: Server, to: Server): IndexTask {
  const inventory = {
    source: { address: '', identity: identity(from) },
    target: { address: '', identity: identity(to) },
    patterns: [],
    indices: [inventoried(feature)],
    skipped: [],
    takenAliases: [],
  }
  const options = { name: 'any', intoExisting: false, versionFrom: 'seq-no', readBy: 'auto', tune: true } as const
  return makePlan(inventory, options, 0).indices[0]!
}

function inventoried(feature: Feature): InventoriedIndex {
  const { settings = {}, mappings = {}, types } = feature
  const name = indexOf(feature)
  return {
    index: { name, open: true, hidden: false },
    target: name,
    onTarget: { kind: 'nothing' },
    definition: {
      name,
      uuid: '',
      settings,
      mappings: types === undefined ? mappings : {},
      severalTypes: types ?? {},
      aliases: {},
      open: true,
      shards: 1,
    },
    estimate: { docs: 0, bytes: 0 },
    seqNo: { usable: true },
  }
}

function identity(server: Server): Identity {
  return { ...server, clusterName: '', clusterUuid: '' }
}
