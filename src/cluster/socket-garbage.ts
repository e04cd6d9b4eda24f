/**
 * Node puts every read of a socket into a new buffer of 64 KB. Such a buffer is a tiny object with its memory outside
 * the heap, so V8 sees little garbage where there is a lot, and a process that receives 20 MB a second holds on to some
 * 100 MB of it. A young collection for every so many bytes received takes a few milliseconds and gives them back.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const collectEveryBytes = 16 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let collect: Collect | undefined
let receivedBytes = 0

/** Tells that an answer of so many bytes has been copied out of its socket's buffers. */
export function received(bytes: number): void {
  receivedBytes += bytes
  if (receivedBytes < collectEveryBytes) return
  receivedBytes = 0
  collect ??= youngCollection()
  collect({ type: 'minor' })
}

function youngCollection(): Collect {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('globalThis.gc')
  return typeof gc === 'function' ? (gc as Collect) : () => undefined
}
