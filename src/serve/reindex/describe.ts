import type { Json } from '../../model/plan.ts'
import type { Reindex } from './request.ts'

/** `description` of a task, as servers write it from Elasticsearch 8 and OpenSearch 2 on. */
export function describe({ remote, username, indices, query, dest }: Reindex): string {
  const { scheme, host, port, pathPrefix } = remote
  const from = [
    ...(scheme === 'http' ? [] : [`scheme=${scheme}`]),
    `host=${host}`,
    `port=${port}`,
    ...(pathPrefix === '' ? [] : [`pathPrefix=${pathPrefix}`]),
    `query=${pretty(query ?? { match_all: { boost: 1 } })}`,
    ...(username === undefined ? [] : [`username=${username}`, 'password=<<>>']),
  ]
  return `reindex from [${from.join(' ')}][${indices.join(', ')}] to [${dest}]`
}

/** JSON as the servers' printer lays it out. */
function pretty(value: Json, indent = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]'
    return `[\n${value.map(one => inner + pretty(one as Json, inner)).join(',\n')}\n${indent}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
  if (entries.length === 0) return '{ }'
  return `{\n${entries.map(([key, one]) => `${inner}${JSON.stringify(key)} : ${pretty(one, inner)}`).join(',\n')}\n${indent}}`
}
