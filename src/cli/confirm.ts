import { ShardferryError } from '../model/errors.ts'

/** Asks on the terminal. @throws ShardferryError `usage` where there is none: nobody has agreed then */
export async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new ShardferryError('usage', 'There is no terminal to ask on; nothing was changed.', { hint: 'Agree with --yes.' })
  // Only here, so that the other commands start without it.
  const { confirm } = await import('@clack/prompts')
  return (await confirm({ message: question, signal })) === true
}
