import { indexPath } from '../cluster/cluster.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import { movedTasks } from '../model/plan.ts'
import type { JsonObject } from '../model/plan.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, CheckContext, Found } from './check.ts'
import { flatSettings } from './flat-settings.ts'
import { shortList } from './name-lists.ts'

/** Ingest pipelines that the planned indices name, or named until the plan took them out because the target has none. */
export const pipelines: Check = {
  id: 'pipelines',
  title: 'ingest pipelines that the planned indices name',
  code: 'metadata-refused',
  run: async (context, signal) =>
    await attempted(
      'pipelines',
      'target',
      async () => {
        if (!context.plan) return [noPlan('target', 'its ingest pipelines')]
        const used = pipelinesOf(context)
        const found: Found[] = []
        for (const [pipeline, indices] of used) {
          const path = `/_ingest/pipeline/${indexPath(pipeline)}`
          const there = await jsonIfFound<object>(context.target, { method: 'GET', path, signal })
          if (there === undefined || Object.keys(there).length === 0)
            found.push(await missing(context, pipeline, indices, signal))
        }
        if (found.length > 0) return found
        const message = used.size === 0 ? 'No planned index names one.' : `The target has ${shortList([...used.keys()])}.`
        return [{ about: 'target', severity: 'ok', message: `Ingest pipelines: ${message}` }]
      },
      mayNotLook,
    ),
}

const mayNotLook =
  "Give the target's user the cluster privilege read_pipeline (Elasticsearch 8 and up; manage_pipeline before) or cluster:admin/ingest/pipeline/get (OpenSearch), or look yourself:\nGET /_ingest/pipeline"

/** The indices by the pipelines they name. */
function pipelinesOf({ plan }: CheckContext): Map<string, string[]> {
  const used = new Map<string, string[]>()
  const add = (pipeline: unknown, index: string): void => {
    if (typeof pipeline === 'string' && pipeline !== '_none') used.set(pipeline, [...(used.get(pipeline) ?? []), index])
  }
  for (const { target, settings, changes } of plan ? movedTasks(plan) : []) {
    const flat = flatSettings(settings)
    for (const kind of ['default', 'final']) add(flat.get(`index.${kind}_pipeline`), target)
    for (const { what, why } of changes) if (what.endsWith('_pipeline')) add(/no ingest pipeline ([^;]+);/.exec(why)?.[1], target)
  }
  return used
}

async function missing(
  { source }: CheckContext,
  pipeline: string,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<Found> {
  const path = `/_ingest/pipeline/${indexPath(pipeline)}`
  const there = await json<Readonly<Record<string, JsonObject>>>(source, { method: 'GET', path, signal }).catch(() => undefined)
  const body = JSON.stringify(there?.[pipeline])
  const copy =
    body === undefined
      ? `as GET ${path} of the source gives it:\nPUT ${path} {...}`
      : `as the source has it:\nPUT ${path} ${body}`
  return {
    about: 'target',
    severity: 'warning',
    message: `It has no ingest pipeline ${pipeline}, which ${shortList([...new Set(indices)])} named on the source: the setting is left out. Documents that are moved have passed it already; later ones would not.`,
    remedy: `Make it on the target before the plan, ${copy}`,
  }
}
