import type { Reader, World } from '../model/ports.ts'
import type { Latencies } from './latency.ts'

/** The same reader, whose pages are timed. */
export function timedReader(reader: Reader, latencies: Latencies, world: World): Reader {
  return {
    ...reader,
    async *read(task, partition, signal) {
      let askedAtMs = world.now()
      for await (const batch of reader.read(task, partition, signal)) {
        latencies.took(world.now() - askedAtMs, batch.bytes)
        yield batch
        askedAtMs = world.now()
      }
    },
  }
}
