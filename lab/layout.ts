import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recipeOf } from './dists.ts'
import { cacheFolder } from './folders.ts'
import { compile, findJdk, javaSource, pack, unpack } from './java.ts'
import { withLock } from './lock.ts'
import { fetchFile, fetchJars } from './maven.ts'
import type { ModuleRecipe, PluginRecipe, Recipe, SecureRecipe } from './recipes/recipe.ts'

/** Raised when the way a dist is laid out changes; a changed recipe or source gets a new folder by itself. */
const layoutVersion = 2

/** The folder of a dist: lib/, classes/ (where it has any), modules/, and what only secure clusters load in secure/modules/ and secure/plugins/. */
export function distFolder(dist: string): string {
  const recipe = recipeOf(dist)
  const sources = sourcesOf(recipe).map(file => readFileSync(javaSource(file), 'utf8'))
  const content = JSON.stringify([layoutVersion, recipe, sources], (key, value: unknown) =>
    key === 'lacks' || key === 'brings' ? undefined : value,
  )
  return join(cacheFolder(), 'dists', `${dist}@${createHash('sha256').update(content).digest('hex').slice(0, 8)}`)
}

/** Makes sure that the dist is fetched and laid out, once for all processes, and gives its folder. */
export async function prepare(dist: string): Promise<string> {
  const folder = distFolder(dist)
  if (existsSync(folder)) return folder
  // One lock for all dists: Maven's local repository is not made for several writers.
  await withLock(join(cacheFolder(), 'layout.lock'), async () => {
    if (existsSync(folder)) return
    console.error(`lab: fetching ${dist} from Maven Central and laying it out (the first time only)`)
    const build = join(cacheFolder(), 'build')
    const half = `${folder}.tmp`
    for (const leftover of [build, half]) rmSync(leftover, { recursive: true, force: true })
    await layOut(recipeOf(dist), build, half)
    renameSync(half, folder)
    rmSync(build, { recursive: true })
  })
  return folder
}

function sourcesOf({ ownClasses, ownModules }: Recipe): string[] {
  return [...ownClasses, ...ownModules.flatMap(module => module.sources)]
}

async function layOut(recipe: Recipe, build: string, home: string): Promise<void> {
  await layOutMavenModules(recipe, build, home)
  if (recipe.secure !== undefined) await layOutPlugins(recipe.secure, build, home)
  await compileOwn(recipe, build, home)
}

async function layOutMavenModules(recipe: Recipe, build: string, home: string): Promise<void> {
  const modules = [...recipe.modules, ...(recipe.secure?.modules ?? [])]
  const server = recipe.lib[0] ?? ''
  const jarFolders = await fetchJars(
    build,
    // The server stands in every group, so that its versions of shared libraries win.
    [{ name: 'lib', coordinates: recipe.lib }, ...modules.map(m => ({ name: m.name, coordinates: [...m.coordinates, server] }))],
    recipe.excludes,
  )
  const jarsOf = (group: string): Map<string, string> => jarsIn(jarFolders.get(group) ?? '')

  copyInto(join(home, 'lib'), jarsOf('lib').values())
  const moduleFolder = (module: ModuleRecipe): string =>
    join(home, recipe.modules.includes(module) ? 'modules' : 'secure/modules', module.name)
  for (const module of modules) {
    const inherited = new Set(['lib', ...module.extends].flatMap(group => [...jarsOf(group).keys()]))
    const own = [...jarsOf(module.name)].filter(([artifact]) => !inherited.has(artifact)).map(([, jar]) => jar)
    copyInto(moduleFolder(module), own)
    writeFileSync(join(moduleFolder(module), 'plugin-descriptor.properties'), descriptor(recipe, module))
  }
}

async function layOutPlugins({ plugins, borrow }: SecureRecipe, build: string, home: string): Promise<void> {
  for (const plugin of plugins) {
    const folder = join(home, 'secure/plugins', plugin.name)
    mkdirSync(folder, { recursive: true })
    await unpack(await fetchFile(build, plugin.zip, 'zip'), folder)
    for (const jar of plugin.jars) copyInto(folder, [await fetchFile(build, jar, 'jar')])
    doWithout(plugin, join(folder, 'plugin-descriptor.properties'))
  }
  for (const { zip, prefixes, intoModule } of borrow) {
    const folder = join(build, 'borrowed')
    mkdirSync(folder, { recursive: true })
    await unpack(await fetchFile(build, zip, 'zip'), folder)
    const jars = readdirSync(folder).filter(file => prefixes.some(prefix => file.startsWith(prefix)))
    copyInto(
      join(home, 'secure/modules', intoModule),
      jars.map(file => join(folder, file)),
    )
  }
}

/** Marks the plugins that the plugin can do without as optional. */
function doWithout(plugin: PluginRecipe, file: string): void {
  let text = readFileSync(file, 'utf8')
  for (const name of plugin.doesWithout) {
    text = text.replace(new RegExp(`^(extended\\.plugins=.*?\\b${name})(?=,|\\s*$)`, 'm'), '$1;optional=true')
  }
  writeFileSync(file, text)
}

async function compileOwn(recipe: Recipe, build: string, home: string): Promise<void> {
  const { ownClasses, ownModules } = recipe
  const lib = join(home, 'lib')
  if (ownClasses.length > 0) await compile(findJdk(recipe.javaMajor), ownClasses, lib, join(home, 'classes'))
  for (const { name, sources, pluginClass } of ownModules) {
    const classes = join(build, `own-${name}`)
    const folder = join(home, 'modules', name)
    mkdirSync(folder, { recursive: true })
    await compile(findJdk(recipe.javaMajor), sources, lib, classes)
    await pack(classes, join(folder, `${name}.jar`))
    writeFileSync(join(folder, 'plugin-descriptor.properties'), descriptor(recipe, { name, pluginClass, extends: [] }))
  }
}

/** The jars of a folder by artifact, that is by file name without the version: the same artifact may come in two versions. */
function jarsIn(folder: string): Map<string, string> {
  const jars = readdirSync(folder).filter(file => file.endsWith('.jar'))
  return new Map(jars.map(file => [file.replace(/-\d[\w.\-+]*\.jar$/, ''), join(folder, file)]))
}

function copyInto(folder: string, files: Iterable<string>): void {
  mkdirSync(folder, { recursive: true })
  for (const file of files) copyFileSync(file, join(folder, file.slice(file.lastIndexOf('/') + 1)))
}

function descriptor(recipe: Recipe, module: Pick<ModuleRecipe, 'name' | 'pluginClass' | 'extends'>): string {
  const lines = [
    `name=${module.name}`,
    `description=${module.name}`,
    `version=${recipe.version}`,
    `${recipe.product}.version=${recipe.version}`,
    `classname=${module.pluginClass}`,
    'java.version=1.8',
    'has.native.controller=false',
  ]
  if (module.extends.length > 0) lines.push(`extended.plugins=${module.extends.join(',')}`)
  return `${lines.join('\n')}\n`
}
