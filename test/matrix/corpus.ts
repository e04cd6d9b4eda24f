import { oddDocuments } from './corpus/documents.ts'
import { fieldTypes } from './corpus/field-types.ts'
import { mappings } from './corpus/mappings.ts'
import { settings } from './corpus/settings.ts'
import type { Feature } from './feature.ts'

/** What every source is given, as far as its version knows it. */
export const corpus: readonly Feature[] = [...fieldTypes, ...mappings, ...settings, ...oddDocuments]

export function indexOf({ group, name }: Feature): string {
  return `${group} ${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '')
}
