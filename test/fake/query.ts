// Queries as predicates over documents.
import { ApiError } from './errors.ts'
import { asArray, asObject, asText, isObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import { fieldAt, typeOf } from './mapping.ts'
import { fieldsOf } from './shard.ts'
import type { Doc } from './shard.ts'
import type { ClusterKind, Index } from './store.ts'
import { comparable } from './values.ts'

export type Predicate = (doc: Doc) => boolean

/** Compiles a query for one index, whose mapping says how its fields compare. */
export function compile(query: Json | undefined, index: Index, kind: ClusterKind): Predicate {
  if (query === undefined) return () => true
  const [name, body] = Object.entries(asObject(query))[0] ?? ['', undefined]
  const compiler = COMPILERS[name]
  if (compiler === undefined) {
    const caused = { type: 'named_object_not_found_exception', reason: `[1:1] unknown field [${name}]` }
    throw new ApiError(400, 'parsing_exception', `unknown query [${name}]`, { line: 1, col: 1 }, caused)
  }
  return compiler(asObject(body), { index, kind })
}

/** The queries inside a query that have a name, which servers tell of each hit they match. */
export function namedQueries(query: Json | undefined): { readonly name: string; readonly query: Json }[] {
  if (Array.isArray(query)) return query.flatMap(namedQueries)
  if (!isObject(query)) return []
  return Object.entries(query).flatMap(([kind, body]) => {
    const name = isObject(body) ? body['_name'] : undefined
    const inner = kind === 'bool' && isObject(body) ? Object.values(body).flatMap(namedQueries) : []
    return name === undefined ? inner : [{ name: asText(name), query: { [kind]: body ?? null } }, ...inner]
  })
}

interface Scope {
  index: Index
  kind: ClusterKind
}

const COMPILERS: Record<string, (body: JsonObject, scope: Scope) => Predicate> = {
  match_all: () => () => true,
  match_none: () => () => false,
  ids: body => {
    const ids = new Set(asArray(body['values']).map(asText))
    return doc => ids.has(doc.id)
  },
  range: (body, scope) => {
    const [field, bounds] = theField(body)
    return range(field, asObject(bounds), scope)
  },
  term: (body, scope) => {
    const [field, value] = theField(body)
    return terms(field, [isObject(value) ? (value['value'] ?? null) : value], scope)
  },
  terms: (body, scope) => {
    const [field, values] = theField(body)
    return terms(field, asArray(values), scope)
  },
  exists: (body, scope) => {
    const read = reader(asText(body['field']), scope)
    return doc => read(doc).length > 0
  },
  bool: (body, scope) => {
    const all = [...clauses(body['must'], scope), ...clauses(body['filter'], scope)]
    const none = clauses(body['must_not'], scope)
    const some = clauses(body['should'], scope)
    const wanted = Number(body['minimum_should_match'] ?? (all.length > 0 || some.length === 0 ? 0 : 1))
    return doc =>
      all.every(clause => clause(doc)) &&
      !none.some(clause => clause(doc)) &&
      (wanted === 0 || some.filter(clause => clause(doc)).length >= wanted)
  },
  constant_score: (body, scope) => compile(body['filter'], scope.index, scope.kind),
}

function clauses(value: Json | undefined, scope: Scope): Predicate[] {
  return asArray(value).map(clause => compile(clause, scope.index, scope.kind))
}

function theField(body: JsonObject): [string, Json] {
  const [field, value] = Object.entries(body).find(([key]) => key !== 'boost') ?? ['', null]
  return [field, value ?? null]
}

const BOUNDS: Record<string, (value: Comparable, bound: Comparable) => boolean> = {
  gte: (value, bound) => value >= bound,
  gt: (value, bound) => value > bound,
  lte: (value, bound) => value <= bound,
  lt: (value, bound) => value < bound,
}

type Comparable = string | number | bigint

function range(field: string, body: JsonObject, scope: Scope): Predicate {
  const type = typeAt(field, scope)
  const tests: ((value: Comparable) => boolean)[] = []
  for (const [key, given] of Object.entries(body)) {
    if (key === 'format' || key === 'boost' || key === 'time_zone' || given === null || given === undefined) continue
    const test = BOUNDS[key]
    if (test === undefined)
      throw new ApiError(400, 'parsing_exception', `[range] query does not support [${key}]`, { line: 1, col: 1 })
    const bound = comparable(type, given)
    tests.push(value => bound !== undefined && test(value, bound))
  }
  const read = reader(field, scope)
  return doc => read(doc).some(value => tests.every(test => test(value)))
}

function terms(field: string, values: Json[], scope: Scope): Predicate {
  const type = typeAt(field, scope)
  const wanted = new Set(values.map(value => asText(comparable(type, value) ?? null)))
  const read = reader(field, scope)
  return doc => read(doc).some(value => wanted.has(asText(value)))
}

/** The comparable values of a field in a document. Without sequence numbers there is no such field, so nothing matches. */
export function reader(field: string, scope: Scope): (doc: Doc) => Comparable[] {
  if (field === '_seq_no') return doc => (scope.kind.sequenceNumbers ? [doc.seqNo] : [])
  if (field === '_id') return doc => [doc.id]
  if (field === '_routing') return doc => (doc.routing === undefined ? [] : [doc.routing])
  const type = typeAt(field, scope)
  const path = pathOf(field, scope)
  return doc =>
    valuesAt(fieldsOf(doc), path).flatMap(value => {
      const known = value === null ? undefined : comparable(type, value)
      return known === undefined ? [] : [known]
    })
}

function typeAt(field: string, scope: Scope): string {
  if (field === '_seq_no') return 'long'
  return typeOf(fieldAt(scope.index.mappings, field) ?? { type: 'keyword' })
}

/** The path in the document: a multi-field reads the value of its parent. */
function pathOf(field: string, scope: Scope): string[] {
  const path = field.split('.')
  const parent = fieldAt(scope.index.mappings, path.slice(0, -1).join('.'))
  return path.length > 1 && asObject(parent?.['fields'])[path.at(-1) ?? ''] !== undefined ? path.slice(0, -1) : path
}

function valuesAt(value: Json | undefined, path: string[]): Json[] {
  if (Array.isArray(value)) return value.flatMap(element => valuesAt(element, path))
  if (value === undefined) return []
  if (path.length === 0) return [value]
  if (!isObject(value)) return []
  // A key may hold dots of its own, and then stands for several steps at once.
  return path.flatMap((_, at) => valuesAt(value[path.slice(0, at + 1).join('.')], path.slice(at + 1)))
}
