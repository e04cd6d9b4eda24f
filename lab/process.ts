import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A process id alone may be given to a stranger once its process has ended. With the kernel's start time it names one
 * process for good, so only processes that the lab started are ever ended.
 */
export interface ProcessIdentity {
  pid?: number
  pidStart?: string
}

/** The kernel's start time of a running process; undefined for one that has ended or waits to be reaped. */
export function startOf(pid: number): string | undefined {
  return existsSync('/proc/self/stat') ? startFromProc(pid) : startFromPs(pid)
}

function startFromProc(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The command's name, in brackets, may itself hold blanks and brackets: the fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? undefined : fields[19]
}

function startFromPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  const [state, ...start] = stdout.trim().split(/\s+/)
  return state === undefined || state === '' || state.startsWith('Z') ? undefined : start.join(' ')
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identity.pid !== undefined && identity.pidStart !== undefined && startOf(identity.pid) === identity.pidStart
}

/** Sends the signal if exactly this process still runs. */
function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
  if (identity.pid === undefined || !isRunning(identity)) return
  try {
    process.kill(identity.pid, name)
  } catch {
    // It ended between the look and the signal.
  }
}

/** Ends the processes and returns when all have ended: asked first, forced after graceMs (0: forced at once). */
export async function end(identities: ProcessIdentity[], graceMs = 20_000): Promise<void> {
  for (const identity of identities) signal(identity, graceMs > 0 ? 'SIGTERM' : 'SIGKILL')
  const forceAt = Date.now() + graceMs
  while (identities.some(isRunning)) {
    if (Date.now() > forceAt) for (const identity of identities) signal(identity, 'SIGKILL')
    await sleep(50)
  }
}
