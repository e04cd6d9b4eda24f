import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrationFolder } from '../../assemble.ts'
import { fold } from '../../journal/fold.ts'
import type { ReindexState } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { asShardferryError } from '../../model/errors.ts'
import type { CarryOutParts } from './carry-out.ts'
import { ReindexJob } from './job.ts'
import type { JobLogin } from './login.ts'
import { reindexOf } from './request.ts'
import type { Asked, Reindex } from './request.ts'

export interface JobsParts extends CarryOutParts {
  readonly stateFolder: string
}

/** A request that was answered, as its journal tells. */
export interface AnsweredJob {
  readonly number: number
  readonly reindex: Reindex
  readonly state: ReindexState
}

/** All `_reindex` requests of a state folder. Each is the migration `reindex-NUMBER`; its task is `NODE:NUMBER`. */
export class Jobs {
  /** Stands for this server in the ids of tasks, over restarts too. */
  readonly node: string
  readonly #parts: JobsParts
  readonly #running = new Map<number, ReindexJob>()
  #last: number

  constructor(parts: JobsParts) {
    this.#parts = parts
    mkdirSync(parts.stateFolder, { recursive: true })
    this.node = nodeId(join(parts.stateFolder, 'reindex-node'))
    this.#last = Math.max(0, ...this.#numbers())
  }

  begin(asked: Asked, headers: Readonly<Record<string, string>>, login: JobLogin): ReindexJob {
    const number = ++this.#last
    return this.#known(ReindexJob.begin(this.#parts, number, this.#folder(number), asked, headers, login))
  }

  /**
   * Goes on with all that was not answered when the server ended.
   * @returns what could not be gone on with, and why; nothing of it is lost
   */
  resume(): readonly string[] {
    const problems: string[] = []
    for (const number of this.#numbers()) {
      try {
        const state = this.#stateOf(number)
        if (state && !state.answered) this.#known(ReindexJob.resume(this.#parts, number, this.#folder(number)))
      } catch (thrown) {
        problems.push(`reindex-${number}: ${asShardferryError(thrown).message}`)
      }
    }
    return problems
  }

  running(number: number): ReindexJob | undefined {
    return this.#running.get(number)
  }

  get allRunning(): readonly ReindexJob[] {
    return [...this.#running.values()]
  }

  answered(number: number): AnsweredJob | undefined {
    const state = this.#stateOf(number)
    const reindex = state && reindexOf(state.asked)
    return state?.answered && reindex ? { number, reindex, state } : undefined
  }

  /** Ends what runs; the next start goes on with it. */
  async close(): Promise<void> {
    await Promise.all(this.allRunning.map(job => job.leave()))
  }

  #known(job: ReindexJob): ReindexJob {
    this.#running.set(job.number, job)
    const forget = (): void => void this.#running.delete(job.number)
    job.done.then(forget, forget)
    return job
  }

  #folder(number: number): string {
    return migrationFolder(this.#parts.stateFolder, `reindex-${number}`)
  }

  #numbers(): number[] {
    const names = readdirSync(this.#parts.stateFolder)
    return names.flatMap(name => (/^reindex-[1-9]\d*$/.test(name) ? [Number(name.slice('reindex-'.length))] : []))
  }

  #stateOf(number: number): ReindexState | undefined {
    const folder = this.#folder(number)
    if (!existsSync(join(folder, 'journal.db'))) return undefined
    using journal = SqliteJournal.open(folder)
    return fold(journal.entries()).reindex
  }
}

/** 16 bytes in the form of a server's node id, made once. */
function nodeId(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(16).toString('base64url'), { flag: 'wx' })
  return readFileSync(file, 'utf8').trim()
}
