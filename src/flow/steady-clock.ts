/**
 * Milliseconds since the epoch, as of the process's start, and from then on by a clock that nobody sets: waits and
 * patience are measured with it, and neither end nor stretch by hours when the machine's time is corrected.
 */
export function steadyNow(): number {
  return Math.floor(performance.timeOrigin + performance.now())
}
