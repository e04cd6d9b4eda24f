import { existsSync, realpathSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import { parseAddresses } from '../settings/addresses.ts'

export type AuthMethod = 'none' | 'basic' | 'api-key' | 'bearer'

/** What init asks for one cluster. */
export interface SideAnswers {
  /** One address, or several separated by commas. */
  readonly url: string
  readonly auth: AuthMethod
  readonly username?: string
  /** Path of a PEM file. */
  readonly ca?: string
}

export interface InitAnswers {
  readonly source: SideAnswers
  readonly target: SideAnswers
  /** Patterns separated by commas. */
  readonly indices: string
}

/** Answers given beforehand; what is missing is asked for, or takes its default where there is no terminal. */
export interface GivenAnswers {
  readonly source?: Partial<SideAnswers>
  readonly target?: Partial<SideAnswers>
  readonly indices?: string
}

export interface InitRequest {
  /** The file to write. */
  readonly path: string
  /** Write over a file that is there. */
  readonly force: boolean
  /** Write nothing. */
  readonly dryRun?: boolean
  readonly answers?: GivenAnswers
  /** Whether there is somebody to ask; by default whether the process has a terminal. */
  readonly terminal?: boolean
}

export interface InitResult {
  readonly path: string
  readonly text: string
  /** Environment variables that the file refers to, for secrets: to be set before the next command. */
  readonly environment: readonly string[]
}

/**
 * Writes a commented settings file. Secrets are never asked for nor written: the file refers to environment variables.
 * @throws ShardferryError `usage` when the file is there already or, without a terminal, an address is missing; `stopped`
 */
export async function runInit(request: InitRequest, signal?: AbortSignal): Promise<InitResult> {
  const { path, force, dryRun = false, answers = {}, terminal } = request
  // Said before the questions, not after them.
  if (!force && !dryRun && existsSync(path)) throw alreadyThere(path)
  for (const side of ['source', 'target'] as const) refuseBadAddress(side, answers[side]?.url)
  const interactive = terminal ?? (process.stdin.isTTY && process.stdout.isTTY)
  const complete = interactive ? await ask(answers, signal) : withDefaults(answers)
  const text = settingsText(complete, schemaSeenFrom(path))
  if (!dryRun) await save(path, text, force)
  return {
    path: resolve(path),
    text,
    environment: (['source', 'target'] as const).flatMap(side => variableOf(side, complete[side].auth) ?? []),
  }
}

async function save(path: string, text: string, force: boolean): Promise<void> {
  await writeFile(path, text, { flag: force ? 'w' : 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw alreadyThere(path)
    throw new ShardferryError('usage', `${path} cannot be written (${cause.code}).`, {
      cause,
      hint: 'Check the folder and its permissions.',
    })
  })
}

function alreadyThere(path: string): ShardferryError {
  return new ShardferryError('usage', `${path} is there already.`, { hint: 'Edit it, or write over it with --force.' })
}

function refuseBadAddress(side: Side, url: string | undefined): void {
  const problem = url === undefined ? undefined : addressProblem(url)
  if (problem !== undefined)
    throw new ShardferryError('usage', `--${side}-url ${problem}.`, {
      hint: 'Users and secrets are given apart from the address.',
    })
}

function withDefaults({ source, target, indices = '*' }: GivenAnswers): InitAnswers {
  return { source: sideWithDefaults('source', source), target: sideWithDefaults('target', target), indices }
}

function sideWithDefaults(side: Side, given: Partial<SideAnswers> = {}): SideAnswers {
  const { url } = given
  if (url === undefined)
    throw new ShardferryError('usage', `The address of the ${side} is missing, and there is no terminal to ask on.`, {
      hint: 'Give both: shardferry init --source-url https://old:9200 --target-url https://new:9200',
    })
  return { ...given, url, auth: given.auth ?? (given.username === undefined ? 'none' : 'basic') }
}

async function ask(given: GivenAnswers, signal?: AbortSignal): Promise<InitAnswers> {
  // Only here, so that the other commands start without it.
  const { intro, isCancel, outro, select, text } = await import('@clack/prompts')
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (isCancel(answer)) throw new ShardferryError('stopped', 'Stopped; nothing is written.')
    return answer as Exclude<T, symbol>
  }
  const waiting = signal === undefined ? {} : { signal }
  const askText = async (message: string, placeholder: string, problem: (value: string) => string | undefined): Promise<string> =>
    answered(await text({ message, placeholder, validate: value => problem(value ?? ''), ...waiting })) ?? ''

  const askSide = async (side: Side, from: Partial<SideAnswers> = {}): Promise<SideAnswers> => {
    const url =
      from.url ??
      (await askText(`Address of the ${side}`, `https://${side === 'source' ? 'old' : 'new'}.example:9200`, value =>
        addressProblem(value),
      ))
    const auth =
      from.auth ??
      (from.username === undefined
        ? answered(
            await select<AuthMethod>({
              message: `How do you log in to the ${side}?`,
              options: [
                { value: 'basic', label: 'User name and password' },
                { value: 'api-key', label: 'API key' },
                { value: 'bearer', label: 'Bearer token' },
                { value: 'none', label: 'Not at all', hint: 'security is off' },
              ],
              ...waiting,
            }),
          )
        : 'basic')
    const username =
      auth === 'basic'
        ? (from.username ??
          (await askText(`User name on the ${side}`, 'elastic', value => (value.trim() ? undefined : 'is needed'))))
        : undefined
    const ca =
      from.ca ??
      (/^https:/i.test(url)
        ? await askText(
            `CA file of the ${side}; leave empty if a public CA signed its certificate`,
            'http_ca.crt',
            () => undefined,
          )
        : '')
    return {
      url: url.trim(),
      auth,
      ...(username === undefined ? {} : { username: username.trim() }),
      ...(ca.trim() ? { ca: ca.trim() } : {}),
    }
  }

  intro('shardferry init')
  const source = await askSide('source', given.source)
  const target = await askSide('target', given.target)
  const indices =
    given.indices ??
    (await askText('Which indices? Patterns separated by commas, -pattern leaves out; empty for all', '*', () => undefined))
  outro('No secret is written: the file says which environment variables hold them.')
  return { source, target, indices: indices.trim() || '*' }
}

function addressProblem(text: string): string | undefined {
  const parsed = parseAddresses(split(text))
  if ('problem' in parsed) return parsed.problem
  return parsed.addresses.length === 0 ? 'must start with http:// or https://' : undefined
}

function split(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

/** The schema that comes with this very program, as an editor looks for it: from the file's own folder. Undefined where it is not there. */
function schemaSeenFrom(path: string): string | undefined {
  const schema = fileURLToPath(new URL('../../schema/shardferry.schema.json', import.meta.url))
  const folder = dirname(resolve(path))
  if (!existsSync(schema) || !existsSync(folder)) return undefined
  const way = relative(realpathSync(folder), realpathSync(schema)).replaceAll(sep, '/')
  return /^(\.\.\/|\/|[A-Za-z]:)/.test(way) ? way : `./${way}`
}

/** The file's text. */
function settingsText({ source, target, indices }: InitAnswers, schema: string | undefined): string {
  return `${schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n`}# Settings of Shardferry. No secret stands here: env:NAME is an environment variable, file:PATH a file, prompt asks on the terminal.
# Every setting: shardferry copy --help, or docs/reference/settings.md.

source:
${sideText('source', source)}
target:
${sideText('target', target)}
# What to move: names and patterns of indices, aliases and data streams; -pattern leaves out.
indices:
${split(indices)
  .map(pattern => `  - ${quoted(pattern)}`)
  .join('\n')}

# Names on the target.
# rename: '{index}-v2'
# renames:
#   old-name: new-name

# Move only some documents of an index (Query DSL).
# filters:
#   my-index:
#     range:
#       '@timestamp': { gte: '2026-01-01' }

# How hard to work: bulk requests at once, partitions read at once, documents per second (0: no limit).
# width: 4
# readers: 3
# docsPerSecond: 0
`
}

function sideText(side: Side, { url, auth, username, ca }: SideAnswers): string {
  const urls = split(url).map(quoted)
  const variable = variableOf(side, auth)
  const lines = [
    `  url: ${urls.length === 1 ? urls[0] : `[${urls.join(', ')}]`}`,
    ...(auth === 'basic' ? [`  username: ${quoted(username ?? '')}`, `  password: env:${variable}`] : []),
    ...(auth === 'api-key' ? [`  apiKey: env:${variable}`] : []),
    ...(auth === 'bearer' ? [`  bearer: env:${variable}`] : []),
    ...(auth === 'none' ? ['  # username: elastic', `  # password: env:${variableOf(side, 'basic')}`] : []),
    ca === undefined ? '  # ca: http_ca.crt  # PEM file, where no public CA signed the certificate' : `  ca: ${quoted(ca)}`,
    '  # fingerprint: ...  # SHA-256 of the CA, instead of a file',
  ]
  return `${lines.join('\n')}\n`
}

function variableOf(side: Side, auth: AuthMethod): string | undefined {
  const prefix = `SHARDFERRY_${side.toUpperCase()}`
  switch (auth) {
    case 'none':
      return undefined
    case 'basic':
      return `${prefix}_PASSWORD`
    case 'api-key':
      return `${prefix}_API_KEY`
    case 'bearer':
      return `${prefix}_BEARER`
    default:
      return auth satisfies never
  }
}

/** JSON text is YAML text; single quotes where they do, as they are easier to edit. */
export function quoted(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes("'") ? `'${text}'` : JSON.stringify(text)
}
