/** The run that follows, and whoever asks it for a change of direction: again where the run was killed or the change undone. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventsOf } from '../../../test/support/command-line.ts'
import type { Environment, Ferry, Outcome, Running } from '../../../test/support/command-line.ts'
import { entriesIn, journalOf, stateIn } from './figures.ts'
import type { Change } from './figures.ts'

/** Longer than anything may take that is waited for. */
const longestMs = 150_000

export interface LiveRunOptions {
  readonly ferry: Ferry
  readonly command: () => readonly string[]
  /** Of every process. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the runs that a fault meets. */
  readonly faultyEnv: Readonly<Record<string, string | undefined>>
}

export class LiveRun {
  readonly #options: LiveRunOptions
  #running: Running | undefined
  #ended = false
  readonly outcomes: Outcome[] = []
  /** Words on what did not go as it must. */
  readonly trouble: string[] = []

  constructor(options: LiveRunOptions) {
    this.#options = options
  }

  get running(): Running {
    if (!this.#running) throw new Error('Nothing runs yet.')
    return this.#running
  }

  get journal(): string {
    const { env, ferry } = this.#options
    return journalOf(env['SHARDFERRY_STATE'] ?? ferry.state)
  }

  /** Changes of direction that were made. */
  get switches(): number {
    return stateIn(this.journal).switches
  }

  start(more: Environment = {}): void {
    const { ferry, command, env } = this.#options
    const running = ferry.start(command(), { ...env, ...more })
    this.#running = running
    this.#ended = false
    void this.#watch(running)
  }

  async #watch(running: Running): Promise<void> {
    this.outcomes.push(await running.outcome)
    if (this.#running === running) this.#ended = true
  }

  /** The same command again, as the fault meets it, once the one under way has ended. */
  async restart(): Promise<void> {
    await this.running.outcome
    this.start(this.#options.faultyEnv)
    await this.#following()
  }

  /** The same command again where it has ended, until it follows. */
  async follow(): Promise<void> {
    for (let left = 3; left > 0; left--) {
      if (this.#ended || !this.#running) this.start()
      if (await this.#following()) return
      await this.running.outcome
    }
    throw new Error(`The run does not follow: ${lastWords(this.outcomes.at(-1))}`)
  }

  async #following(): Promise<boolean> {
    const { running } = this
    const ended = running.outcome.then(() => true)
    for (const untilMs = performance.now() + longestMs; performance.now() < untilMs;) {
      if (/"phase":"following(-back)?"/.test(running.stdout)) return true
      if (await Promise.race([sleep(50, false), ended])) return false
    }
    throw new Error(`The run does not follow after ${longestMs / 1000} s: ${running.stdout.slice(-400)}`)
  }

  /**
   * Asks until the change is made. Its hook waits until `release` is called.
   * @param healed resolves when nothing goes wrong any more
   */
  async make(what: Change, flags: readonly string[], healed: () => Promise<void>): Promise<MadeChange> {
    const before = this.switches
    for (let turn = 0; turn < 6; turn++) {
      if (turn > 0) {
        await healed()
        await this.follow()
        // What a killed run had begun is finished by the next one, or undone, before it follows.
        if (this.switches > before) return { hooked: false, release: () => Promise.resolve() }
      }
      const made = await this.#ask(what, `${before}-${turn}`, flags)
      if (made) return made
    }
    throw new Error(`No ${what} after six times: ${lastReason(this.journal)}`)
  }

  async #ask(what: Change, turn: string, flags: readonly string[]): Promise<MadeChange | undefined> {
    const { ferry, env } = this.#options
    const [facts, moved] = [join(ferry.folder, `facts-${turn}`), join(ferry.folder, `moved-${turn}`)]
    const hook = `cat > ${facts}; while [ ! -e ${moved} ]; do sleep 0.05; done`
    const asked = ferry.start([what, '--yes', '--postpone', '--hook', hook, ...flags], env)
    const ended = asked.outcome.then(() => true)
    const untilMs = performance.now() + longestMs
    while (!existsSync(facts)) {
      const over = await Promise.race([sleep(20, false), ended])
      if (!over && performance.now() < untilMs) continue
      if (!over) {
        this.trouble.push(`${what} has not ended after ${longestMs / 1000} s: ${lastReason(this.journal)}`)
        asked.kill('SIGKILL')
      }
      return undefined
    }
    return {
      hooked: true,
      release: async () => {
        writeFileSync(moved, '')
        const outcome = await asked.outcome
        if (outcome.code !== 0) this.trouble.push(`${what} was made and ended with ${endWord(outcome)}: ${lastWords(outcome)}`)
      },
    }
  }

  /** Says that every application has moved. */
  async tellMoved(what: Change): Promise<void> {
    await this.#mustEndWell([what, '--moved'])
  }

  /** Stops following and takes everything back. */
  async complete(): Promise<void> {
    this.running.kill('SIGINT')
    const { code } = await this.running.outcome
    if (code !== 7) this.trouble.push(`stopped, the run ended with ${code}: ${lastWords(this.outcomes.at(-1))}`)
    await this.#mustEndWell(['complete', '--yes'])
  }

  async verify(): Promise<void> {
    await this.#mustEndWell(['verify'])
  }

  async #mustEndWell(args: readonly string[]): Promise<void> {
    const outcome = await this.#options.ferry.run(args, this.#options.env)
    if (outcome.code !== 0) this.trouble.push(`${args.join(' ')} ended with ${endWord(outcome)}: ${lastWords(outcome)}`)
  }
}

export interface MadeChange {
  /** The hook has told so; false where a later run has finished it, which nobody is told of. */
  readonly hooked: boolean
  /** Lets the hook end. */
  readonly release: () => Promise<void>
}

export function endWord({ code, signal }: Outcome): string {
  return signal ?? String(code)
}

export function lastWords(outcome: Outcome | undefined): string {
  if (!outcome) return 'it has not ended'
  const error = outcome.stdout.includes('{"event":"error"')
    ? eventsOf(outcome).findLast(({ event }) => event === 'error')
    : undefined
  return error ? `${String(error['code'])}: ${String(error['message'])}` : (outcome.stderr || outcome.stdout).slice(-400)
}

function lastReason(journal: string): string {
  const undone = entriesIn(journal).findLast(({ entry }) => entry.type === 'cutover-undone' || entry.type === 'rollback-undone')
  return undone && 'reason' in undone.entry ? undone.entry.reason : 'nothing was undone'
}
