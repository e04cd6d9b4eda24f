import { setTimeout as sleep } from 'node:timers/promises'
import { errorCodes } from '../../../src/model/errors.ts'
import { recipeOf } from '../../../lab/dists.ts'
import type { DrillCluster } from '../cluster.ts'
import type { Fault, Round } from '../fault.ts'

type Side = 'source' | 'target'

const password = 'Copper-harbour-16180'
const username = 'drill'

/** Makes the user that Shardferry logs in as, or gives it another password. */
async function setPassword(cluster: DrillCluster, secret: string): Promise<void> {
  if (recipeOf(cluster.dist).product === 'elasticsearch')
    await cluster.json('PUT', `/_security/user/${username}`, { password: secret, roles: ['superuser'] })
  else
    await cluster.json('PUT', `/_plugins/_security/api/internalusers/${username}`, { password: secret, backend_roles: ['admin'] })
}

function login(round: Round, side: Side): void {
  const names = `SHARDFERRY_${side.toUpperCase()}`
  Object.assign(round.env, { [`${names}_USERNAME`]: username, [`${names}_PASSWORD`]: password })
}

/** A key that was accepted is asked with again for some seconds. */
const longestRefusedMs = 25_000

/** A key that its cluster takes for so long. */
async function apiKey(cluster: DrillCluster, expiration: string): Promise<string> {
  const { id, api_key } = await cluster.json<{ readonly id: string; readonly api_key: string }>('POST', '/_security/api_key', {
    name: 'drill',
    expiration,
  })
  return Buffer.from(`${id}:${api_key}`).toString('base64')
}

export const keyExpires: Fault = {
  name: 'API key expires',
  does: "the source's API key expires while documents are copied; the run ends and says so, and the same command comes with a new one",
  impossible: ({ source }) => (recipeOf(source.dist).product === 'elasticsearch' ? undefined : `${source.dist} has no API keys`),
  prepare: async round => {
    const { source, env, random } = round
    // It is still copied when the key expires.
    round.docsPerSecond = 250
    env['SHARDFERRY_SOURCE_USERNAME'] = undefined
    env['SHARDFERRY_SOURCE_PASSWORD'] = undefined
    env['SHARDFERRY_SOURCE_API_KEY'] = await apiKey(source, `${random.between(3, 6)}s`)
  },
  begin: async round => {
    const ended = await Promise.race([sleep(longestRefusedMs), round.running.outcome])
    if (ended?.code !== errorCodes.unauthorized.exit) round.missed()
  },
  end: async ({ source, env, running }) => {
    running.kill('SIGTERM')
    env['SHARDFERRY_SOURCE_API_KEY'] = await apiKey(source, '1d')
  },
}

export function passwordChanges(): Fault {
  const sides = new WeakMap<Round, Side>()
  return {
    name: 'password changes',
    does: "the user's password on one side is changed while documents are copied, and set back before the same command",
    prepare: async round => {
      const side = round.random.chance(0.5) ? 'source' : 'target'
      await setPassword(round[side], password)
      login(round, side)
      sides.set(round, side)
    },
    begin: async round => {
      const side = sides.get(round)
      if (side) await setPassword(round[side], 'Another-lantern-27182')
      await Promise.race([sleep(1_500), round.running.outcome])
    },
    end: async round => {
      const side = sides.get(round)
      if (side) await setPassword(round[side], password)
    },
  }
}
