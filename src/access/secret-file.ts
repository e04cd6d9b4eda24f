import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Secret } from '../model/secret.ts'

/** Where the secret of a name is kept: in the migration's own folder, which goes with it. */
export function secretPath(migrationFolder: string, name: string): string {
  return join(migrationFolder, 'secrets', name)
}

/** Writes the secret for its owner's eyes only; whole or not at all. */
export function writeSecret(path: string, secret: Secret): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const part = `${path}.part`
  rmSync(part, { force: true })
  writeFileSync(part, `${secret.reveal()}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(part, 0o600)
  renameSync(part, path)
}

export function removeSecret(path: string): void {
  rmSync(path, { force: true })
}
