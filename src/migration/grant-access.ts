import { findEntity } from '../access/entities.ts'
import type { EntityKind } from '../access/entities.ts'
import { grantedName, grantSteps } from '../access/grant.ts'
import type { GrantRequest } from '../access/grant.ts'
import { newPassword, randomSuffix } from '../access/password.ts'
import { removeSecret, secretPath, writeSecret } from '../access/secret-file.ts'
import { nameIn, stepId } from '../access/steps.ts'
import type { AccessStep } from '../access/steps.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Security } from '../cluster/security.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import type { World } from '../model/ports.ts'
import type { Secret } from '../model/secret.ts'
import type { Memory } from './memory.ts'
import { applyStep } from './run-steps.ts'
import { stepsToUndo, undoSteps } from './undo-steps.ts'

export interface GrantParts {
  readonly memory: Memory
  readonly world: World
  readonly cluster: Cluster
  readonly security: Security
  readonly kinds: readonly StepKind[]
  /** The migration's own folder. */
  readonly folder: string
  /** Whether a new secret is kept in a file there; it is only given back otherwise. */
  readonly keepSecret: boolean
}

export interface AccessWish {
  readonly migration: string
  readonly rights: GrantRequest['rights']
  /** Undefined: a user with a password. */
  readonly keyExpiration: string | undefined
  /** Make a new secret, where one was made before. */
  readonly rotate: boolean
}

export interface Granted {
  readonly kind: 'user' | 'api-key'
  readonly name: string
  /** Where the secret is, if it is kept. */
  readonly path: string
  /** Undefined where the one that was made before still holds. */
  readonly secret: Secret | undefined
  /** What was done, step by step. */
  readonly done: readonly string[]
}

/** What `grantAccess` would do, without doing it. @throws ShardferryError as `grantSteps`, and `access-exists` */
export async function previewAccess(
  parts: Pick<GrantParts, 'memory' | 'cluster' | 'security'>,
  wish: AccessWish,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { memory, cluster, security } = parts
  const { name, known } = await standing(parts, wish, signal)
  const request = { ...wish, name, as: kindOf(wish), password: () => undefined, onKey: () => undefined }
  const steps = await grantSteps(cluster, security, request, signal)
  for (const step of steps) {
    const phase = memory.state.steps.get(step.id)?.phase
    if (phase === undefined || phase === 'undone') await step.capture(signal)
  }
  const told = steps.map(step => (isApplied(memory, step) ? updating(step) : step.describe()))
  return known && wish.rotate ? [...told, `make a new secret for ${name}`] : told
}

/**
 * Makes a side's user or key, or brings the one that was made before up to the present rights. Its secret is on disk
 * before the cluster knows it; a key's, which the server makes, before the journal does.
 */
export async function grantAccess(parts: GrantParts, wish: AccessWish, signal: AbortSignal): Promise<Granted> {
  const { memory, world, cluster, security, folder, keepSecret } = parts
  const { name, known } = await standing(parts, wish, signal)
  const path = secretPath(folder, name)
  let secret: Secret | undefined
  const keep = (made: Secret): Secret => {
    // A file with the secret that held before would be taken for this one.
    if (keepSecret) writeSecret(path, made)
    else removeSecret(path)
    secret = made
    return made
  }
  const request: GrantRequest = {
    name,
    rights: wish.rights,
    as: kindOf(wish),
    password: () => (known && !wish.rotate ? undefined : keep(newPassword())),
    onKey: keep,
  }
  const kind = wish.keyExpiration === undefined ? 'user' : 'api-key'
  if (kind === 'api-key' && known && !wish.rotate)
    return { kind, name, path, secret, done: [`API key ${name} on the ${cluster.side} stays as it is`] }
  const done: string[] = []
  for (const step of await grantSteps(cluster, security, request, signal)) {
    if (!(await applyStep(step, memory, world, signal))) {
      await step.apply(signal)
      done.push(updating(step))
    } else done.push(step.describe())
  }
  if (kind === 'api-key') done.push(...(await withdrawOldKeys(parts, name, signal)))
  return { kind, name, path, secret, done }
}

/** The name of what was granted before and is still there, or of what will be. */
async function standing(
  { memory, cluster, security }: Pick<GrantParts, 'memory' | 'cluster' | 'security'>,
  { migration, keyExpiration, rotate }: AccessWish,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly known: boolean }> {
  const name = grantedName(migration, cluster.side)
  const there = async (kind: EntityKind, one: string): Promise<boolean> =>
    (await findEntity(cluster, kind, one, signal)) === 'ours'
  if (keyExpiration === undefined) {
    const kind = security.kind === 'x-pack' ? 'user' : 'plugin-user'
    const applied = memory.state.steps.get(stepId(cluster.side, kind, name))?.phase === 'applied'
    return { name, known: applied && (await there(kind, name)) }
  }
  for (const key of appliedKeys(memory, cluster))
    if (await there('api-key', key))
      return rotate ? { name: `${name}-${randomSuffix()}`, known: true } : { name: key, known: true }
  return { name: `${name}-${randomSuffix()}`, known: false }
}

function appliedKeys(memory: Memory, { side }: Cluster): string[] {
  return [...memory.state.steps].flatMap(([id, { phase }]) => (phase === 'applied' ? (nameIn(id, side, 'api-key') ?? []) : []))
}

/** Keys that another one has taken the place of, or whose secret a crash has taken away. */
async function withdrawOldKeys(
  { memory, world, cluster, kinds }: GrantParts,
  present: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const old = stepsToUndo(memory.state, kinds).filter(({ id }) => {
    const key = nameIn(id, cluster.side, 'api-key')
    return key !== undefined && key !== present
  })
  const done: string[] = []
  const left = await undoSteps(
    old,
    {
      memory,
      world,
      clusterOf: () => Promise.resolve(cluster),
      giveUpAfterMs: 30_000,
      onUndone: ({ what }) => done.push(what),
    },
    signal,
  )
  for (const { why } of left) throw why
  return done
}

function updating(step: AccessStep): string {
  return step.describe().replace('create', 'update')
}

function isApplied(memory: Memory, step: AccessStep): boolean {
  return memory.state.steps.get(step.id)?.phase === 'applied'
}

function kindOf({ keyExpiration }: AccessWish): GrantRequest['as'] {
  return keyExpiration === undefined ? { kind: 'user' } : { kind: 'api-key', expiration: keyExpiration }
}
