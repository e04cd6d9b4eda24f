import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import type { JsonObject } from '../model/plan.ts'
import { attempted, noPlan, tasksToCreate } from './check.ts'
import type { Check, Found } from './check.ts'
import { shortList } from './name-lists.ts'

interface Template {
  readonly name: string
  readonly patterns: readonly string[]
  readonly priority: number
}

/** Templates of the target that match a planned name: the server merges them into the index that is made. */
export const targetTemplates: Check = {
  id: 'target-templates',
  title: 'index templates of the target',
  code: 'metadata-refused',
  run: async (context, signal) =>
    await attempted(
      'target-templates',
      'target',
      async () => {
        if (!context.plan) return [noPlan('target', 'its index templates')]
        const { target } = context
        const [composable, legacy] = await Promise.all([composableTemplates(target, signal), legacyTemplates(target, signal)])
        const matched = tasksToCreate(context).flatMap(({ target: name }) => {
          const winner = composable.find(template => matches(template, name))
          // The servers leave legacy templates out where a composable one matches.
          const merged = winner ? [] : legacy.filter(template => matches(template, name))
          return winner || merged.length > 0 ? [{ name, winner, merged }] : []
        })
        const found: Found[] = []
        for (const { name, winner, merged } of matched)
          found.push(winner ? await composed(target, name, winner, signal) : mergedLegacy(name, merged))
        if (found.length > 0) return found
        return [{ about: 'target', severity: 'ok', message: 'No index template matches a planned name.' }]
      },
      mayNotLook,
    ),
}

const mayNotLook =
  "Give the target's user the cluster privilege manage_index_templates (Elasticsearch; monitor suffices from 8.0 on) or cluster_manage_index_templates (OpenSearch), or look yourself:\nGET /_index_template\nGET /_template"

/** Highest priority first: only that one is applied. */
async function composableTemplates(target: Cluster, signal: AbortSignal): Promise<Template[]> {
  const answer = await jsonIfFound<{
    index_templates?: {
      readonly name: string
      readonly index_template: { readonly index_patterns: readonly string[]; readonly priority?: number }
    }[]
  }>(target, {
    method: 'GET',
    path: '/_index_template',
    query: {
      filter_path: 'index_templates.name,index_templates.index_template.index_patterns,index_templates.index_template.priority',
    },
    signal,
  })
  return (answer?.index_templates ?? [])
    .map(({ name, index_template: { index_patterns: patterns, priority = 0 } }) => ({ name, patterns, priority }))
    .toSorted((a, b) => b.priority - a.priority)
}

async function legacyTemplates(target: Cluster, signal: AbortSignal): Promise<Template[]> {
  const answer = await json<Readonly<Record<string, { readonly index_patterns?: readonly string[] }>>>(target, {
    method: 'GET',
    path: '/_template',
    query: { filter_path: '*.index_patterns' },
    signal,
  })
  return Object.entries(answer).map(([name, { index_patterns: patterns = [] }]) => ({ name, patterns, priority: 0 }))
}

/** `*` is the only wildcard of an index pattern. */
function matches({ patterns }: Template, name: string): boolean {
  return patterns.some(pattern =>
    new RegExp(`^${pattern.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '.*')}$`, 's').test(name),
  )
}

async function composed(target: Cluster, name: string, { name: template }: Template, signal: AbortSignal): Promise<Found> {
  const path = `/_index_template/${indexPath(template)}`
  const whole = await json<{ index_templates: { readonly index_template: { readonly data_stream?: object } }[] }>(target, {
    method: 'GET',
    path,
    signal,
  })
  if (whole.index_templates[0]?.index_template.data_stream !== undefined) {
    return {
      about: name,
      severity: 'error',
      message: `The target's index template ${template} makes data streams only of names like this, so the target refuses a plain index.`,
      remedy: `Another name: --rename '{index}-v2'. Or remove the template, on the target:\nDELETE ${path}`,
    }
  }
  const simulated = await json<{ template?: { settings?: { index?: JsonObject }; mappings?: JsonObject; aliases?: JsonObject } }>(
    target,
    { method: 'POST', path: `/_index_template/_simulate_index/${indexPath(name)}`, signal },
  )
  const { settings, mappings, aliases } = simulated.template ?? {}
  const merged = [
    ...Object.keys(settings?.index ?? {}).map(key => `setting index.${key}`),
    ...Object.keys((mappings?.['properties'] as JsonObject | undefined) ?? {}).map(field => `field ${field}`),
    ...Object.keys(mappings ?? {}).flatMap(key => (key === 'properties' ? [] : [`mapping ${key}`])),
    ...Object.keys(aliases ?? {}).map(alias => `alias ${alias}`),
  ]
  return merges(name, `index template ${template}`, path, merged)
}

function mergedLegacy(name: string, templates: readonly Template[]): Found {
  const names = templates.map(template => template.name)
  return merges(name, `legacy index templates ${shortList(names)}`, `/_template/${names[0] ?? ''}`, [])
}

function merges(name: string, what: string, path: string, parts: readonly string[]): Found {
  const adds = parts.length > 0 ? `: ${shortList(parts, 8)}` : ''
  return {
    about: name,
    severity: 'warning',
    message: `The target merges its ${what} into this index${adds}. What the plan says itself goes first; the rest is added.`,
    remedy: `Look at it, on the target:\nGET ${path}\nAnother name keeps clear of it: --rename '{index}-v2'. Or remove it:\nDELETE ${path}`,
  }
}
