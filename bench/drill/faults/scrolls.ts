import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

export const lostScrolls: Fault = {
  name: 'lost scrolls',
  does: 'the source forgets every scroll, two to ten times in a row (points in time are not used)',
  begin: async ({ source, random }) => {
    for (let left = random.between(2, 10); left > 0; left--) {
      await source.send('DELETE', '/_search/scroll/_all')
      await sleep(random.between(20, 150))
    }
  },
}

export const scrollContexts: Fault = {
  name: 'scroll contexts exhausted',
  does: 'the source may open no scroll any more (search.max_open_scroll_context), and answers 500 or 429',
  begin: async ({ source }) => {
    await source.json('PUT', '/_cluster/settings', { transient: { 'search.max_open_scroll_context': 0 } })
    await source.send('DELETE', '/_search/scroll/_all')
  },
  end: async ({ source }) => {
    await source.json('PUT', '/_cluster/settings', { transient: { 'search.max_open_scroll_context': null } })
  },
}
