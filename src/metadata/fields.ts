import type { Json, JsonObject } from '../model/plan.ts'
import { isObject } from './tree.ts'

/** What becomes of a field's definition; undefined takes the field out. `where` is such as `mappings.properties.tags`. */
export type RewriteField = (definition: JsonObject, where: string) => JsonObject | undefined

/** The mappings with every field rewritten: properties at any depth, multi-fields and dynamic templates; the outer one before its inner ones. */
export function rewriteFields(mappings: JsonObject, rewrite: RewriteField): JsonObject {
  const inner = rewriteChildren(mappings, 'mappings', rewrite)
  const templates = inner['dynamic_templates']
  if (!Array.isArray(templates)) return inner
  return { ...inner, dynamic_templates: (templates as readonly Json[]).map(one => rewriteTemplate(one, rewrite)) }
}

function rewriteTemplate(entry: Json, rewrite: RewriteField): Json {
  if (!isObject(entry)) return entry
  return Object.fromEntries(
    Object.entries(entry).map(([name, template]) => {
      if (!isObject(template) || !isObject(template['mapping'])) return [name, template]
      const mapping = rewriteField(template['mapping'], `mappings.dynamic_templates.${name}.mapping`, rewrite)
      return [name, { ...template, mapping: mapping ?? {} }]
    }),
  )
}

function rewriteField(definition: JsonObject, where: string, rewrite: RewriteField): JsonObject | undefined {
  const rewritten = rewrite(definition, where)
  return rewritten && rewriteChildren(rewritten, where, rewrite)
}

function rewriteChildren(parent: JsonObject, where: string, rewrite: RewriteField): JsonObject {
  let result = parent
  for (const group of ['properties', 'fields'] as const) {
    const fields = result[group]
    if (!isObject(fields)) continue
    const kept: [string, Json][] = []
    for (const [name, definition] of Object.entries(fields)) {
      const rewritten = isObject(definition) ? rewriteField(definition, `${where}.${group}.${name}`, rewrite) : definition
      if (rewritten !== undefined) kept.push([name, rewritten])
    }
    result = { ...result, [group]: Object.fromEntries(kept) }
  }
  return result
}

/** The type of every field by its place, such as `mappings.properties.tags`; an object without a type is `object`. */
export function fieldTypes(mappings: JsonObject): Map<string, string> {
  const types = new Map<string, string>()
  rewriteFields(mappings, (definition, where) => {
    if (!where.startsWith('mappings.dynamic_templates')) types.set(where, typeOf(definition))
    return definition
  })
  return types
}

/** Of Elasticsearch, in whose documents they are stored apart. */
export function isVector(type: string): boolean {
  return type === 'dense_vector' || type === 'sparse_vector' || type === 'rank_vectors'
}

export function typeOf(definition: JsonObject): string {
  return typeof definition['type'] === 'string' ? definition['type'] : 'object'
}

/** `mappings.properties.address.properties.city` as people write it: `address.city`. */
export function fieldName(where: string): string {
  const template = /^mappings\.dynamic_templates\.(.*)\.mapping$/.exec(where)
  if (template) return `dynamic template ${template[1]}`
  return where.replace(/^mappings\.properties\./, '').replaceAll(/\.(properties|fields)\./g, '.')
}
