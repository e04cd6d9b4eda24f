/** What happens between the clusters and Shardferry, by proxies that forward bytes without reading them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy } from '../../../test/proxy/proxy.ts'
import type { Proxy } from '../../../test/proxy/proxy.ts'
import type { ProxyFaults } from '../../../test/proxy/fate.ts'
import type { Fault, Round } from '../fault.ts'

/** A proxy before every node of both clusters; `drawn` says what becomes of new connections, `breaks` that some end. */
function behindProxies(name: string, does: string, breaks: boolean, drawn: (round: Round) => ProxyFaults): Fault {
  const proxies = new WeakMap<Round, readonly Proxy[]>()
  const struck = (round: Round): number =>
    (proxies.get(round) ?? []).reduce((sum, { stats }) => sum + stats.resets + stats.halfOpen, 0)
  return {
    name,
    does,
    prepare: async round => {
      const all: Proxy[] = []
      for (const side of ['source', 'target'] as const) {
        const urls: string[] = []
        for (const url of round[side].site.urls.split(',')) {
          const proxy = await startProxy({ targetPort: Number(new URL(url).port), seed: round.seed + all.length })
          round.after(() => proxy.close())
          all.push(proxy)
          urls.push(`https://127.0.0.1:${proxy.port}`)
        }
        round.env[`SHARDFERRY_${side.toUpperCase()}_URL`] = urls.join(',')
      }
      proxies.set(round, all)
    },
    begin: async round => {
      for (const proxy of proxies.get(round) ?? []) {
        proxy.setFaults(drawn(round))
        // Connections from before make room for new ones, of which the fate is drawn.
        proxy.dropConnections()
      }
      // How soon a connection breaks depends on what goes through it.
      for (let waitedMs = breaks ? 0 : longestWaitMs; waitedMs < longestWaitMs && struck(round) === 0; waitedMs += 100)
        await Promise.race([sleep(100), round.running.outcome])
    },
    end: async round => {
      const all = proxies.get(round) ?? []
      for (const proxy of all) {
        proxy.setFaults({})
        proxy.dropConnections()
      }
      if (breaks && struck(round) === 0) round.missed()
    },
  }
}

const longestWaitMs = 3_000

const soon = { min: 0, max: 15_000 }

export const connectionResets: Fault = behindProxies(
  'connection resets',
  'most connections to both clusters are reset, at once or after some bytes in either direction',
  true,
  ({ random }) => ({ resetOnConnect: 0.2, resetAfterBytes: 0.4 + 0.5 * random.next(), bytes: soon }),
)

export const halfOpenSockets: Fault = behindProxies(
  'half-open sockets',
  'most connections fall silent after some bytes and stay open',
  true,
  ({ random }) => ({ halfOpen: 0.3 + 0.5 * random.next(), bytes: soon }),
)

export const slowLinks: Fault = behindProxies(
  'slow links',
  'every packet is held back by 20 to 150 ms, and no connection carries more than some kilobytes a second',
  false,
  ({ random }) => ({ delayMs: random.between(20, 150), bandwidth: random.between(8_000, 80_000) }),
)
