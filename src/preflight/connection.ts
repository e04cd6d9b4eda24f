import { openConnection } from '../cluster/connect.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { identify } from '../cluster/identify.ts'
import type { Auth, ConnectionSettings, Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { describeIdentity } from '../model/version.ts'
import type { Identity } from '../model/version.ts'
import { onBothSides } from './check.ts'
import type { Check, Found } from './check.ts'
import { shortList } from './name-lists.ts'
import { withoutRole } from './without-role.ts'
import { whyUnconnected } from './unconnected.ts'

/** Whether every address answers, lets the user in, and belongs to the one cluster. */
export const connection: Check = {
  id: 'connection',
  title: 'addresses of both clusters, and who we are to them',
  code: 'unreachable',
  run: async (context, signal) =>
    await onBothSides('connection', context, async cluster => {
      const settings = context.connections[cluster.side]
      const answers = await Promise.all(settings.addresses.map(address => ask(cluster, settings, address, signal)))
      return describe(cluster.side, settings.auth, answers)
    }),
}

interface Answered {
  readonly address: string
  readonly identity?: Identity
  readonly error?: ShardferryError
}

/** What is known already is not asked again. */
async function ask(cluster: Cluster, settings: ConnectionSettings, address: string, signal: AbortSignal): Promise<Answered> {
  const only = settings.addresses.length === 1
  const why = whyUnconnected(cluster)
  if (only && !why) return { address, identity: cluster.identity }
  const one = openConnection({ ...settings, addresses: [address] })
  try {
    if (only && why) throw why
    return { address, identity: (await identify(one, signal)).identity }
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code === 'stopped') throw thrown
    return { address, error: (await withoutRole(one, settings.auth, thrown, signal)) ?? thrown }
  } finally {
    await one.close()
  }
}

function describe(side: Side, auth: Auth, answers: readonly Answered[]): Found[] {
  const good = answers.filter(({ identity }) => identity !== undefined)
  const failed = answers.flatMap(({ error }) => (error ? [error] : []))
  const [first] = good
  const severity = first ? 'warning' : 'error'
  const found: Found[] = distinctBy(failed, ({ message }) => message).map(({ code, message, hint }) => ({
    about: side,
    severity,
    message: first ? `${message} Other addresses of the ${side} answer.` : message,
    ...(code === 'tls-untrusted'
      ? { remedy: 'See what the check certificates found.' }
      : hint === undefined
        ? {}
        : { remedy: hint }),
  }))
  if (!first?.identity) return found
  const others = good.filter(({ identity }) => identity?.clusterUuid !== first.identity?.clusterUuid)
  for (const { address, identity } of others) {
    found.push({
      about: side,
      severity: 'error',
      message: `${address} is another cluster (${identity?.clusterName}) than ${first.address} (${first.identity.clusterName}): documents would be mixed.`,
      remedy: `Give addresses of one cluster only: --${side}-url ${first.address}`,
    })
  }
  const addresses = shortList(good.map(({ address }) => address))
  const message = `${addresses} answer${good.length === 1 ? 's' : ''}: ${describeIdentity(first.identity)}, cluster ${first.identity.clusterName}, ${whoWeAre(auth)}.`
  return [{ about: side, severity: 'ok', message }, ...found]
}

function whoWeAre(auth: Auth): string {
  switch (auth.kind) {
    case 'none':
      return 'without logging in'
    case 'basic':
      return `as user ${auth.username}`
    case 'api-key':
      return 'with an API key'
    case 'bearer':
      return 'with a bearer token'
  }
}

function distinctBy<T>(list: readonly T[], key: (one: T) => string): T[] {
  return [...new Map(list.map(one => [key(one), one])).values()]
}
