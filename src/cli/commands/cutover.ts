import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fold } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import type { SqliteJournal } from '../../journal/sqlite.ts'
import { namesOf } from '../../metadata/switch-aliases.ts'
import { gate } from '../../migration/cutover/gate.ts'
import type { Condition } from '../../migration/cutover/gate.ts'
import type { CutoverConditions, CutoverFacts } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { movedTasks } from '../../model/plan.ts'
import type { IndexTask, Plan } from '../../model/plan.ts'
import type { Settings } from '../../settings/settings.ts'
import { confirmed } from '../confirm.ts'
import { requireSamePlan } from '../migrate.ts'
import { emit, print } from '../output.ts'
import { connectBoth, openKnownJournal } from '../session.ts'
import type { Clusters } from '../session.ts'
import { cutOverText, cutoverText } from '../view/cutover-text.ts'

export interface CutoverOptions extends CutoverConditions {
  readonly dryRun: boolean
  readonly yes: boolean
  /** Wait until every condition holds. */
  readonly postpone: boolean
  /** A command of the shell that is given the facts as JSON on its standard input, once the target is in use. */
  readonly hook: string | undefined
  readonly json: boolean
}

/** `shardferry cutover`: shows the steps and the conditions, asks the run that follows the source to do it, and waits for it. */
export async function cutover(settings: Settings, options: CutoverOptions, signal: AbortSignal): Promise<number> {
  const { journal, name } = openKnownJournal(settings.stateFolder, settings.name)
  using open = journal
  const state = fold(open.entries())
  const { plan } = state
  if (!plan) throw noPlan(name)
  requireFollowed(open, state, name)
  await using clusters = await connectBoth(settings, signal)
  requireSamePlan(plan, clusters, undefined)
  const failing = (await conditionsNow(open, plan, clusters, options, signal)).filter(({ holds }) => !holds)
  if (options.dryRun) {
    if (!options.json) print('\nDry run: nothing was changed.')
    return failing.length === 0 ? 0 : refused(failing).exitCode
  }
  if (failing.length > 0) throw refused(failing)
  if (!options.yes && !(await confirmed('Cut over now?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  const before = fold(open.entries()).lastNumber
  open.append({ type: 'asked', ask: { what: 'cutover', conditions: conditionsOf(options) } })
  const facts = await cutOverDone(open, name, before, options, signal)
  if (options.json) emit({ event: 'cut-over', ...facts })
  else print(cutOverText(facts))
  if (options.hook !== undefined) await runHook(options.hook, facts, signal)
  return 0
}

function requireFollowed(journal: SqliteJournal, { cutover: stands, outcome }: MigrationState, name: string): void {
  if (outcome?.kind === 'completed')
    throw new ShardferryError('state-other', `Migration ${name} is complete.`, {
      hint: 'Move the indices again under another --name.',
    })
  if (stands.phase === 'done')
    throw new ShardferryError('state-other', `Migration ${name} is cut over already, since ${stands.facts.at}.`, {
      hint: 'See how it stands with: shardferry status',
    })
  if (!journal.isHeld())
    throw new ShardferryError(
      'state-missing',
      `Migration ${name} is not running, and a cutover is made by the run that follows the source.`,
      {
        hint: 'Start it in another terminal, with --follow: shardferry run --follow',
      },
    )
  if (stands.phase !== 'none')
    throw new ShardferryError('state-held', `A cutover of migration ${name} is under way, asked for from another terminal.`, {
      hint: 'Watch it with: shardferry status',
    })
}

/** Shown until they all hold, where that is waited for; otherwise once. */
async function conditionsNow(
  journal: SqliteJournal,
  plan: Plan,
  { target }: Clusters,
  options: CutoverOptions,
  signal: AbortSignal,
): Promise<readonly Condition[]> {
  const tasks = movedTasks(plan)
  for (let shown = ''; ;) {
    const lag = journal.published()?.progress.total.lag ?? null
    const parts = { tasks, state: fold(journal.entries()), target, lag, greenWithin: '1s' } as const
    const found = await gate(parts, conditionsOf(options), signal)
    const text = cutoverText(stepsOf(tasks), found)
    if (options.json) emit({ event: 'conditions', at: new Date().toISOString(), conditions: found })
    else if (text !== shown) print(text)
    shown = text
    if (!options.postpone || found.every(({ holds }) => holds)) return found
    await sleep(2_000, undefined, { signal })
  }
}

function stepsOf(tasks: readonly IndexTask[]): readonly string[] {
  const names = tasks.length > 3 ? `the ${tasks.length} source indices` : tasks.map(({ source }) => source).join(', ')
  const aliases = namesOf(tasks)
  return [
    'compare what changed since the last verification',
    `block writes to ${names} on the source`,
    'copy what is left, carry deletes over, compare what came since',
    'give the target its tuned settings back, and take the account',
    aliases.length === 0 ? 'no aliases to switch' : `switch on the target, in one call: ${aliases.join(', ')}`,
    'until here whatever fails is undone, and the block is lifted',
  ]
}

function conditionsOf({
  maxLagMs,
  acceptSetAside,
  acceptUnverified,
  acceptYellow,
  takeAliases,
}: CutoverOptions): CutoverConditions {
  return { maxLagMs, acceptSetAside, acceptUnverified, acceptYellow, takeAliases }
}

function refused(failing: readonly Condition[]): ShardferryError {
  return new ShardferryError(
    'cutover-refused',
    `Not cut over: ${failing.map(({ what, seen }) => `${what} (${seen})`).join('; ')}.`,
    {
      hint: failing.map(({ remedy }) => remedy ?? '').join('\n'),
    },
  )
}

const lookEveryMs = 300

/** Waits for the run to do it. @throws ShardferryError `cutover-failed` with its reason; `stopped` where the run ends before it is done */
async function cutOverDone(
  journal: SqliteJournal,
  name: string,
  after: number,
  { json }: CutoverOptions,
  signal: AbortSignal,
): Promise<CutoverFacts> {
  let seen = after
  for (;;) {
    for (const { entry, number } of journal.entries(seen)) {
      seen = number
      if (entry.type === 'cut-over') return entry.facts
      if (entry.type === 'cutover-undone')
        throw new ShardferryError('cutover-failed', `The cutover was not made: ${entry.reason}`, {
          hint: 'Applications stay on the source, which is followed on. Cut over again once the cause is gone.',
        })
      if (entry.type === 'applied' && !json) print(`Done: ${entry.step}`)
    }
    if (!journal.isHeld())
      throw new ShardferryError('stopped', `The run of migration ${name} ended in the middle of the cutover.`, {
        hint: 'Start it again: it finishes the cutover or undoes it, and says which. shardferry run --follow',
      })
    await sleep(lookEveryMs, undefined, { signal })
  }
}

/** A failure of the hook changes nothing about the cutover. @throws ShardferryError `hook-failed` */
async function runHook(command: string, facts: CutoverFacts, signal: AbortSignal): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], signal })
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify(facts)}\n`)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return
  throw new ShardferryError('hook-failed', `The cutover is made; its hook ended with ${code ?? 'a signal'}.`, {
    hint: 'Applications must be moved all the same: run the hook by hand with the facts of shardferry status --json.',
  })
}

function noPlan(name: string): ShardferryError {
  return new ShardferryError('state-missing', `Migration ${name} has no plan yet.`, {
    hint: 'Start it with: shardferry run --follow',
  })
}
