/**
 * Vectors of both families: what a document holds is the same list of numbers, only the field is told otherwise. Elasticsearch
 * indexes a vector unless `index` is false (before 8.11: only where it is true); OpenSearch does with `index.knn`, and a field
 * with a `method` or without.
 */
import type { Json, JsonObject } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import type { Identity } from '../../model/version.ts'
import { asText, isObject, isOn } from '../tree.ts'
import { keep, substitute } from './substitute.ts'
import type { Substitute } from './substitute.ts'

export const denseVector = substitute('dense_vector', 'dense_vector of Elasticsearch is knn_vector in OpenSearch', toKnn)
export const knnVector = substitute('knn_vector', 'knn_vector of OpenSearch is dense_vector in Elasticsearch', toDense)

const spaces: Readonly<Record<string, string>> = {
  cosine: 'cosinesimil',
  dot_product: 'innerproduct',
  max_inner_product: 'innerproduct',
  l2_norm: 'l2',
}

/** Not where the number of dimensions is not known yet, or single bits are elements. */
function toKnn(definition: JsonObject, from: Identity, to: Identity): Substitute | undefined {
  const { dims, element_type: element = 'float', similarity = 'cosine', index_options: options } = definition
  if (typeof dims !== 'number' || to.flavor !== 'opensearch') return undefined
  if (element !== 'float' && !(element === 'byte' && atLeast(to.version, 2, 9))) return undefined
  const field = {
    type: 'knn_vector',
    dimension: dims,
    ...(element === 'byte' ? { data_type: 'byte' } : {}),
    ...keep(definition, 'meta'),
  }
  const indexed = atLeast(from.version, 8, 11) ? !isOff(definition['index']) : isOn(definition['index'])
  if (!indexed) return { definition: field, lost: 'it is not indexed, as on the source' }
  const space = spaces[asText(similarity)]
  // Lucene is the engine of both families; OpenSearch has it for vectors since 2.2, with inner products since 2.13.
  if (space === undefined || !atLeast(to.version, 2, space === 'innerproduct' ? 13 : 2)) return undefined
  const graph = isObject(options) ? options : {}
  const parameters = keep(graph, 'm', 'ef_construction')
  return {
    definition: { ...field, method: { name: 'hnsw', engine: 'lucene', space_type: space, parameters } },
    settings: { 'index.knn': true },
    lost: `similarity ${asText(similarity)} is ${space}${quantized(graph)}; queries are of the form knn of OpenSearch`,
  }
}

function quantized({ type }: JsonObject): string {
  return typeof type === 'string' && type !== 'hnsw' ? `, and vectors are held whole instead of as ${type}` : ''
}

const similarities: Readonly<Record<string, string>> = { cosinesimil: 'cosine', innerproduct: 'max_inner_product', l2: 'l2_norm' }

/** Not where a model names the dimensions, or elements are single bits. */
function toDense(definition: JsonObject, _from: Identity, to: Identity): Substitute | undefined {
  const { dimension, data_type: data = 'float', method, space_type: ownSpace } = definition
  if (typeof dimension !== 'number' || to.flavor !== 'elasticsearch') return undefined
  if (data !== 'float' && !(data === 'byte' && atLeast(to.version, 8, 6))) return undefined
  const field = { type: 'dense_vector', dims: dimension, ...keep(definition, 'meta') }
  if (!atLeast(to.version, 8)) return { definition: field, lost: 'it is not indexed: scripts compare vectors one by one' }
  const element = data === 'byte' ? { element_type: 'byte' } : {}
  const space = asText((isObject(method) ? method['space_type'] : undefined) ?? ownSpace ?? 'l2')
  const similarity = similarities[space]
  if (similarity === undefined || (similarity === 'max_inner_product' && !atLeast(to.version, 8, 11)))
    return {
      definition: { ...field, ...element, index: false },
      lost: `it is not indexed, as the target has no similarity ${space}`,
    }
  const graph = isObject(method) && isObject(method['parameters']) ? keep(method['parameters'], 'm', 'ef_construction') : {}
  return {
    definition: {
      ...field,
      ...element,
      index: true,
      similarity,
      ...(Object.keys(graph).length === 2 ? { index_options: { type: 'hnsw', ...graph } } : {}),
    },
    lost: `space ${space} is similarity ${similarity}; queries are of the form knn of Elasticsearch`,
  }
}

function isOff(value: Json | undefined): boolean {
  return value === false || value === 'false'
}
