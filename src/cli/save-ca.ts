import { writeFile } from 'node:fs/promises'
import type { ChainCertificate } from '../cluster/tls-chain.ts'
import type { Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { showFingerprint, untrustedCa } from '../preflight/certificates.ts'
import type { Settings } from '../settings/settings.ts'
import { emit, print } from './output.ts'

/**
 * Keeps the self-signed CA of a side that is not trusted, as a file to give with --SIDE-ca: where a file was asked for, or
 * where a person on the terminal agrees. Nothing is trusted by it: that is the next command's --SIDE-ca.
 */
export async function saveUntrustedCas(
  settings: Pick<Settings, Side>,
  { json, file }: { readonly json: boolean; readonly file: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const terminal = !json && process.stdin.isTTY && process.stdout.isTTY
  if (file === undefined && !terminal) return
  const shown = await Promise.all(
    (['source', 'target'] as const).map(async side => ({ side, ca: await untrustedCa(settings[side], signal) })),
  )
  const found = shown.flatMap(({ side, ca }) => (ca ? [{ side, ca }] : []))
  const say = (text: string): void => {
    if (json) emit({ event: 'message', at: new Date().toISOString(), text })
    else print(text)
  }
  if (file !== undefined && found.length > 1 && !file.includes('{side}'))
    throw new ShardferryError('usage', 'Source and target both show a CA that is not trusted.', {
      hint: "Keep them in two files: --save-ca '{side}-ca.pem'",
    })
  if (file !== undefined && found.length === 0)
    say('No CA was kept: no side shows a self-signed certificate that is not trusted yet.')
  for (const { side, ca } of found) {
    const path = file === undefined ? await askedPath(side, ca, signal) : file.replaceAll('{side}', side)
    if (path === undefined) continue
    await writeFile(path, ca.pem, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      throw new ShardferryError('usage', `${path} cannot be written (${cause.code}).`, {
        cause,
        hint:
          cause.code === 'EEXIST'
            ? 'It is there already: give another name with --save-ca FILE.'
            : 'Check folder and permissions.',
      })
    })
    say(
      `The CA of the ${side} is kept in ${path}: ${ca.subject}, SHA-256\n${ca.fingerprint}\nCompare that with the cluster's own before you trust it, by giving --${side}-ca ${path}`,
    )
  }
}

async function askedPath(
  side: Side,
  { subject, fingerprint }: ChainCertificate,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Only here, so that the other commands start without it.
  const { confirm, isCancel, text } = await import('@clack/prompts')
  const message = `Keep the CA of the ${side} (${subject}) in a file?\nIts SHA-256 fingerprint, to compare with the one on a node, is\n${fingerprint}\n${showFingerprint}`
  if ((await confirm({ message, initialValue: false, signal })) !== true) return undefined
  const path = await text({ message: 'File', initialValue: `${side}-ca.pem`, signal })
  return isCancel(path) ? undefined : path
}
