import { existsSync } from 'node:fs'
import { isAccessStep } from '../../access/steps.ts'
import { migrationFolder, realWorld, stepKinds, thisProcess } from '../../assemble.ts'
import { securityOf } from '../../cluster/security.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { grantAccess, previewAccess } from '../../migration/grant-access.ts'
import type { AccessWish } from '../../migration/grant-access.ts'
import { Memory } from '../../migration/memory.ts'
import { stepsToUndo } from '../../migration/undo-steps.ts'
import { refuseUnlessRunnable } from '../../plan/require-ok.ts'
import type { Side } from '../../model/connection.ts'
import { rightsFor } from '../../model/needs.ts'
import type { Job } from '../../model/needs.ts'
import type { Journal } from '../../model/ports.ts'
import type { Settings } from '../../settings/settings.ts'
import { draftPlan } from '../../operate/draft.ts'
import { connectLazily } from '../../operate/clusters.ts'
import { undoAndTell } from '../../operate/undo.ts'
import type { Clusters, LazyClusters } from '../../operate/clusters.ts'
import { print, tellUndone } from '../output.ts'
import { readPlanFile } from '../planning.ts'
import { openKnownJournal } from '../session.ts'
import { grantedText, guideText } from '../view/granted-text.ts'

export interface GrantOptions {
  readonly sides: readonly Side[]
  readonly planFile: string | undefined
  readonly job: Job
  readonly guide: boolean
  /** How long an API key lives, such as `30d`; undefined: users with passwords are made. */
  readonly keyExpiration: string | undefined
  readonly rotate: boolean
  /** Show secrets instead of keeping them in files. */
  readonly show: boolean
  readonly dryRun: boolean
}

/** `shardferry access grant`: users or keys that may do what the plan needs and nothing else, on either cluster. */
export async function accessGrant(settings: Settings, options: GrantOptions, signal: AbortSignal): Promise<number> {
  const given = options.planFile === undefined ? undefined : readPlanFile(options.planFile)
  const name = given?.name ?? settings.name
  const folder = migrationFolder(settings.stateFolder, name)
  const kinds = stepKinds(folder)
  using journal = options.dryRun && !existsSync(`${folder}/journal.db`) ? nothingYet() : SqliteJournal.open(folder)
  const memory = new Memory(journal)
  const known = given ?? memory.state.plan
  await using clusters = connectLazily(settings, known, signal)
  const plan = options.guide ? undefined : (known ?? (await draftPlan(settings, await both(clusters), signal)))
  if (plan) refuseUnlessRunnable(plan)
  const wish = (side: Side): AccessWish => ({
    migration: name,
    rights: plan === undefined ? 'guide' : rightsFor(side, plan, options.job),
    keyExpiration: options.keyExpiration,
    rotate: options.rotate,
  })
  if (options.dryRun) {
    for (const side of options.sides) {
      const cluster = await clusters.of(side)
      const told = await previewAccess({ memory, cluster, security: await securityOf(cluster, signal) }, wish(side), signal)
      for (const line of told) print(`would ${line}`)
    }
    print('Dry run: nothing was changed.')
    return 0
  }
  if (journal instanceof SqliteJournal) journal.hold(thisProcess(), 'opened')
  for (const side of options.sides) {
    const cluster = await clusters.of(side)
    const security = await securityOf(cluster, signal)
    const world = realWorld(process.env)
    const parts = { memory, world, cluster, security, kinds, folder, keepSecret: !options.show }
    const granted = await grantAccess(parts, wish(side), signal)
    print(grantedText(side, settings[side].addresses, granted))
    if (options.guide) print(guideText(side, granted.name))
  }
  print(
    `Taken back by: shardferry access revoke --name ${name}, or with all else by shardferry complete --name ${name}, as a user who may manage security.`,
  )
  return 0
}

export interface RevokeOptions {
  readonly sides: readonly Side[]
  readonly dryRun: boolean
}

/** `shardferry access revoke`: removes exactly what was granted, by exact name, from the journal. */
export async function accessRevoke(settings: Settings, { sides, dryRun }: RevokeOptions, signal: AbortSignal): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings)
  using open = journal
  const memory = new Memory(open)
  const granted = stepsToUndo(memory.state, stepKinds(folder)).filter(
    ({ id, kind }) => isAccessStep(id) && kind !== undefined && sides.includes(kind.side),
  )
  if (granted.length === 0) {
    print(`Nothing is granted for migration ${name}${sides.length === 1 ? ` on the ${sides[0]}` : ''}.`)
    return 0
  }
  if (dryRun) {
    for (const { what } of granted) print(`would ${what}`)
    print('Dry run: nothing was changed.')
    return 0
  }
  open.hold(thisProcess(), 'opened')
  await using clusters = connectLazily(settings, memory.state.plan, signal)
  await undoAndTell(granted, memory, clusters, tellUndone, signal)
  return 0
}

async function both(clusters: LazyClusters): Promise<Pick<Clusters, 'source' | 'target'>> {
  return { source: await clusters.of('source'), target: await clusters.of('target') }
}

/** A dry run makes no state folder. */
function nothingYet(): Journal & Disposable {
  return { append: () => undefined, entries: () => [], [Symbol.dispose]: () => undefined }
}
