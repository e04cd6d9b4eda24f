import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ShardferryError } from '../model/errors.ts'
import { Secret } from '../model/secret.ts'

/**
 * A secret is given by where it is: `env:NAME`, `file:PATH` or `prompt`. Written out, it would be in the shell's history, in `ps`, and
 * in a file that is meant to be committed. No message here repeats what was given: it may be the secret itself.
 */
export type SecretRef =
  { readonly from: 'env'; readonly name: string } | { readonly from: 'file'; readonly path: string } | { readonly from: 'prompt' }

export const secretRefPattern = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt)$/

export function parseSecretRef(text: string): SecretRef | undefined {
  if (!secretRefPattern.test(text)) return undefined
  if (text.startsWith('env:')) return { from: 'env', name: text.slice('env:'.length) }
  return text.startsWith('file:') ? { from: 'file', path: text.slice('file:'.length) } : { from: 'prompt' }
}

/** What to do about a secret that was written out. */
export const secretHint =
  'Give it as env:NAME (an environment variable), file:PATH (a file) or prompt (asked for on the terminal). Written out it would be visible in `ps` and in the file. If it was on a command line, it is in the shell history now: change it.'

/** Asks a person for a secret without showing it. */
export type AskSecret = (question: string, signal?: AbortSignal) => Promise<string>

export interface SecretPlaces {
  readonly env: NodeJS.ProcessEnv
  /** What a relative path starts from. */
  readonly folder: string
  /** Undefined: there is no terminal. */
  readonly ask: AskSecret | undefined
}

/**
 * The secret that a reference points to. `what` names it in messages and in the prompt: "password of elastic on the source".
 * @throws ShardferryError `secret-missing`
 */
export async function resolveSecret(ref: SecretRef, what: string, places: SecretPlaces, signal?: AbortSignal): Promise<Secret> {
  switch (ref.from) {
    case 'env': {
      const value = places.env[ref.name]
      if (value) return new Secret(value)
      throw missing(
        `The ${what} is to come from the environment variable ${ref.name}, which is ${value === undefined ? 'not set' : 'empty'}.`,
        `Set it: export ${ref.name}=…, or give the secret as file:PATH or prompt.`,
      )
    }
    case 'file': {
      const path = resolve(
        places.folder,
        ref.path.replace(/^~(?=\/)/, () => places.env['HOME'] ?? '~'),
      )
      const value = await readFile(path, 'utf8').catch((cause: unknown) => {
        const code = (cause as NodeJS.ErrnoException).code
        throw missing(
          `The ${what} is to come from the file ${path}, which cannot be read (${code ?? 'unknown reason'}).`,
          'Check the path and its permissions. A relative path starts from the settings file, or for a flag from the working folder.',
        )
      })
      const trimmed = value.replace(/\r?\n$/, '')
      if (trimmed) return new Secret(trimmed)
      throw missing(`The ${what} is to come from the file ${path}, which is empty.`, 'Write the secret into it.')
    }
    case 'prompt': {
      if (!places.ask)
        throw missing(
          `The ${what} is to be asked for, and there is no terminal to ask on.`,
          'Give it as env:NAME or file:PATH instead, or run the command on a terminal.',
        )
      const value = await places.ask(`${what.charAt(0).toUpperCase()}${what.slice(1)}: `, signal)
      if (value) return new Secret(value)
      throw missing(`No ${what} was entered.`, 'Run the command again, or give the secret as env:NAME or file:PATH.')
    }
    default:
      return ref satisfies never
  }
}

function missing(message: string, hint: string): ShardferryError {
  return new ShardferryError('secret-missing', message, { hint })
}

/** Asks on the process's own terminal; undefined where it has none. The question goes to stderr: stdout may be a file or a pipe. */
export function terminalAsk(): AskSecret | undefined {
  return process.stdin.isTTY && process.stderr.isTTY
    ? (question, signal) => askHidden(question, process.stdin, process.stderr, signal)
    : undefined
}

/** Reads one line without echo. Ctrl-C and an aborted signal are `stopped`; Ctrl-D gives ''. */
export function askHidden(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal?: AbortSignal,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const stop = (): void => reject(new ShardferryError('stopped', 'Stopped while asking for a secret.'))
  if (signal?.aborted) {
    stop()
    return promise
  }
  // With terminal: true readline takes the terminal out of its own echo, and its echo goes into the muted stream.
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: muted, terminal: true, historySize: 0 })
  output.write(question)
  lines.once('line', resolve)
  lines.once('SIGINT', stop)
  lines.once('close', () => resolve(''))
  signal?.addEventListener('abort', stop, { once: true })
  return promise.finally(() => {
    signal?.removeEventListener('abort', stop)
    lines.close()
    output.write('\n')
  })
}
