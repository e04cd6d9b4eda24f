// Indices: creating, showing, changing and deleting them, and their refreshes.
import { renderAliases } from './aliases.ts'
import { createIndex } from './create-index.ts'
import { illegalArgument } from './errors.ts'
import { bodyObject, flag, ok, shardsBlock } from './http.ts'
import type { Call, Reply } from './http.ts'
import { asObject } from './json.ts'
import type { JsonObject } from './json.ts'
import { checkMapping, mergeMapping } from './mapping.ts'
import { optionsOf, resolve, wildcard } from './names.ts'
import { checkForUpdate, flatten, render } from './settings.ts'
import type { Settings } from './settings.ts'
import type { Index } from './store.ts'

function named(call: Call, hiddenByDefault: boolean): Index[] {
  return resolve(call.store, call.params['index'], optionsOf(call, hiddenByDefault)).map(found => found.index)
}

function perIndex(indices: readonly Index[], show: (index: Index) => JsonObject): Reply {
  return ok(Object.fromEntries(indices.map(index => [index.name, show(index)])))
}

export function putIndex(call: Call): Reply {
  const name = call.params['index'] ?? ''
  createIndex(call.store, name, bodyObject(call))
  return ok({ acknowledged: true, shards_acknowledged: true, index: name })
}

export function getIndex(call: Call): Reply {
  return perIndex(named(call, false), index => ({
    aliases: renderAliases(index),
    mappings: index.mappings,
    settings: render(index.settings, flag(call, 'flat_settings')),
  }))
}

export function deleteIndex(call: Call): Reply {
  const options = optionsOf(call, false)
  for (const part of (call.params['index'] ?? '').split(',')) {
    const isAlias = !call.store.indices.has(part) && call.store.writeName(part) !== part
    if (!isAlias) continue
    throw illegalArgument(
      `The provided expression [${part}] matches an alias, specify the corresponding concrete indices instead.`,
    )
  }
  // A wildcard that fits an alias does not delete the index behind it.
  for (const { index, via } of resolve(call.store, call.params['index'], options)) {
    if (via.length === 0) call.store.indices.delete(index.name)
  }
  return ok({ acknowledged: true })
}

export function getSettings(call: Call): Reply {
  const wanted = call.params['name']?.split(',').map(wildcard)
  return perIndex(named(call, true), index => {
    const shown: Settings = new Map([...index.settings].filter(([name]) => wanted?.some(fits => fits(name)) ?? true))
    return { settings: render(shown, flag(call, 'flat_settings')) }
  })
}

export function putSettings(call: Call): Reply {
  const body = bodyObject(call)
  const changes = flatten('settings' in body ? asObject(body['settings']) : body)
  const indices = named(call, true)
  for (const index of indices) checkForUpdate(changes, call.store.kind, `${index.name}/${index.uuid}`)
  for (const index of indices) {
    for (const [name, value] of changes) {
      if (value === null) restoreDefault(index, name)
      else if (!flag(call, 'preserve_existing') || !index.settings.has(name)) index.settings.set(name, value)
    }
  }
  return ok({ acknowledged: true })
}

function restoreDefault(index: Index, name: string): void {
  if (name === 'index.number_of_replicas') index.settings.set(name, '1')
  else index.settings.delete(name)
}

export function getMapping(call: Call): Reply {
  return perIndex(named(call, true), index => ({ mappings: index.mappings }))
}

export function putMapping(call: Call): Reply {
  const addition = bodyObject(call)
  checkMapping(addition, call.store.kind, false)
  const merged = named(call, false).map(index => ({ index, mappings: mergeMapping(index.mappings, addition) }))
  for (const { index, mappings } of merged) index.mappings = mappings
  return ok({ acknowledged: true })
}

export function putBlock(call: Call): Reply {
  const indices = named(call, false)
  for (const index of indices) index.settings.set(`index.blocks.${call.params['block']}`, 'true')
  const blocked = indices.map(index => ({ name: index.name, blocked: true }))
  return ok({ acknowledged: true, shards_acknowledged: true, indices: blocked })
}

/** A shard that fails its refresh goes on showing what it showed before. */
export function refresh(call: Call): Reply {
  const indices = named(call, false)
  const shards = indices.flatMap(index => index.shards)
  const failed = call.faults.find('failedShards') ? 1 : 0
  for (const shard of shards.slice(failed)) shard.refresh()
  // Replicas are in the total and, as they are never assigned, in nothing else.
  const replicas = indices.reduce((sum, index) => sum + index.shards.length * Number(index.text('number_of_replicas') ?? 0), 0)
  const block = shardsBlock(shards.length, Math.min(failed, shards.length))
  return ok({ _shards: { ...block, total: shards.length + replicas } })
}

export function flush(call: Call): Reply {
  return ok({ _shards: shardsBlock(named(call, false).flatMap(index => index.shards).length, 0) })
}
