/** The lab itself: that its clusters are what lab/README.md says. Two of them, the rest by `npm run lab -- verify DIST`. */
import { expect, test } from 'vitest'
import { verify, type Sight } from '../../lab/verify/verify.ts'

test.each([
  // The oldest, with discovery, types and a starter of its own.
  { dist: 'elasticsearch-5.6.16', secure: false, features: 10 },
  // One that has the lab's own module, X-Pack, and parts borrowed elsewhere.
  { dist: 'elasticsearch-8.19.21', secure: true, features: 10 },
])('$dist (secure: $secure) keeps every promise, and can do what its recipe says, no more and no less', async asked => {
  const sights: Sight[] = []
  for await (const sight of verify(asked.dist, asked.secure)) sights.push(sight)
  expect(sights.filter(sight => !sight.asWritten)).toEqual([])
  expect(sights.at(-1)).toMatchObject({ what: 'ends, and leaves neither a process nor a file', outcome: 'kept' })
  expect(sights.filter(sight => sight.outcome === 'has').length).toBeGreaterThanOrEqual(asked.features)
})
