import { ShardferryError } from '../model/errors.ts'
import type { Selection } from '../model/selection.ts'

/**
 * The target name of every source index, by source name.
 * @param given names that backing indices have by the data stream they come from, or go to; templates are for the stream's name
 * @param streams names of data streams that are moved, which may have a new name too
 * @throws ShardferryError `plan-invalid` for a name that no server takes, for two indices under one name and for a rename of what is not selected
 */
export function targetNames(
  indices: readonly string[],
  { rename, renames }: Pick<Selection, 'rename' | 'renames'>,
  given: ReadonlyMap<string, string> = new Map(),
  streams: readonly string[] = [],
): ReadonlyMap<string, string> {
  const stray = Object.keys(renames).filter(name => !indices.includes(name) && !streams.includes(name))
  if (stray.length > 0) throw invalid(`There is a new name for ${stray.join(', ')}, which is not among the selected indices.`)
  const names = new Map<string, string>()
  const takenBy = new Map<string, string>()
  for (const index of indices) {
    const target = Object.hasOwn(renames, index) ? (renames[index] ?? index) : (given.get(index) ?? renamed(index, rename))
    const illegal = illegalName(target)
    if (illegal !== undefined) throw invalid(`${index} cannot be moved to ${JSON.stringify(target)}: ${illegal}.`)
    const other = takenBy.get(target)
    if (other !== undefined) throw invalid(`Both ${other} and ${index} would be moved to ${target}.`)
    takenBy.set(target, index)
    names.set(index, target)
  }
  return names
}

/** The name on the target of an index, alias or data stream as a whole. */
export function targetName(name: string, { rename, renames }: Pick<Selection, 'rename' | 'renames'>): string {
  return Object.hasOwn(renames, name) ? (renames[name] ?? name) : renamed(name, rename)
}

function renamed(name: string, rename = '{index}'): string {
  return rename.replaceAll('{index}', () => name)
}

/** Why no server takes this as the name of an index; undefined where it does. */
export function illegalName(name: string): string | undefined {
  if (name === '') return 'the name is empty'
  if (name !== name.toLowerCase()) return 'names of indices are lower case'
  if (/^[-_+]/.test(name)) return 'a name starts with neither - nor _ nor +'
  if (name === '.' || name === '..') return 'it is no name'
  const illegal = /[\\/*?"<>| ,#:]/.exec(name)
  if (illegal) return `a name holds no ${illegal[0] === ' ' ? 'blank' : illegal[0]}`
  if (/[{}]/.test(name)) return 'only {index} is replaced'
  return Buffer.byteLength(name) > 255 ? 'it is longer than 255 bytes' : undefined
}

function invalid(message: string): ShardferryError {
  return new ShardferryError('plan-invalid', message, {
    hint: 'Change --rename, a template such as {index}-v2, or the names of single indices: renames in shardferry.yaml.',
  })
}
