import type { JsonObject } from '../../src/model/plan.ts'
import { bulk } from '../support/documents.ts'
import type { Site } from '../support/site.ts'
import { corpus, indexOf } from './corpus.ts'
import type { Feature, Server, TypedDocument } from './feature.ts'
import { labLacks } from './lab-lacks.ts'
import type { MatrixServer } from './server.ts'

/** Gives a source the corpus as far as it knows it. @returns the features that it holds, and those that only the lab's server lacks */
export async function loadCorpus({ site, identity, dist }: MatrixServer): Promise<{ held: Feature[]; lacking: Feature[] }> {
  const known = corpus.filter(feature => feature.known(identity))
  const lacking = known.filter(({ mappings = {}, settings = {} }) => labLacks(dist, { mappings, settings }))
  const held = known.filter(feature => !lacking.includes(feature))
  for (const feature of held) await loadFeature(site, feature, identity)
  return { held, lacking }
}

async function loadFeature(site: Site, feature: Feature, server: Server): Promise<void> {
  const index = indexOf(feature)
  const type = server.flavor === 'elasticsearch' && server.version.major < 7 ? 'doc' : undefined
  await site.json('PUT', `/${index}`, {
    settings: { number_of_shards: 1, number_of_replicas: 0, ...feature.settings },
    mappings: feature.types ?? typed(feature.mappings ?? {}, type),
  })
  await loadDocuments(site, feature, type)
}

/** The feature's documents, into its index. @throws Error where one is refused */
export async function loadDocuments(site: Site, feature: Feature, type?: string): Promise<void> {
  const index = indexOf(feature)
  const lines = feature.documents.filter(({ source }) => typeof source === 'string')
  if (lines.length > 0) await bulk(site, index, lines.map(document => bulkLines(document, type)).join(''))
  for (const { id, source } of feature.documents) {
    if (typeof source === 'string') continue
    const path = `/${index}/${type ?? '_doc'}/${id}?refresh=true`
    const { status, body } = await site.send('PUT', path, source, source[0] === 0xa2 ? 'application/cbor' : 'application/json')
    if (status >= 300) throw new Error(`${site.name} answers ${status} to PUT ${path}: ${body.toString('utf8')}`)
  }
}

function typed(mappings: JsonObject, type: string | undefined): JsonObject {
  return type === undefined ? mappings : { [type]: mappings }
}

/** Version 5 knows `_routing` and `_parent` only, version 7 and later `routing` only. */
function bulkLines({ id, routing, parent, source, type }: TypedDocument, ofIndex: string | undefined): string {
  const action = {
    _id: id,
    ...(ofIndex === undefined ? {} : { _type: type ?? ofIndex }),
    ...(routing === undefined ? {} : { routing }),
    ...(parent === undefined ? {} : { parent }),
  }
  return `${JSON.stringify({ index: action })}\n${source as string}\n`
}
