// Mappings: what a new one may say, what a document adds to it, and which values it refuses.
import { ApiError, illegalArgument } from './errors.ts'
import { asArray, asObject, asText, isObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import type { ClusterKind } from './store.ts'
import { valueProblem } from './values.ts'

const ROOT_KEYS = new Set(
  'properties dynamic _source _routing _meta _size _field_names dynamic_templates dynamic_date_formats date_detection numeric_detection enabled runtime'.split(
    ' ',
  ),
)
const COMMON_TYPES =
  'alias binary boolean byte completion date date_nanos date_range double double_range float float_range geo_point geo_shape half_float integer integer_range ip ip_range join keyword long long_range nested object percolator rank_feature rank_features scaled_float search_as_you_type short text token_count'
const FLAVOR_TYPES = {
  elasticsearch: 'constant_keyword dense_vector flattened histogram point shape sparse_vector unsigned_long version wildcard',
  opensearch: 'constant_keyword flat_object knn_vector match_only_text unsigned_long wildcard xy_point xy_shape',
}

/** Throws what a server answers to a mapping it does not understand. */
export function checkMapping(mapping: JsonObject, kind: ClusterKind, creating: boolean): void {
  if ('_doc' in mapping) {
    throw illegalArgument('The mapping definition cannot be nested under a type [_doc] unless include_type_name is set to true.')
  }
  const fail = (reason: string): never => {
    if (!creating) throw new ApiError(400, 'mapper_parsing_exception', reason)
    const caused = { type: 'mapper_parsing_exception', reason }
    throw new ApiError(400, 'mapper_parsing_exception', `Failed to parse mapping [_doc]: ${reason}`, {}, caused)
  }
  const foreign = Object.entries(mapping).filter(([key]) => !ROOT_KEYS.has(key))
  if (foreign.length > 0) {
    const listed = foreign.map(([key, value]) => `[${key} : ${preview(value ?? null)}]`).join(' ')
    fail(`Root mapping definition has unsupported parameters:  ${listed}`)
  }
  const types = new Set(`${COMMON_TYPES} ${FLAVOR_TYPES[kind.flavor]}`.split(' '))
  const walk = (properties: JsonObject): void => {
    for (const [name, field] of Object.entries(properties)) {
      const type = typeOf(asObject(field))
      if (!types.has(type)) fail(`No handler for type [${type}] declared on field [${name}]`)
      walk(asObject(asObject(field)['properties']))
      walk(asObject(asObject(field)['fields']))
    }
  }
  walk(asObject(mapping['properties']))
}

/** Adds a mapping to another. A field keeps its type: another one is refused. */
export function mergeMapping(into: JsonObject, addition: JsonObject): JsonObject {
  const merged: JsonObject = { ...into, ...addition }
  const before = asObject(into['properties'])
  const properties: JsonObject = { ...before }
  for (const [name, field] of Object.entries(asObject(addition['properties']))) {
    const old = before[name]
    if (!isObject(old) || !isObject(field)) properties[name] = field
    else if (typeOf(old) === typeOf(field) || (typeOf(old) === 'nested' && field['type'] === undefined))
      properties[name] = mergeMapping(old, field)
    else throw illegalArgument(`mapper [${name}] cannot be changed from type [${typeOf(old)}] to [${typeOf(field)}]`)
  }
  const sorted = Object.entries(properties).sort(([left], [right]) => (left < right ? -1 : 1))
  if (sorted.length > 0) merged['properties'] = Object.fromEntries(sorted)
  return merged
}

/** The type of a field's definition; without one it is an object. */
export function typeOf(field: JsonObject): string {
  return asText(field['type']) || 'object'
}

/** The definition of a field by its dotted name, multi-fields included. */
export function fieldAt(mapping: JsonObject, path: string): JsonObject | undefined {
  let at: JsonObject | undefined = mapping
  for (const part of path.split('.')) {
    const next: Json | undefined = asObject(at?.['properties'])[part] ?? asObject(at?.['fields'])[part]
    at = isObject(next) ? next : undefined
  }
  return at
}

/** Checks a document and returns the mapping it leaves behind: the same object when it adds nothing. */
export function admit(mapping: JsonObject, document: JsonObject, id: string): JsonObject {
  const additions: JsonObject = {}
  const admitObject = (object: JsonObject, path: string[], rule: string): void => {
    for (const [key, value] of Object.entries(object)) admitField([...path, ...key.split('.')], value ?? null, rule)
  }
  const admitField = (path: string[], value: Json, rule: string): void => {
    const field = fieldAt(mapping, path.join('.'))
    if (field) admitMapped(field, path, value, rule)
    else if (rule === 'strict') {
      const parent = path.slice(0, -1).join('.') || '_doc'
      const reason = `mapping set to strict, dynamic introduction of [${path.at(-1)}] within [${parent}] is not allowed`
      throw new ApiError(400, 'strict_dynamic_mapping_exception', reason)
    } else if (rule === 'true') guess(additions, path, value)
  }
  const admitMapped = (field: JsonObject, path: string[], value: Json, rule: string): void => {
    const type = typeOf(field)
    if (type !== 'object' && type !== 'nested') return admitLeaf(field, path, value)
    if (field['enabled'] === false) return
    for (const element of asArray(value).flat()) {
      if (isObject(element)) admitObject(element, path, asText(field['dynamic'] ?? rule))
      else if (element !== null) {
        const name = path.join('.')
        const reason = `object mapping for [${name}] tried to parse field [${name}] as object, but found a concrete value`
        throw new ApiError(400, 'mapper_parsing_exception', reason)
      }
    }
  }
  const admitLeaf = (field: JsonObject, path: string[], value: Json): void => {
    if (asText(field['ignore_malformed']) === 'true') return
    for (const element of asArray(value).flat(8)) {
      const problem = valueProblem(field, element)
      if (problem === undefined) continue
      const reason = `failed to parse field [${path.join('.')}] of type [${typeOf(field)}] in document with id '${id}'. Preview of field's value: '${preview(element)}'`
      throw new ApiError(400, 'mapper_parsing_exception', reason, {}, problem)
    }
  }
  if (mapping['enabled'] !== false) admitObject(document, [], asText(mapping['dynamic'] ?? 'true'))
  return Object.keys(additions).length === 0 ? mapping : mergeMapping(mapping, additions)
}

/** Adds the field a server makes up for a value it has no mapping for. */
function guess(root: JsonObject, path: string[], value: Json): void {
  const sample = asArray(value)
    .flat(8)
    .find(element => element !== null)
  if (sample === undefined) return
  if (isObject(sample)) {
    for (const [key, element] of Object.entries(sample)) guess(root, [...path, ...key.split('.')], element ?? null)
    if (Object.keys(sample).length > 0) return
  }
  const parent = path.slice(0, -1).reduce((at, part) => child(child(at, 'properties'), part), root)
  const properties = child(parent, 'properties')
  const name = path.at(-1) ?? ''
  if (!Object.hasOwn(properties, name)) properties[name] = guessedField(sample)
}

/** The object under a key, made when missing. Field names may be those of inherited properties. */
function child(object: JsonObject, key: string): JsonObject {
  const found = Object.hasOwn(object, key) ? object[key] : undefined
  return isObject(found) ? found : (object[key] = {})
}

function guessedField(value: Json): JsonObject {
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return { type: 'long' }
  if (typeof value === 'number') return { type: 'float' }
  if (typeof value !== 'string') return { type: 'object' }
  if (/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}.*)?$/.test(value) && !Number.isNaN(Date.parse(value))) return { type: 'date' }
  return { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } }
}

/** A value as error messages show it: maps in Java's notation. */
function preview(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(preview).join(', ')}]`
  if (!isObject(value)) return asText(value)
  return `{${Object.entries(value)
    .map(([key, element]) => `${key}=${preview(element ?? null)}`)
    .join(', ')}}`
}
