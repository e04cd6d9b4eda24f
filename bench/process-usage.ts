/** What processes use, as Linux tells it in /proc. */
import { readFileSync } from 'node:fs'

/** The kernel's USER_HZ: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds a process has used, all its threads, in its own code and in the kernel. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(`/proc/${pid}/stat`)
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** CPU seconds of this process's children that have ended: exact, also for one that has just ended. */
export function endedChildrenCpuSeconds(): number {
  const fields = statFields('/proc/self/stat')
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

/** CPU seconds of everything on this machine since it started, with what the hypervisor took away. */
export function machineCpuSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .replace(/^cpu\s+/, '')
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond
}

/** Peak resident bytes of a process so far; undefined once it has ended. */
export function peakBytes(pid: number): number | undefined {
  try {
    const kb = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kb === undefined ? undefined : Number(kb) * 1024
  } catch {
    return undefined
  }
}

/** The fields behind the command's name, which may itself hold blanks and brackets. */
function statFields(path: string): string[] {
  const stat = readFileSync(path, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
