import { globSync } from 'node:fs'

const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'

const places = [
  `/usr/lib/${machine}-linux-gnu/libzstd.so*`,
  '/usr/lib64/libzstd.so*',
  '/usr/lib/libzstd.so*',
  '/opt/homebrew/opt/zstd/lib/libzstd.dylib',
  '/usr/local/opt/zstd/lib/libzstd.dylib',
]

/** The zstd library of this system. */
export function findZstd(): string | undefined {
  return globSync(places).sort()[0]
}
