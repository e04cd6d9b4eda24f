import { expect, test } from 'vitest'
import { reindexRefusal } from './reindex-route.ts'
import { parseVersion } from './version.ts'

function kind(text: string): Parameters<typeof reindexRefusal>[0] {
  const [flavor, version = ''] = text.split(' ')
  const parsed = parseVersion(version)
  if (!parsed) throw new Error(version)
  return { flavor: flavor === 'ES' ? 'elasticsearch' : 'opensearch', version: parsed }
}

/** As it was seen on real servers. */
const targets: Readonly<Record<string, { readonly reads: readonly string[]; readonly refuses: readonly string[] }>> = {
  'OS 3.8.0': {
    reads: ['ES 5.6.16', 'ES 6.8.9', 'ES 7.10.2', 'ES 7.17.29', 'ES 8.19.0', 'ES 9.5.3', 'OS 1.3.14', 'OS 2.19.4', 'OS 3.4.0'],
    refuses: [],
  },
  'OS 2.19.4': { reads: ['ES 5.6.16', 'ES 7.17.29', 'ES 8.19.0', 'ES 9.5.3', 'OS 1.3.14', 'OS 3.4.0'], refuses: [] },
  'OS 1.3.14': { reads: ['ES 5.6.16', 'ES 6.8.9', 'ES 7.10.2', 'ES 7.17.29'], refuses: ['OS 2.19.4', 'OS 3.8.0'] },
  'ES 7.17.29': {
    reads: ['ES 5.6.16', 'ES 6.8.9', 'ES 7.10.2'],
    refuses: ['ES 8.19.0', 'ES 9.5.3', 'OS 1.3.14', 'OS 2.19.4', 'OS 3.8.0'],
  },
  'ES 6.8.9': { reads: ['ES 5.6.16'], refuses: ['ES 7.10.2', 'ES 7.17.29', 'OS 1.3.14', 'OS 2.19.4'] },
  'ES 5.6.16': { reads: ['ES 6.8.9'], refuses: ['ES 7.10.2', 'OS 1.3.14'] },
}

test.each(Object.entries(targets))('%s reads from what it was seen to read from, and no other', (target, { reads, refuses }) => {
  for (const source of reads) expect([source, reindexRefusal(kind(source), kind(target))]).toEqual([source, undefined])
  for (const source of refuses) expect(reindexRefusal(kind(source), kind(target))).toContain('--engine stream')
})
