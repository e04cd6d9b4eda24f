import { execFile } from 'node:child_process'
import { errorCode, LabError } from './errors.ts'

interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Said when the command is not installed. */
  missing: LabError
  /** Turns the output of a failed command into the error that is thrown. */
  failed?: (output: string) => LabError
}

/** Runs a command to its end and gives back what it printed on standard output. */
export function run(command: string, args: string[], options: CommandOptions): Promise<string> {
  const { cwd, env, missing, failed } = options
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (errorCode(error) === 'ENOENT') reject(missing)
      else reject((failed ?? (output => new LabError(`${command} failed: ${output.trim().slice(-2000)}`)))(stdout + stderr))
    })
  })
}
