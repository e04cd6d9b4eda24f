/** Runs the product as a person would: its command line, in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LabCluster } from '../lab/cluster.ts'
import type { Clusters } from './clusters.ts'
import { DemoError } from './stage.ts'

const program = fileURLToPath(new URL('../bin/shardferry.mjs', import.meta.url))

/** Without settings of somebody else's. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SHARDFERRY_')))
}

export const passwordVariables = ['SHARDFERRY_SOURCE_PASSWORD', 'SHARDFERRY_TARGET_PASSWORD'] as const

/** Flags of `shardferry copy`, a line's worth each. The partitions are small, so that even this small migration has a middle. */
export function copyCommand({ source, target }: Clusters, stateFolder: string): string[][] {
  return [
    ['copy', source.urls[0] ?? '', target.urls[0] ?? ''],
    ['--index', 'cities,people', '--partition-docs', '20000', '--state', stateFolder],
    ...sideFlags('source', source),
    ...sideFlags('target', target),
  ]
}

function sideFlags(side: 'source' | 'target', { admin, caPath }: LabCluster): string[][] {
  return [[`--${side}-username`, admin?.username ?? '', `--${side}-ca`, caPath ?? '']]
}

export interface OpenConsole extends AsyncDisposable {
  readonly url: string
}

/** The console on the migrations of a state folder, for as long as it is not disposed of. */
export async function openConsole(stateFolder: string, cwd: string, signal: AbortSignal): Promise<OpenConsole> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--state', stateFolder], {
    cwd,
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGTERM',
  })
  child.on('error', () => undefined)
  const closed = once(child, 'close')
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    const url = / at (http:\S+)\n/.exec(said)?.[1]
    if (url !== undefined)
      return {
        url,
        [Symbol.asyncDispose]: async () => {
          child.kill('SIGTERM')
          await closed
        },
      }
  }
  throw new DemoError(`The console did not start: ${said}`)
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Gives the exit code, or the signal that ended it. The process shares this terminal, and works in `cwd`, where no
 * settings file of somebody else's lies; with `crashAt` it kills itself at that point.
 */
export async function ferry(
  command: readonly string[],
  { source, target }: Clusters,
  cwd: string,
  crashAt: string | undefined,
  signal: AbortSignal,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...command], {
    cwd,
    env: {
      ...ownEnvironment(),
      [passwordVariables[0]]: source.admin?.password,
      [passwordVariables[1]]: target.admin?.password,
      SHARDFERRY_CRASH_AT: crashAt,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const end = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', end, { once: true })
  const [code, endedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  signal.removeEventListener('abort', end)
  // Who is killed cannot give the cursor back.
  if (endedBy !== null && process.stdout.isTTY) process.stdout.write('\u001B[?25h')
  signal.throwIfAborted()
  return { code, signal: endedBy }
}
