/** Commands that ask a server, where they would else look into a state folder. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ask } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Verification } from '../../model/verification.ts'
import type { AskedComparison } from '../../operate/compare.ts'
import type { RemoteSettings } from '../../settings/serve-settings.ts'
import { described } from '../commands/control.ts'
import { listText } from '../commands/list.ts'
import { words } from '../commands/status.ts'
import { emit, lookOf, print, verifyExitCode } from '../output.ts'
import { statusText } from '../view/status-text.ts'
import { verificationText } from '../view/verification-text.ts'
import { allOf, pathOf, serverAt } from './ask-server.ts'
import type { Shown } from './ask-server.ts'

export async function list(remote: RemoteSettings, json: boolean, signal: AbortSignal): Promise<number> {
  const migrations = await allOf(serverAt(remote, signal))
  print(json ? JSON.stringify(migrations) : listText(migrations, lookOf(process.stdout)))
  return 0
}

export async function status(remote: RemoteSettings, json: boolean, signal: AbortSignal): Promise<number> {
  const server = serverAt(remote, signal)
  const migration = await server.get<Shown>(await pathOf(server, remote))
  if (json) {
    print(JSON.stringify(migration))
    return 0
  }
  const { name, state, progress, error } = migration
  print(statusText(progress ?? undefined, words[state], { ...lookOf(process.stdout), name }))
  if (error) print(`Last error [${error.code}]: ${error.message}`)
  return 0
}

/** `pause | resume | throttle | cancel`, and `--moved` of a change of direction. */
export async function control(remote: RemoteSettings, ask: Ask, dryRun: boolean, signal: AbortSignal): Promise<number> {
  const server = serverAt(remote, signal)
  const path = await pathOf(server, remote)
  const { what, ...how } = ask
  const { migration } = await server.post<{ migration: Pick<Shown, 'name'> }>(`${path}/${what}`, { ...how, dryRun })
  print(
    dryRun
      ? `Would ask ${migration.name} to ${described(ask)}. Nothing is changed.`
      : `Asked ${migration.name} to ${described(ask)}.`,
  )
  return 0
}

const lookEveryMs = 500

/** The server compares; this waits for it. */
export async function verify(
  remote: RemoteSettings,
  { json, ...asked }: AskedComparison & { readonly json: boolean },
  signal: AbortSignal,
): Promise<number> {
  const server = serverAt(remote, signal)
  const path = await pathOf(server, remote)
  const { level, form, upTo, maxDifferences, repair, deleteExtraAnywhere, dryRun } = asked
  await server.post(`${path}/verify`, { level, form, upTo, maxDifferences, repair, deleteExtraAnywhere, dryRun })
  for (;;) {
    const { running, error, report } = await server.get<Compared>(`${path}/verification`)
    if (running) {
      await sleep(lookEveryMs, undefined, { signal })
      continue
    }
    if (error) throw new ShardferryError('request-refused', error.message, error.hint === null ? {} : { hint: error.hint })
    if (!report) throw new ShardferryError('internal', 'The server has kept no report.')
    if (json) emit({ event: 'verification', at: new Date().toISOString(), ...report })
    else print(verificationText(report, lookOf(process.stdout)))
    return verifyExitCode(report.verdict)
  }
}

interface Compared {
  readonly running: boolean
  readonly error: { readonly message: string; readonly hint: string | null } | null
  readonly report: Verification | null
}
