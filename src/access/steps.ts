import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { xPackApi } from '../cluster/security.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Side } from '../model/connection.ts'
import type { Json, JsonObject } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import { Secret } from '../model/secret.ts'
import { findEntity, nounOf, putEntity, removeEntity } from './entities.ts'
import type { EntityKind } from './entities.ts'
import { removeSecret, secretPath } from './secret-file.ts'

/** The cluster that something was granted on: a step is never undone on another one that answers at the same address. */
interface Saved {
  readonly cluster: string
  readonly [key: string]: Json
}

export type AccessStep = Step<Saved>

/** Creates or replaces a role, user or mapping of that name, unless it is there and not ours. @param body made when it is sent: it may hold a new secret; @param rights what a role allows, as a person reads it */
export function entityStep(
  cluster: Cluster,
  kind: Exclude<EntityKind, 'api-key'>,
  name: string,
  body: () => JsonObject,
  rights = '',
): AccessStep {
  return {
    ...common(cluster, kind, name, rights),
    async apply(signal) {
      if ((await findEntity(cluster, kind, name, signal)) === 'foreign') throw taken(cluster, kind, name)
      await putEntity(cluster, kind, name, body(), signal)
    },
  }
}

/** Creates an API key, whose secret the server chooses. @param onMade told before anything else is done */
export function apiKeyStep(
  cluster: Cluster,
  name: string,
  body: { readonly expiration: string; readonly role_descriptors: JsonObject },
  onMade: (key: Secret) => void,
  rights: string,
): AccessStep {
  return {
    ...common(cluster, 'api-key', name, `${rights}, for ${body.expiration}`),
    async apply(signal) {
      // A key of this name is one whose secret a crash has taken away.
      await removeEntity(cluster, 'api-key', name, signal)
      const path = `${xPackApi(cluster)}/api_key`
      const made = await json<{ id: string; api_key: string }>(cluster, {
        method: 'POST',
        path,
        body: { name, ...body },
        signal,
        once: true,
      })
      onMade(new Secret(Buffer.from(`${made.id}:${made.api_key}`).toString('base64')))
    },
  }
}

function common(cluster: Cluster, kind: EntityKind, name: string, rights: string): Omit<AccessStep, 'apply'> {
  return {
    id: stepId(cluster.side, kind, name),
    describe: () => `create ${nounOf(kind)} ${name} on the ${cluster.side}${rights === '' ? '' : ` with ${rights}`}`,
    async capture(signal) {
      if ((await findEntity(cluster, kind, name, signal)) !== 'nothing') throw taken(cluster, kind, name)
      return { cluster: cluster.identity.clusterUuid }
    },
    async undo(saved, signal) {
      await undo(cluster, kind, name, saved, signal)
    },
  }
}

function prefixOf(side: Side): string {
  return `access/${side}/`
}

export function stepId(side: Side, kind: EntityKind, name: string): string {
  return `${prefixOf(side)}${kind}/${name}`
}

/** A step that the journal knows, by its id. */
export function isAccessStep(id: string): boolean {
  return id.startsWith('access/')
}

/** The name of what a step made, where it made this kind of thing on this side. */
export function nameIn(id: string, side: Side, kind: EntityKind): string | undefined {
  const prefix = stepId(side, kind, '')
  return id.startsWith(prefix) ? id.slice(prefix.length) : undefined
}

/** How what was granted is taken back; its secret's file goes with it. */
export function accessKinds(migrationFolder: string): readonly StepKind[] {
  const parts = (rest: string): [kind: EntityKind, name: string] => {
    const [kind = '', ...name] = rest.split('/')
    return [kind as EntityKind, name.join('/')]
  }
  const forget = (rest: string): void => removeSecret(secretPath(migrationFolder, parts(rest)[1]))
  return (['source', 'target'] as const).map(side => ({
    prefix: prefixOf(side),
    atEnd: 'undone',
    side,
    describe: rest => {
      const [kind, name] = parts(rest)
      return `delete ${nounOf(kind)} ${name} on the ${side}`
    },
    undo: async (cluster, rest, saved, signal) => {
      const [kind, name] = parts(rest)
      await undo(cluster, kind, name, saved as Saved, signal)
      forget(rest)
    },
    forget,
  }))
}

async function undo(cluster: Cluster, kind: EntityKind, name: string, saved: Saved, signal: AbortSignal): Promise<void> {
  const { clusterUuid, clusterName } = cluster.identity
  if (saved.cluster !== clusterUuid)
    throw new ShardferryError(
      'state-other',
      `It was made on the cluster ${saved.cluster}; what answers as the ${cluster.side} is ${clusterName} (${clusterUuid}).`,
      { hint: `Give the address of the ${cluster.side} that it was granted on.` },
    )
  const found = await findEntity(cluster, kind, name, signal)
  if (found === 'foreign')
    throw new ShardferryError(
      'access-exists',
      `The ${nounOf(kind)} ${name} on the ${cluster.side} was made or changed by somebody else.`,
      { hint: 'Look at it, and delete it by hand if it is not needed.' },
    )
  if (found === 'ours') await removeEntity(cluster, kind, name, signal)
}

function taken({ side }: Cluster, kind: EntityKind, name: string): ShardferryError {
  return new ShardferryError(
    'access-exists',
    `The ${side} has a ${nounOf(kind)} named ${name} already, which this migration did not make; it is left as it is.`,
    { hint: 'Give the migration another name (--name NAME), or delete it if nobody needs it.' },
  )
}
