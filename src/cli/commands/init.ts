import { runInit } from '../init.ts'
import type { SideAnswers } from '../init.ts'
import { print } from '../output.ts'

type Given = Readonly<Record<string, string | boolean | number | undefined>>

/** `shardferry init`: writes a settings file, or prints it in a dry run, and says which environment variables it refers to. */
export async function init(options: Given, signal: AbortSignal): Promise<number> {
  const indices = text(options['index'])
  const written = await runInit(
    {
      path: text(options['out']) ?? 'shardferry.yaml',
      force: options['force'] === true,
      dryRun: options['dryRun'] === true,
      answers: {
        source: sideOf(options, 'source'),
        target: sideOf(options, 'target'),
        ...(indices === undefined ? {} : { indices }),
      },
    },
    signal,
  )
  print(options['dryRun'] === true ? written.text : `Written: ${written.path}`)
  if (written.environment.length > 0) print(`Set before the next command: ${written.environment.join(', ')}`)
  print('Next: shardferry check, then shardferry plan, then shardferry run plan.yaml')
  return 0
}

function sideOf(options: Given, side: 'source' | 'target'): Partial<SideAnswers> {
  const url = text(options[`${side}Url`])
  const username = text(options[`${side}Username`])
  const ca = text(options[`${side}Ca`])
  return {
    ...(url === undefined ? {} : { url }),
    ...(username === undefined ? {} : { username, auth: 'basic' as const }),
    ...(ca === undefined ? {} : { ca }),
  }
}

function text(value: string | boolean | number | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
