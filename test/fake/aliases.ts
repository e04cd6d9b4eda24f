// Aliases: reading them, and changing many at once or none.
import { ApiError, illegalArgument, plainError } from './errors.ts'
import { bodyObject, ok } from './http.ts'
import type { Call, Reply } from './http.ts'
import { asArray, asObject, asText, isObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import { optionsOf, resolve, wildcard } from './names.ts'
import type { AliasSpec, Index } from './store.ts'

/** An alias as it is stored and shown: `routing` stands for both kinds. Keys in the order servers show them. */
export function readAlias(spec: JsonObject): AliasSpec {
  const both = spec['routing']
  const indexRouting = spec['index_routing'] ?? both
  const searchRouting = spec['search_routing'] ?? both
  return {
    ...(isObject(spec['filter']) ? { filter: spec['filter'] } : {}),
    ...(indexRouting === undefined || indexRouting === null ? {} : { index_routing: asText(indexRouting) }),
    ...(searchRouting === undefined || searchRouting === null ? {} : { search_routing: asText(searchRouting) }),
    ...(typeof spec['is_write_index'] === 'boolean' ? { is_write_index: spec['is_write_index'] } : {}),
    ...(typeof spec['is_hidden'] === 'boolean' ? { is_hidden: spec['is_hidden'] } : {}),
  }
}

export function renderAliases(index: Index, wanted: (name: string) => boolean = () => true): JsonObject {
  return Object.fromEntries([...index.aliases].filter(([name]) => wanted(name)).map(([name, spec]) => [name, { ...spec }]))
}

export function getAliases(call: Call): Reply {
  const names = call.params['name']?.split(',')
  const tests = names?.map(name => wildcard(name === '_all' ? '*' : name))
  const wanted = (name: string): boolean => tests?.some(test => test(name)) ?? true
  const body: JsonObject = {}
  const seen = new Set<string>()
  for (const { index } of resolve(call.store, call.params['index'], optionsOf(call, true))) {
    const aliases = renderAliases(index, wanted)
    for (const name of Object.keys(aliases)) seen.add(name)
    if (names === undefined || Object.keys(aliases).length > 0) body[index.name] = { aliases }
  }
  const missing = names?.filter(name => !name.includes('*') && name !== '_all' && !seen.has(name)) ?? []
  if (missing.length === 0) return ok(body)
  const message = missing.length === 1 ? `alias [${missing[0]}] missing` : `aliases [${missing.join(',')}] missing`
  return { status: 404, body: { ...asObject(plainError(message, 404)), ...body } }
}

type Change = (aliases: Map<Index, Map<string, AliasSpec>>, removed: Set<Index>) => void

/** All actions or none: they are applied to copies first. */
export function updateAliases(call: Call): Reply {
  const changes = asArray(bodyObject(call)['actions']).map(action => readAction(call, action))
  if (changes.length === 0) throw illegalArgument('No action specified')
  const indices = [...call.store.indices.values()]
  const copies = new Map(indices.map(index => [index, new Map(index.aliases)]))
  const removed = new Set<Index>()
  for (const change of changes) change(copies, removed)
  checkNames(copies, removed)
  for (const [index, aliases] of copies) {
    index.aliases.clear()
    for (const [name, spec] of aliases) index.aliases.set(name, spec)
  }
  for (const index of removed) call.store.indices.delete(index.name)
  return ok({ acknowledged: true })
}

function readAction(call: Call, action: Json): Change {
  const [kind = '', value] = Object.entries(asObject(action))[0] ?? []
  const body = asObject(value)
  const names = [...asArray(body['alias']), ...asArray(body['aliases'])].map(asText)
  const expression = [...asArray(body['index']), ...asArray(body['indices'])].map(asText).join(',')
  const targets = (): Index[] =>
    resolve(call.store, expression, { hidden: false, ignoreUnavailable: false }).map(found => found.index)
  switch (kind) {
    case 'add':
      return aliases => {
        for (const index of targets()) for (const name of names) aliases.get(index)?.set(name, readAlias(body))
      }
    case 'remove':
      return aliases => {
        const found = targets().flatMap(index => names.map(name => aliases.get(index)?.delete(name) ?? false))
        if (found.includes(true) || body['must_exist'] === false) return
        const listed = names.join(',')
        throw new ApiError(404, 'aliases_not_found_exception', `aliases [${listed}] missing`, {
          'resource.type': 'aliases',
          'resource.id': listed,
        })
      }
    case 'remove_index':
      return (_, removed) => {
        for (const index of targets()) removed.add(index)
      }
    default:
      throw new ApiError(400, 'x_content_parse_exception', `[1:1] [alias_action] unknown field [${kind}]`)
  }
}

function checkNames(copies: Map<Index, Map<string, AliasSpec>>, removed: Set<Index>): void {
  const indices = new Map([...copies.keys()].filter(index => !removed.has(index)).map(index => [index.name, index]))
  const writeIndices = new Map<string, string[]>()
  for (const [index, aliases] of copies) {
    for (const [name, spec] of aliases) {
      const clash = indices.get(name)
      if (clash) {
        const reason = `Invalid alias name [${name}], an index exists with the same name as the alias`
        throw new ApiError(400, 'invalid_alias_name_exception', reason, { index_uuid: clash.uuid, index: clash.name })
      }
      if (spec.is_write_index === true) writeIndices.set(name, [...(writeIndices.get(name) ?? []), index.name])
    }
  }
  for (const [name, members] of writeIndices) {
    if (members.length < 2) continue
    throw new ApiError(400, 'illegal_state_exception', `alias [${name}] has more than one write index [${members.join(',')}]`)
  }
}
