import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json, jsonIfFound } from '../../cluster/json.ts'
import type { JsonObject } from '../../model/plan.ts'

/** The composable template that a name gets; the servers take the one of the highest priority only. */
export interface MatchingTemplate {
  readonly name: string
  readonly priority: number
  /** As the template has it; undefined where it makes plain indices. */
  readonly dataStream: JsonObject | undefined
}

interface Told {
  readonly name: string
  readonly index_template: {
    readonly index_patterns: readonly string[] | string
    readonly priority?: number
    readonly data_stream?: JsonObject
  }
}

export async function matchingTemplate(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<MatchingTemplate | undefined> {
  const answer = await jsonIfFound<{ index_templates?: readonly Told[] }>(cluster, {
    method: 'GET',
    path: '/_index_template',
    signal,
  })
  const [best] = (answer?.index_templates ?? [])
    .filter(({ index_template: { index_patterns } }) => [index_patterns].flat().some(pattern => matches(pattern, name)))
    .toSorted((a, b) => (b.index_template.priority ?? 0) - (a.index_template.priority ?? 0))
  if (!best) return undefined
  return { name: best.name, priority: best.index_template.priority ?? 0, dataStream: best.index_template.data_stream }
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

/** What indices are made with by a template, all its component templates merged. */
export async function simulatedTemplate(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly settings: JsonObject; readonly mappings: JsonObject }> {
  const { template = {} } = await json<{ template?: { settings?: JsonObject; mappings?: JsonObject } }>(cluster, {
    method: 'POST',
    path: `/_index_template/_simulate/${indexPath(name)}`,
    signal,
  })
  return { settings: template.settings ?? {}, mappings: template.mappings ?? {} }
}
