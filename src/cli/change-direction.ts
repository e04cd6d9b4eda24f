/** What `cutover` and `rollback` share: the run is asked for a change of direction, which this process waits for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fold } from '../journal/fold.ts'
import type { SqliteJournal } from '../journal/sqlite.ts'
import type { Condition } from '../migration/cutover/gate.ts'
import type { CutoverFacts, Entry } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import { refused } from '../operate/change.ts'
import type { PlannedChange } from '../operate/change.ts'
import { confirmed } from './confirm.ts'
import { emit, print } from './output.ts'
import { changeText } from './view/cutover-text.ts'

export interface ChangeOptions {
  readonly dryRun: boolean
  readonly yes: boolean
  /** Wait until every condition holds. */
  readonly postpone: boolean
  /** A command of the shell that is given the facts as JSON on its standard input, once applications are to move. */
  readonly hook: string | undefined
  /** Applications move in the same moment, or the hook moves them: what is written from then on is carried over at once. */
  readonly moved: boolean
  readonly json: boolean
}

export interface AskedChange extends PlannedChange {
  /** What is told once it is made. */
  readonly told: (facts: CutoverFacts) => string
}

/** Shows, asks the person, asks the run, waits, tells, and calls the hook. Gives the exit code. */
export async function changeDirection(
  journal: SqliteJournal,
  name: string,
  { what, ask, steps, conditions, told }: AskedChange,
  options: ChangeOptions,
  signal: AbortSignal,
): Promise<number> {
  const { dryRun, yes, hook, moved, json } = options
  if (!json)
    print(
      `Steps:\n${steps.map((step, n) => `  ${n + 1}. ${step}`).join('\n')}\n\nUntil applications are switched, whatever fails is undone and they stay where they are.\n`,
    )
  const failing = (await conditionsThatHold(conditions, options, signal)).filter(({ holds }) => !holds)
  if (dryRun) {
    if (!json) print('\nDry run: nothing was changed.')
    return failing.length === 0 ? 0 : refused(what, failing).exitCode
  }
  if (failing.length > 0) throw refused(what, failing)
  if (!yes && !(await confirmed(what === 'cutover' ? 'Cut over now?' : 'Roll back now?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  const { lastNumber, switches } = fold(journal.entries())
  journal.append({ type: 'asked', ask })
  const facts = await made(journal, name, what, lastNumber, json, signal)
  if (json) emit({ event: what === 'cutover' ? 'cut-over' : 'rolled-back', ...facts })
  else print(`\n${told(facts)}`)
  if (hook !== undefined) await runHook(hook, { ...facts, event: what }, signal)
  // A hook may take so long that this change is not the last one any more.
  if (moved) tellMoved(journal, switches + 1, json)
  else if (!json) print(`\n${heldText(what)}`)
  return 0
}

/**
 * From now on what is written is carried over to the side that applications have left.
 * @param switches which change of direction they have followed @throws ShardferryError `state-other` where it is not the last one
 */
export function tellMoved(journal: SqliteJournal, switches: number, json: boolean): void {
  journal.append({ type: 'asked', ask: { what: 'moved', switches } })
  if (fold(journal.entries()).switches !== switches)
    throw new ShardferryError('state-other', 'Applications were moved on meanwhile, by another cutover or rollback.', {
      hint: 'Once they have followed that one, say so again with --moved. See how it stands with: shardferry status',
    })
  if (!json) print('What is written from now on is carried over to the other side.')
}

function heldText(what: AskedChange['what']): string {
  const [from, to] = what === 'cutover' ? ['source', 'target'] : ['target', 'source']
  return `The ${from} stays blocked, so that applications that have not moved yet are refused, and no write is lost there.\nOnce all of them use the ${to}, let what they write be carried over to the ${from}: shardferry ${what} --moved`
}

const askEveryMs = 2_000

/** Shown once, or, where that is waited for, whenever they have changed until all of them hold. */
async function conditionsThatHold(
  conditions: AskedChange['conditions'],
  { postpone, json }: ChangeOptions,
  signal: AbortSignal,
): Promise<readonly Condition[]> {
  for (let shown = ''; ;) {
    const found = await conditions(signal)
    const text = changeText(found)
    if (json) emit({ event: 'conditions', at: new Date().toISOString(), conditions: found })
    else if (text !== shown) print(text)
    shown = text
    if (!postpone || found.every(({ holds }) => holds)) return found
    await sleep(askEveryMs, undefined, { signal })
  }
}

const lookEveryMs = 300

/** Waits for the run. @throws ShardferryError `cutover-failed` with its reason; `stopped` where it ends before the change is made */
async function made(
  journal: SqliteJournal,
  name: string,
  what: AskedChange['what'],
  after: number,
  json: boolean,
  signal: AbortSignal,
): Promise<CutoverFacts> {
  const ended = (): ShardferryError =>
    new ShardferryError('stopped', `The run of migration ${name} ended in the middle of the ${what}.`, {
      hint: 'Start it again: it finishes the change or undoes it, and says which. shardferry run --follow',
    })
  let seen = after
  let begun = false
  for (;;) {
    // The order matters: whoever let go has written its last entry before.
    const held = journal.isHeld()
    for (const { entry, number } of journal.entries(seen)) {
      seen = number
      if (entry.type === 'cutover-begun' || entry.type === 'rollback-begun') begun = true
      // The next run undoes or finishes what was begun, and does not know what was only asked for.
      if (entry.type === 'started' && !begun) throw ended()
      if (entry.type === 'cut-over' || entry.type === 'rolled-back') return entry.facts
      if (entry.type === 'cutover-undone' || entry.type === 'rollback-undone')
        throw new ShardferryError('cutover-failed', `The ${what} was not made: ${entry.reason}`, {
          hint: `Applications stay on the ${what === 'cutover' ? 'source' : 'target'}, which is followed on. Try again once the cause is gone.`,
        })
      if ((entry.type === 'applied' || entry.type === 'undone') && !json) print(stepText(entry))
    }
    if (!held) throw ended()
    await sleep(lookEveryMs, undefined, { signal })
  }
}

/** A step that the run has made, as a person reads it. */
function stepText({ type, step }: Extract<Entry, { type: 'applied' | 'undone' }>): string {
  const [kind = '', ...names] = step.split('/')
  const done = type === 'applied'
  switch (kind) {
    case 'write-block':
      return `${done ? 'blocked' : 'let through again'}: writes to ${names.slice(1).join('/')} on the ${names[0] ?? ''}`
    case 'aliases':
      return `aliases on the target ${done ? 'switched' : 'given back'}`
    case 'tune-index':
    case 'tune-source-index':
      return `settings of ${names.join('/')} ${done ? 'tuned' : 'given back'}`
    default:
      return `${done ? 'done' : 'undone'}: ${step}`
  }
}

/** A failure of the hook changes nothing about what was done. @throws ShardferryError `hook-failed` */
async function runHook(command: string, facts: object, signal: AbortSignal): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], signal })
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify(facts)}\n`)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return
  throw new ShardferryError('hook-failed', `The change is made; its hook ended with ${code ?? 'a signal'}.`, {
    hint: 'Applications must be moved all the same: run the hook again by hand. The facts are in: shardferry status --json',
  })
}
