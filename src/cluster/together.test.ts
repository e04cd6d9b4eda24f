import { expect, test } from 'vitest'
import { never } from '../flow/virtual-world.test-part.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Cluster } from './cluster.ts'
import { inRequests, together, togetherFor } from './together.ts'
import type { Ask } from './together.ts'

const cluster = { side: 'source' } as Cluster

/** Answers with the length of each name, and keeps what it was asked. */
function lengths(refuse?: (indices: readonly string[]) => Error | undefined): {
  readonly asked: string[][]
  readonly ask: Ask<number>
} {
  const asked: string[][] = []
  return {
    asked,
    ask: async (_cluster, indices) => {
      asked.push([...indices])
      const refused = refuse?.(indices)
      if (refused) throw refused
      return new Map(indices.map(index => [index, index.length]))
    },
  }
}

test('what is asked at the same time goes in one request, and each gets its own answer', async () => {
  const { asked, ask } = lengths()
  const length = together(ask)
  expect(await Promise.all(['a', 'bb', 'ccc'].map(index => length(cluster, index, never)))).toEqual([1, 2, 3])
  expect(await length(cluster, 'dddd', never)).toBe(4)
  expect(asked).toEqual([['a', 'bb', 'ccc'], ['dddd']])
})

test('what follows from the answers is asked together again', async () => {
  const { asked, ask } = lengths()
  const length = together(ask)
  const twice = async (index: string): Promise<number> =>
    (await length(cluster, index, never))! + (await length(cluster, `${index}${index}`, never))!
  expect(await Promise.all(['a', 'bb'].map(twice))).toEqual([3, 6])
  expect(asked).toEqual([
    ['a', 'bb'],
    ['aa', 'bbbb'],
  ])
})

test('two clusters are not asked together', async () => {
  const { asked, ask } = lengths()
  const length = together(ask)
  const other = { side: 'target' } as Cluster
  await Promise.all([length(cluster, 'a', never), length(other, 'a', never), length(cluster, 'b', never)])
  expect(asked).toEqual([['a', 'b'], ['a']])
})

test('only what asks for the same goes together', async () => {
  const asked: [readonly string[], object][] = []
  const put = togetherFor<object, null>(async (_cluster, indices, what) => {
    asked.push([indices, what])
    return new Map(indices.map(index => [index, null]))
  })
  await Promise.all([put(cluster, 'a', { x: 1 }, never), put(cluster, 'b', { x: 2 }, never), put(cluster, 'c', { x: 1 }, never)])
  expect(asked).toEqual([
    [['a', 'c'], { x: 1 }],
    [['b'], { x: 2 }],
  ])
})

test('an index that the joint request is refused for gets its own error, and the others their answers', async () => {
  const { asked, ask } = lengths(indices =>
    indices.includes('bad') ? new ShardferryError('request-refused', `no ${indices.join()}`) : undefined,
  )
  const length = together(ask)
  const [a, bad] = await Promise.allSettled(['a', 'bad'].map(index => length(cluster, index, never)))
  expect(a).toEqual({ status: 'fulfilled', value: 1 })
  expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'no bad' } })
  expect(asked).toEqual([['a', 'bad'], ['a'], ['bad']])
})

test('an index that the joint answer does not tell of is asked about alone', async () => {
  const asked: string[][] = []
  const length = together<number>(async (_cluster, indices) => {
    asked.push([...indices])
    return new Map(indices.length > 1 ? [['a', 1]] : indices.map(index => [index, 9]))
  })
  expect(await Promise.all(['a', 'b'].map(index => length(cluster, index, never)))).toEqual([1, 9])
  expect(asked).toEqual([['a', 'b'], ['b']])
})

test('an error that may pass is told to all, and a cluster in trouble is not asked about each', async () => {
  const { asked, ask } = lengths(() => new ShardferryError('unavailable', 'busy', { recovery: 'retry' }))
  const length = together(ask)
  const answers = await Promise.allSettled(['a', 'b', 'c'].map(index => length(cluster, index, never)))
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(asked).toHaveLength(1)
})

test('a request line holds the names that it can, in order, and every name is in one', () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `${'ä'.repeat(n % 60)}${n}`)
  const requests = [...inRequests(names, name => name)]
  expect(requests.flat()).toEqual(names)
  for (const some of requests) {
    expect(some.length).toBeGreaterThan(0)
    expect(encodeURI(some.join(',')).length).toBeLessThan(3_500)
  }
})
