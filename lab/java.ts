import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { run } from './command.ts'
import { LabError } from './errors.ts'
import { cacheFolder } from './folders.ts'

export interface Jdk {
  home: string
  major: number
}

const oldestMajor = 17

const places = [
  '/usr/lib/jvm/*',
  '/opt/*',
  '/Library/Java/JavaVirtualMachines/*/Contents/Home',
  '/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home',
  '/usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home',
  join(homedir(), '.sdkman/candidates/java/*'),
]

/** The JDK of $JAVA_HOME if it is new enough, else the oldest one installed that is: closest to what the servers were built for. */
export function findJdk(neededMajor: number = oldestMajor): Jdk {
  const fromEnvironment = [process.env['JAVA_HOME'] ?? ''].flatMap(jdkAt)
  const installed = [...globSync(places), ...homesOnPath()].flatMap(jdkAt).sort((a, b) => a.major - b.major)
  const jdk = [...fromEnvironment, ...installed].find(({ major }) => major >= neededMajor)
  if (jdk === undefined) throw noJdk(neededMajor)
  return jdk
}

function noJdk(major: number): LabError {
  return new LabError(
    `The lab needs a JDK ${major} or newer (java, javac and jar) and found none in JAVA_HOME, on the PATH or in the usual places.`,
    `Install one: apt-get install openjdk-${major}-jdk-headless (Debian/Ubuntu), brew install openjdk@${major} (macOS); or set JAVA_HOME.`,
  )
}

function homesOnPath(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
  return folders
    .map(folder => join(folder, 'javac'))
    .filter(existsSync)
    .map(javac => dirname(dirname(realpathSync(javac))))
}

/** A JDK, not a JRE: it has javac. Every JDK since 9 names its version in the file "release". */
function jdkAt(home: string): Jdk[] {
  if (home === '' || !existsSync(join(home, 'bin', 'javac')) || !existsSync(join(home, 'release'))) return []
  const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1]
  return version === undefined ? [] : [{ home, major: Number(version) }]
}

export function javaCommand(jdk: Jdk, command: 'java' | 'javac' | 'jar'): string {
  return join(jdk.home, 'bin', command)
}

/** Unpacks a zip or jar into a folder that exists. */
export async function unpack(zip: string, folder: string): Promise<void> {
  const jdk = findJdk()
  await run(javaCommand(jdk, 'jar'), ['xf', zip], { cwd: folder, missing: noJdk(oldestMajor) })
}

/** The folder with the compiled LabNode. It is compiled once for each version of its source. */
export async function labNodeClasses(): Promise<string> {
  const source = join(import.meta.dirname, 'java', 'LabNode.java')
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 8)
  const folder = join(cacheFolder(), `classes@${hash}`)
  if (existsSync(folder)) return folder
  const half = `${folder}.${process.pid}.tmp`
  await run(javaCommand(findJdk(), 'javac'), ['--release', String(oldestMajor), '-d', half, source], {
    missing: noJdk(oldestMajor),
  })
  try {
    renameSync(half, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error // Else another process was first, with the same classes.
    rmSync(half, { recursive: true })
  }
  return folder
}
