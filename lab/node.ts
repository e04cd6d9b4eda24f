import { spawn } from 'node:child_process'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { recipeOf, secureRecipeOf } from './dists.ts'
import { LabError } from './errors.ts'
import { nodeFolder, nodeLog } from './folders.ts'
import { javaCommand, type Jdk } from './java.ts'
import { startOf } from './process.ts'
import { changeCluster, nodeAt, type LabCluster } from './record.ts'
import { settingsFile } from './settings.ts'
import { findZstd } from './zstd.ts'

/** What a node is started from: a JDK, the laid-out dist and the compiled LabNode. */
export interface Programs {
  jdk: Jdk
  distFolder: string
  classes: string
}

/** Starts the JVM of one node and records its process. It outlives this process, and its output goes to the node's log. */
export function launch(cluster: LabCluster, node: number, programs: Programs): void {
  const folder = nodeFolder(cluster.name, node)
  layOutHome(cluster, join(folder, 'home'), programs.distFolder)
  const config = layOutConfig(cluster, node, programs.distFolder)
  mkdirSync(join(folder, 'logs'), { recursive: true })
  // The JVM's temporary files do not survive it.
  rmSync(join(folder, 'tmp'), { recursive: true, force: true })
  mkdirSync(join(folder, 'tmp'))
  for (const repo of cluster.repos) mkdirSync(repo, { recursive: true })

  // A folder that is not there would fail Elasticsearch 5, which walks the class path.
  const own = [join(programs.distFolder, 'classes')].filter(existsSync)
  const classPath = [programs.classes, ...own, join(programs.distFolder, 'lib', '*')].join(delimiter)
  const args = [...jvmFlags(cluster, folder, config, programs.jdk), '-cp', classPath, 'LabNode']
  args.push(join(folder, 'home'), config, nodeAt(cluster, node).name)
  const log = openSync(nodeLog(cluster.name, node), 'a')
  const child = spawn(javaCommand(programs.jdk, 'java'), args, {
    cwd: folder,
    env: nodeEnvironment(config),
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  child.on('error', () => {}) // Reported below: then there is no pid.
  child.unref()
  const { pid } = child
  const pidStart = pid === undefined ? undefined : startOf(pid)
  if (pid === undefined || pidStart === undefined)
    throw new LabError(`${javaCommand(programs.jdk, 'java')} could not be started.`)
  changeCluster(cluster.name, record => Object.assign(nodeAt(record, node), { pid, pidStart }))
}

/** A home as the server expects it, of links into the dist. Made anew at each start, so it always fits the dist. */
function layOutHome(cluster: LabCluster, home: string, dist: string): void {
  rmSync(home, { recursive: true, force: true })
  for (const kind of ['modules', 'plugins']) {
    mkdirSync(join(home, kind), { recursive: true })
    const sources = [join(dist, kind), ...(cluster.secure ? [join(dist, 'secure', kind)] : [])].filter(existsSync)
    for (const source of sources) for (const name of readdirSync(source)) symlinkSync(join(source, name), join(home, kind, name))
  }
  symlinkSync(join(dist, 'lib'), join(home, 'lib'))
}

function layOutConfig(cluster: LabCluster, node: number, dist: string): string {
  const { product } = recipeOf(cluster.dist)
  const config = join(nodeFolder(cluster.name, node), 'config')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, `${product}.yml`), settingsFile(cluster, node))
  writeFileSync(join(config, 'log4j2.properties'), log4j)
  for (const { name } of cluster.secure ? secureRecipeOf(cluster.dist).plugins : []) {
    const defaults = join(dist, 'secure/plugins', name, 'config')
    if (existsSync(defaults)) cpSync(defaults, join(config, name), { recursive: true, force: false })
  }
  return config
}

const log4j = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`

/** Packages that the servers and their libraries reach into by reflection. */
const openedPackages = [
  ...['io', 'lang', 'lang.invoke', 'lang.reflect', 'net', 'nio', 'nio.file', 'security', 'util', 'util.concurrent'].map(
    name => `java.base/java.${name}`,
  ),
  'java.base/sun.nio.ch',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.misc',
  'java.management/sun.management',
  'jdk.management/com.sun.management.internal',
]

function jvmFlags(cluster: LabCluster, folder: string, config: string, jdk: Jdk): string[] {
  const { jvm, wantsZstd } = recipeOf(cluster.dist)
  return [
    `-Xms${cluster.heap}`,
    `-Xmx${cluster.heap}`,
    '-XX:+UseG1GC',
    ...(cluster.jit === 'quick' ? ['-XX:TieredStopAtLevel=1'] : []),
    '-XX:+HeapDumpOnOutOfMemoryError',
    `-XX:HeapDumpPath=${join(folder, 'logs')}`,
    `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
    '-Dfile.encoding=UTF-8',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dio.netty.recycler.maxCapacityPerThread=0',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    `-Dlog4j.configurationFile=${join(config, 'log4j2.properties')}`,
    `-Dlog4j2.configurationFile=${join(config, 'log4j2.properties')}`,
    ...openedPackages.flatMap(name => ['--add-opens', `${name}=ALL-UNNAMED`]),
    ...(jdk.major >= 21 ? ['--enable-native-access=ALL-UNNAMED', '--add-modules=jdk.incubator.vector'] : []),
    ...jvm,
    ...(wantsZstd ? zstdFlags(folder) : []),
    ...(cluster.secure ? secureRecipeOf(cluster.dist).jvm : []),
  ]
}

/** Lends the system's zstd library to the server, which looks for all its native libraries in one folder. */
function zstdFlags(folder: string): string[] {
  const library = findZstd()
  if (library === undefined) {
    console.error('lab: no libzstd is installed: this cluster cannot compress with zstd (best_compression, logsdb).')
    return []
  }
  const native = join(folder, 'native')
  rmSync(native, { recursive: true, force: true })
  mkdirSync(native)
  symlinkSync(library, join(native, process.platform === 'darwin' ? 'libzstd.dylib' : 'libzstd.so'))
  return [`-Des.nativelibs.path=${native}`, '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false']
}

function nodeEnvironment(config: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, OPENSEARCH_PATH_CONF: config, ES_PATH_CONF: config }
  for (const name of ['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS']) delete env[name]
  return env
}

/** The last lines of a node's log. */
export function logTail(cluster: LabCluster, node: number, lines: number): string {
  nodeAt(cluster, node)
  const file = nodeLog(cluster.name, node)
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : ''
}
