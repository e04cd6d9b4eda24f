import type { ObjectKindName } from '../../model/plan.ts'
import { clusterSettings } from './cluster-settings.ts'
import { componentTemplates, indexTemplates } from './composable-templates.ts'
import { legacyTemplates } from './legacy-templates.ts'
import { lifecyclePolicies } from './lifecycle.ts'
import type { ObjectKind } from './object-kind.ts'
import { ingestPipelines } from './pipelines.ts'
import { storedScripts } from './scripts.ts'

/** In the order in which they are made: what a template names is there before it. */
export const kinds: readonly ObjectKind[] = [
  ingestPipelines,
  storedScripts,
  lifecyclePolicies,
  componentTemplates,
  indexTemplates,
  legacyTemplates,
  clusterSettings,
]

export function kindOf(name: ObjectKindName): ObjectKind {
  return kinds.find(kind => kind.name === name)!
}
