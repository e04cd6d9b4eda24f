/** The command line as people run it: a process of its own, its settings in the environment, its state in a folder of its own. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '../../src/model/report.ts'
import type { Sites } from './pair.ts'
import { until } from './until.ts'

const program = fileURLToPath(new URL('../../bin/shardferry.mjs', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  readonly outcome: Promise<Outcome>
  /** What it has written on standard output so far. */
  readonly stdout: string
  kill(signal: NodeJS.Signals): void
}

/** The answer of `status --json`. */
export interface Status {
  readonly name: string
  readonly state: string
  readonly progress: {
    readonly phase: string
    readonly paused: boolean
    readonly pausedBy: string | null
    readonly throttleReason: string
    readonly maxWidth: number
    readonly retries: number
    readonly partitionsDone: number
    readonly partitionsKnown: number
    readonly partitionsRedone: number
    readonly total: {
      readonly counts: { readonly read: number; readonly written: number }
      readonly docsPerSecond: number
      readonly lag: { readonly operations: number; readonly seconds: number | null } | null
    }
  } | null
  readonly report: Report | null
  readonly outcome: { readonly kind: string; readonly code?: string } | null
  readonly changes: readonly { readonly index: string; readonly kind: string; readonly what: string }[]
}

export interface Ferry {
  /** Holds the state folder and is where commands run. */
  readonly folder: string
  /** Where the journals are. */
  readonly state: string
  run(args: readonly string[], env?: Environment): Promise<Outcome>
  start(args: readonly string[], env?: Environment): Running
  status(): Promise<Status>
  /** Polls `status` until it is as wanted. */
  statusWhen(wanted: (status: Status) => boolean, what: string): Promise<Status>
}

export interface OpenFerry extends Ferry {
  /** Ends every process that it started, and deletes its folder. */
  close(): Promise<void>
}

/** Undefined takes a variable away. */
export type Environment = Readonly<Record<string, string | undefined>>

const everyMigration = 'm'

/** A command line for both clusters of a pair, with small partitions. */
export function openFerry({ source, target }: Sites, own: Environment = {}): OpenFerry {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  const state = join(folder, 'state')
  const running = new Set<Running>()
  const settings: Environment = {
    PATH: process.env['PATH'],
    SHARDFERRY_SOURCE_URL: source.urls,
    SHARDFERRY_SOURCE_USERNAME: source.user?.username,
    SHARDFERRY_SOURCE_PASSWORD: source.user?.password,
    SHARDFERRY_SOURCE_CA: source.caPath,
    SHARDFERRY_TARGET_URL: target.urls,
    SHARDFERRY_TARGET_USERNAME: target.user?.username,
    SHARDFERRY_TARGET_PASSWORD: target.user?.password,
    SHARDFERRY_TARGET_CA: target.caPath,
    SHARDFERRY_STATE: state,
    SHARDFERRY_NAME: everyMigration,
    SHARDFERRY_PARTITION_DOCS: '300',
    ...own,
  }

  const start: Ferry['start'] = (args, env = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...settings, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => {
        running.delete(one)
        resolve({ code, signal, stdout: textOf(out), stderr: textOf(err) })
      })
    })
    const one: Running = {
      pid: child.pid ?? 0,
      outcome,
      get stdout() {
        return textOf(out)
      },
      kill: signal => void child.kill(signal),
    }
    running.add(one)
    return one
  }
  const status: Ferry['status'] = async () => {
    const { code, stdout, stderr } = await start(['status', '--json']).outcome
    if (code !== 0) throw new Error(`status ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as Status
  }
  return {
    folder,
    state,
    start,
    run: (args, env) => start(args, env).outcome,
    status,
    statusWhen: (wanted, what) =>
      until(what, async () => {
        const now = await status().catch(() => undefined)
        return now !== undefined && wanted(now) ? now : undefined
      }),
    close: async () => {
      for (const one of running) one.kill('SIGKILL')
      await Promise.all([...running].map(one => one.outcome))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The events of `--json`. */
export function eventsOf({ stdout }: Pick<Outcome, 'stdout'>): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}
