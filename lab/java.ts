import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { run } from './command.ts'
import { LabError } from './errors.ts'
import { cacheFolder } from './folders.ts'

export interface Jdk {
  home: string
  major: number
}

/** Runs most of the servers, and compiles the starter. */
const oldestMajor = 17
/** Runs all of them. */
const newestMajor = 25

const places = [
  '/usr/lib/jvm/*',
  '/opt/*',
  '/Library/Java/JavaVirtualMachines/*/Contents/Home',
  '/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home',
  '/usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home',
  join(homedir(), '.sdkman/candidates/java/*'),
]

/**
 * The first JDK of $SHARDFERRY_LAB_JDKS and $JAVA_HOME that is new enough, else the oldest one installed that is: closest to
 * what the servers were built for.
 */
export function findJdk(neededMajor: number = oldestMajor): Jdk {
  const named = [...foldersOf('SHARDFERRY_LAB_JDKS'), ...foldersOf('JAVA_HOME')].flatMap(jdkAt)
  const installed = [...globSync(places), ...homesOnPath()].flatMap(jdkAt).sort((a, b) => a.major - b.major)
  const jdk = [...named, ...installed].find(({ major }) => major >= neededMajor)
  if (jdk === undefined) throw noJdk(neededMajor, installed)
  return jdk
}

function noJdk(major: number, found: readonly Jdk[]): LabError {
  const older = found.map(jdk => `${jdk.major} in ${jdk.home}`).join(', ')
  return new LabError(
    `The lab needs a JDK ${major} or newer (java, javac and jar) and found ${older === '' ? 'none' : `only ${older}`}: it looks in SHARDFERRY_LAB_JDKS, in JAVA_HOME, on the PATH and in the usual places.`,
    howToInstall(major),
  )
}

function howToInstall(major: number): string {
  if (major <= oldestMajor)
    return `Install one: apt-get install openjdk-${major}-jdk-headless (Debian/Ubuntu), brew install openjdk@${major} (macOS); or set JAVA_HOME.`
  return [
    'Install one beside the JDK you have: apt-get install openjdk-21-jdk-headless (Debian 13, Ubuntu 22.04 or newer),',
    `brew install openjdk@${newestMajor} (macOS), or unpack a JDK ${newestMajor} from https://adoptium.net under /opt;`,
    'one that lies elsewhere is named in SHARDFERRY_LAB_JDKS.',
  ].join(' ')
}

function foldersOf(variable: string): string[] {
  return (process.env[variable] ?? '').split(delimiter).filter(folder => folder !== '')
}

function homesOnPath(): string[] {
  return foldersOf('PATH')
    .map(folder => join(folder, 'javac'))
    .filter(existsSync)
    .map(javac => dirname(dirname(realpathSync(javac))))
}

/** A JDK, not a JRE: it has javac. Every JDK since 9 names its version in the file "release". */
function jdkAt(home: string): Jdk[] {
  if (!existsSync(join(home, 'bin', 'javac')) || !existsSync(join(home, 'release'))) return []
  const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1]
  return version === undefined ? [] : [{ home, major: Number(version) }]
}

export function javaCommand(jdk: Jdk, command: 'java' | 'javac' | 'jar'): string {
  return join(jdk.home, 'bin', command)
}

/** Unpacks a zip or jar into a folder that exists. */
export async function unpack(zip: string, folder: string): Promise<void> {
  const jdk = findJdk()
  await run(javaCommand(jdk, 'jar'), ['xf', zip], { cwd: folder, missing: noJdk(oldestMajor, []) })
}

/** The source files lie below lab/java. */
export function javaSource(file: string): string {
  return join(import.meta.dirname, 'java', file)
}

/** Compiles sources with the JDK that will run them against the jars of a folder. */
export async function compile(jdk: Jdk, sources: readonly string[], jars: string, folder: string): Promise<void> {
  const options = ['-nowarn', '-Xlint:none', '-proc:none', '-d', folder, '-cp', join(jars, '*')]
  await run(javaCommand(jdk, 'javac'), [...options, ...sources.map(javaSource)], { missing: noJdk(jdk.major, []) })
}

/** Packs what the folder holds. */
export async function pack(folder: string, jar: string): Promise<void> {
  await run(javaCommand(findJdk(), 'jar'), ['cf', jar, '-C', folder, '.'], { missing: noJdk(oldestMajor, []) })
}

/** The folder with the compiled LabNode. It is compiled once for each version of its source. */
export async function labNodeClasses(): Promise<string> {
  const source = javaSource('LabNode.java')
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 8)
  const folder = join(cacheFolder(), `classes@${hash}`)
  if (existsSync(folder)) return folder
  mkdirSync(cacheFolder(), { recursive: true })
  const half = mkdtempSync(`${folder}.`)
  await run(javaCommand(findJdk(), 'javac'), ['--release', String(oldestMajor), '-d', half, source], {
    missing: noJdk(oldestMajor, []),
  })
  try {
    renameSync(half, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error // Else another process was first, with the same classes.
    rmSync(half, { recursive: true })
  }
  return folder
}
