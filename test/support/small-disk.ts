/** A disk of 24 MB of one's own, which can be filled. It needs the right to mount one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly path: string
  /** Leaves so much room. */
  fill(kilobytes?: number): void
  /** Makes room again. */
  readonly free: () => void
  unmount(): void
}

export function mayMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'shardferry-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', path]).status === 0
  if (mounted) execFileSync('umount', [path])
  rmSync(path, { recursive: true })
  return mounted
}

/** @param path where it is mounted; made where it is not there */
export function smallDisk(path: string): SmallDisk {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path])
  const ballast = join(path, 'ballast')
  return {
    path,
    fill: (kilobytes = 0) => {
      const room = join(path, 'room')
      writeFileSync(room, Buffer.alloc(1024 * kilobytes))
      try {
        for (;;) appendFileSync(ballast, Buffer.alloc(4096))
      } catch {
        // The disk is full.
      }
      rmSync(room)
    },
    free: () => rmSync(ballast, { force: true }),
    unmount: () => void execFileSync('umount', [path]),
  }
}
