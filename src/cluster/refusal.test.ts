import { expect, test } from 'vitest'
import type { Answer, ClusterRequest, Connection } from './cluster.ts'
import { refusal } from './refusal.ts'

const source = { side: 'source', address: 'https://old:9200' } as Connection
const request = { method: 'GET', path: '/cities', signal: new AbortController().signal } as ClusterRequest

test('where credentials are not accepted, a variable that wins over the settings file is told of', () => {
  const loginNote = 'SHARDFERRY_SOURCE_PASSWORD is exported and wins over shardferry.yaml:3:3'
  const answer: Answer = { status: 401, headers: {}, body: new Uint8Array(0), release: () => undefined }
  expect(refusal({ ...source, loginNote }, request, answer).hint?.split('\n')).toEqual([
    'Check user name and password, or the key, of the source.',
    loginNote,
  ])
})

function blockedBy(block: string): Answer {
  const reason = `index [cities] blocked by: [FORBIDDEN/${block} (api)];`
  const body = JSON.stringify({ error: { type: 'cluster_block_exception', reason }, status: 403 })
  return { status: 403, headers: {}, body: new TextEncoder().encode(body), release: () => undefined }
}

test.each([
  ['7/index read', 'documents', 'read'],
  ['9/index metadata', 'settings and mappings', 'metadata'],
])(
  'an index whose block keeps it from being read (%s) is named, with the call that takes the block away',
  (block, what, name) => {
    const error = refusal(source, request, blockedBy(block))
    expect(error).toMatchObject({ code: 'request-refused', recovery: 'retry' })
    expect(error.message).toContain(`lets nobody read the ${what} of cities`)
    expect(error.hint).toContain(`\nPUT /cities/_settings {"index.blocks.${name}":null}\n`)
  },
)

test('a block of writes is one that may pass', () => {
  expect(refusal(source, request, blockedBy('8/index write'))).toMatchObject({ code: 'target-blocked', recovery: 'retry' })
})
