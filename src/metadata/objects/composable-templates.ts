import type { Cluster } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import type { Change, JsonObject } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import type { Identity } from '../../model/version.ts'
import type { Choices } from '../rule.ts'
import { isObject } from '../tree.ts'
import { isManaged } from './object-kind.ts'
import type { Converted, ObjectKind } from './object-kind.ts'
import { convertTemplateBody, knownKeys } from './template-body.ts'

const known = ({ flavor, version }: Identity): boolean => flavor === 'opensearch' || atLeast(version, 7, 8)

export const componentTemplates: ObjectKind = {
  name: 'component-template',
  part: 'templates',
  known,
  read: (cluster, signal) => list(cluster, 'component_template', signal),
  convert,
  path: (_server, name) => `/_component_template/${encodeURIComponent(name)}`,
}

export const indexTemplates: ObjectKind = {
  name: 'index-template',
  part: 'templates',
  known,
  read: (cluster, signal) => list(cluster, 'index_template', signal),
  convert,
  path: (_server, name) => `/_index_template/${encodeURIComponent(name)}`,
}

async function list(
  cluster: Cluster,
  what: 'component_template' | 'index_template',
  signal: AbortSignal,
): Promise<Record<string, JsonObject>> {
  type Listed = Readonly<Record<string, readonly ({ readonly name: string } & JsonObject)[]>>
  const found = await json<Listed>(cluster, { method: 'GET', path: `/_${what}`, signal })
  const templates = (found[`${what}s`] ?? []).map(one => [one.name, one[what] as JsonObject] as const)
  return Object.fromEntries(templates.filter(([name, template]) => !isManaged(name, template)))
}

const both = ['index_patterns', 'template', 'composed_of', 'priority', 'version', '_meta', 'data_stream']
const elasticsearchOnly = ['allow_auto_create', 'ignore_missing_component_templates', 'deprecated']

function convert(definition: JsonObject, from: Identity, to: Identity, choices: Choices): Converted {
  const changes: Change[] = []
  const kept = from.flavor === to.flavor ? definition : knownKeys(definition, keysOf(to), changes, 'the target knows no such key')
  const { template, data_stream: stream } = kept
  const body = isObject(template) ? template : {}
  const inner =
    from.flavor === to.flavor
      ? body
      : knownKeys(body, ['settings', 'mappings', 'aliases'], changes, 'the target knows no such key in a template')
  const converted = convertTemplateBody(inner, from, to, choices)
  return {
    definition: {
      ...kept,
      template: converted.definition,
      // Its options are of one family only; that there is a data stream is of both.
      ...(stream === undefined || from.flavor === to.flavor ? {} : { data_stream: {} }),
    },
    changes: [...changes, ...converted.changes],
    refusals: converted.refusals,
  }
}

function keysOf({ flavor, version }: Identity): readonly string[] {
  return flavor === 'elasticsearch' && atLeast(version, 8, 7) ? [...both, ...elasticsearchOnly] : both
}
