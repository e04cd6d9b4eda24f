import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recipeOf, type ModuleRecipe, type Recipe } from './dists.ts'
import { cacheFolder } from './folders.ts'
import { unpack } from './java.ts'
import { withLock } from './lock.ts'
import { fetchJars, fetchZip } from './maven.ts'

/** Raised when the way a dist is laid out changes; a changed recipe gets a new folder by itself. */
const layoutVersion = 1

/** The folder of a dist: lib/, modules/, and what only secure clusters load in secure/modules/ and secure/plugins/. */
export function distFolder(dist: string): string {
  const content = JSON.stringify([layoutVersion, recipeOf(dist)])
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

async function layOut(recipe: Recipe, build: string, home: string): Promise<void> {
  const modules = [...recipe.modules, ...recipe.secure.modules]
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
  for (const { name, zip } of recipe.secure.plugins) {
    const folder = join(home, 'secure/plugins', name)
    mkdirSync(folder, { recursive: true })
    await unpack(await fetchZip(build, zip), folder)
  }
  for (const { zip, prefixes, intoModule } of recipe.secure.borrow) {
    const folder = join(build, 'borrowed')
    mkdirSync(folder, { recursive: true })
    await unpack(await fetchZip(build, zip), folder)
    const jars = readdirSync(folder).filter(file => prefixes.some(prefix => file.startsWith(prefix)))
    copyInto(
      join(home, 'secure/modules', intoModule),
      jars.map(file => join(folder, file)),
    )
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

function descriptor(recipe: Recipe, module: ModuleRecipe): string {
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
