/** The lab itself: that its clusters are what lab/README.md says. Two of them, the rest by `npm run lab -- verify DIST`. */
import { afterAll, expect, test } from 'vitest'
import { down, list } from '../../lab/cluster.ts'
import { lacksOf } from '../../lab/dists.ts'
import { nameToVerify, verify, type Sight } from '../../lab/verify/verify.ts'

const dists = [
  // The oldest, with discovery, types and a starter of its own.
  { dist: 'elasticsearch-5.6.16', secure: false },
  // One that has the lab's own module, X-Pack, and parts borrowed elsewhere.
  { dist: 'elasticsearch-8.19.21', secure: true },
]

/** What a test that took too long has left. */
afterAll(async () => {
  const names = dists.map(({ dist, secure }) => nameToVerify(dist, secure))
  for (const { name } of list()) if (names.includes(name)) await down(name)
})

test.each(dists)(
  '$dist (secure: $secure) keeps every promise, and can do what its recipe says, no more and no less',
  async of => {
    const sights: Sight[] = []
    for await (const sight of verify(of.dist, of.secure)) sights.push(sight)
    expect(sights.filter(sight => !sight.asWritten)).toEqual([])
    const seen = (outcome: Sight['outcome']): unknown[] =>
      sights.filter(sight => sight.outcome === outcome).map(sight => sight.what)
    expect(seen('lacks')).toEqual(lacksOf(of.dist, of.secure))
    expect(seen('has')).toEqual(expect.arrayContaining(['snapshots', 'best compression']))
    expect(seen('kept').at(-1)).toBe('ends, and leaves neither a process nor a file')
  },
)
