/** Answers that arrive in part, or say that they are not whole. */
import { interpose } from '../interposer.ts'
import type { Interposer, Passing } from '../interposer.ts'
import type { Fault, Round } from '../fault.ts'

/** Every request of a side goes through a program that may change the answer; gives it. */
async function through(round: Round, side: 'source' | 'target'): Promise<Interposer> {
  const between = await interpose(round[side].site)
  round.after(() => between.close())
  const names = `SHARDFERRY_${side.toUpperCase()}`
  round.env[`${names}_URL`] = between.url
  round.env[`${names}_CA`] = undefined
  return between
}

const search = /\/_search(\/scroll|\?.*preference=)/

export function truncatedResponses(): Fault {
  const betweens = new WeakMap<Round, readonly Interposer[]>()
  return {
    name: 'truncated responses',
    does: 'a third of the answers of both clusters ends in the middle',
    prepare: async round => void betweens.set(round, [await through(round, 'source'), await through(round, 'target')]),
    begin: async round => {
      for (const between of betweens.get(round) ?? [])
        between.meddle = ({ body }) =>
          round.random.chance(0.33) ? { cut: round.random.between(0, Math.max(0, body.length - 1)) } : undefined
    },
    end: async round => {
      const both = betweens.get(round) ?? []
      for (const between of both) between.meddle = undefined
      if (both.every(({ meddled }) => meddled === 0)) round.missed()
    },
  }
}

/** As a server answers that lost a shard on the way: fewer hits, one shard failed. */
function withFailedShard({ status, body }: Passing, keep: number): { status: number; body: Buffer } {
  const answer = JSON.parse(body.toString('utf8')) as {
    _shards?: { total: number; successful: number; failed: number; failures?: object[] }
    hits?: { hits: object[] }
  }
  if (answer._shards) {
    const { total } = answer._shards
    const failures = [{ shard: 0, index: 'x', reason: { type: 'query_shard_exception', reason: 'the drill took it out' } }]
    answer._shards = { ...answer._shards, successful: total - 1, failed: 1, failures }
  }
  if (answer.hits) answer.hits.hits = answer.hits.hits.slice(0, keep)
  return { status, body: Buffer.from(JSON.stringify(answer)) }
}

export function failedShards(): Fault {
  const betweens = new WeakMap<Round, Interposer>()
  return {
    name: 'responses with failed shards',
    does: "a third of the source's answers to searches, counts and refreshes says that a shard failed, and has fewer documents",
    prepare: async round => void betweens.set(round, await through(round, 'source')),
    begin: async round => {
      const between = betweens.get(round)
      if (!between) return
      between.meddle = passing => {
        const asked = search.test(passing.path) || /\/(_count|_refresh)/.test(passing.path)
        return asked && passing.status === 200 && round.random.chance(0.33)
          ? withFailedShard(passing, round.random.between(0, 50))
          : undefined
      }
    },
    end: async round => {
      const between = betweens.get(round)
      if (between) between.meddle = undefined
      if (between?.meddled === 0) round.missed()
    },
  }
}
