import type { Clusters } from './clusters.ts'
import { untilQuiet } from './clusters.ts'
import { cpuSeconds, machineCpuSeconds } from './process-usage.ts'

/** What one way of copying took. */
export interface Measurement {
  readonly wallSeconds: number
  readonly sourceCpuSeconds: number
  readonly targetCpuSeconds: number
  /** The target's CPU until it had merged what was written: work that the copy left behind is its work too. */
  readonly targetCpuUntilQuietSeconds: number
  readonly clientCpuSeconds: number
  /** Of `_source`. */
  readonly bytes: number
  readonly docs: number
  /** Peak resident memory of the client; undefined where the client is the bench itself or there is none. */
  readonly clientPeakBytes: number | undefined
  /** CPU of everything else on the machine meanwhile, the hypervisor's share included: how far to trust this measurement. */
  readonly othersCpuSeconds: number
}

export interface Outcome {
  readonly docs: number
  readonly bytes: number
  readonly clientPeakBytes?: number
}

/** Runs one way from rest to rest. `clientCpu` tells what the client has used so far. */
export async function measure(
  clusters: Clusters,
  clientCpu: () => number,
  run: () => Promise<Outcome>,
  signal: AbortSignal,
): Promise<Measurement> {
  await untilQuiet(clusters, signal)
  const look = (): readonly number[] => [
    performance.now() / 1000,
    cpuSeconds(clusters.source.pid),
    cpuSeconds(clusters.target.pid),
    clientCpu(),
    machineCpuSeconds(),
  ]
  const before = look()
  const { docs, bytes, clientPeakBytes } = await run()
  const after = look()
  const [wallSeconds = 0, sourceCpuSeconds = 0, targetCpuSeconds = 0, clientCpuSeconds = 0, machine = 0] = after.map(
    (value, i) => value - before[i]!,
  )
  await untilQuiet(clusters, signal)
  return {
    wallSeconds,
    sourceCpuSeconds,
    targetCpuSeconds,
    targetCpuUntilQuietSeconds: cpuSeconds(clusters.target.pid) - before[2]!,
    clientCpuSeconds,
    bytes,
    docs,
    clientPeakBytes,
    othersCpuSeconds: machine - sourceCpuSeconds - targetCpuSeconds - clientCpuSeconds,
  }
}
