import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { run } from './command.ts'
import { LabError } from './errors.ts'
import { findJdk } from './java.ts'

const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1'

/** Jars that are wanted together: Maven settles one version of each artifact within a group. */
interface JarGroup {
  name: string
  coordinates: string[]
}

/** Fetches every group with all it depends on, in one run of Maven. Gives the folder of jars of each group. */
export async function fetchJars(folder: string, groups: JarGroup[], excludes: string[]): Promise<Map<string, string>> {
  mkdirSync(folder, { recursive: true })
  const modules = groups.map(({ name }) => `<module>${name}</module>`).join('')
  writeFileSync(join(folder, 'pom.xml'), pom('all', `<modules>${modules}</modules>`))
  for (const { name, coordinates } of groups) {
    mkdirSync(join(folder, name), { recursive: true })
    const dependencies = coordinates.map(coordinate => dependency(coordinate, excludes)).join('\n')
    writeFileSync(join(folder, name, 'pom.xml'), pom(name, `<dependencies>${dependencies}</dependencies>`))
  }
  await maven([`${plugin}:copy-dependencies`, '-DincludeScope=runtime', '-DoutputDirectory=jars'], folder)
  return new Map(groups.map(({ name }) => [name, join(folder, name, 'jars')]))
}

/** Fetches the one file of these coordinates (group:artifact:version), without what it depends on, and gives its path. */
export async function fetchFile(folder: string, coordinate: string, type: 'zip' | 'jar'): Promise<string> {
  const target = join(folder, coordinate.replaceAll(':', '_'))
  mkdirSync(target, { recursive: true })
  await maven([`${plugin}:copy`, `-Dartifact=${coordinate}:${type}`, `-DoutputDirectory=${target}`], folder)
  const file = readdirSync(target).find(file => file.endsWith(`.${type}`))
  if (file === undefined) throw new LabError(`Maven fetched no ${type} for ${coordinate}.`)
  return join(target, file)
}

function pom(name: string, body: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>lab</groupId><artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging>
${body}</project>
`
}

function dependency(coordinate: string, excludes: string[]): string {
  const exclusions = excludes.map(exclude => `<exclusion>${tags(exclude)}</exclusion>`).join('')
  return `<dependency>${tags(coordinate)}<exclusions>${exclusions}</exclusions></dependency>`
}

function tags(coordinate: string): string {
  const [group, artifact, version] = coordinate.split(':')
  return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId>${version === undefined ? '' : `<version>${version}</version>`}`
}

async function maven(args: string[], cwd: string): Promise<void> {
  await run('mvn', ['-B', '-q', ...args], {
    cwd,
    env: { ...process.env, JAVA_HOME: findJdk().home },
    missing: new LabError(
      'The lab needs Maven (mvn) to fetch the servers and found none on the PATH.',
      'Install it: apt-get install maven (Debian/Ubuntu), brew install maven (macOS).',
    ),
    failed: output =>
      new LabError(
        `Maven could not fetch the server's parts: ${firstError(output)}.`,
        'Check the network and the Maven settings and run the same again: what is there already is not fetched twice.',
      ),
  })
}

/** Maven's first error line without the addresses of registries, which may be private and may hold credentials. */
function firstError(output: string): string {
  const line =
    stripVTControlCharacters(output)
      .split('\n')
      .find(line => line.includes('ERROR')) ?? 'no error line in its output'
  return line
    .replace(/\[ERROR\]\s*/, '')
    .replace(/ -> \[Help \d\].*/, '')
    .replaceAll(/https?:\/\/[^\s)]+/g, 'registry')
    .replaceAll(/Connect to \S+( \[[^\]]*\])?/g, 'Connect to the registry')
    .replaceAll(/(Unknown host|Could not resolve host:?) \S+(: Name or service not known)?/gi, '$1')
    .replaceAll(/\S+: Name or service not known/g, 'the registry')
    .slice(0, 500)
    .replace(/[\s.:]*$/, '')
}
