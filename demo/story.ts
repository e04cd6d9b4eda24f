/** The demo's story: two real clusters, real documents, a migration that is killed in its middle, and a check of every byte. */
import { join } from 'node:path'
import { citiesIndex, cityGrowth } from './cities.ts'
import { openClient, type Client } from './client.ts'
import { missingDists, startClusters, type Clusters } from './clusters.ts'
import { compareDefinitions, compareDocuments } from './compare.ts'
import { copyCommand, ferry, openConsole, passwordVariables } from './ferry.ts'
import { load, write, type DemoIndex } from './load.ts'
import { peopleIndex } from './people.ts'
import { rawMembers } from './raw-json.ts'
import { askBoth } from './searches.ts'
import { bad, bold, count, cross, DemoError, dim, during, good, say, stage, tick, wrapped } from './stage.ts'

interface Parts {
  readonly clusters: Clusters
  readonly source: Client
  readonly target: Client
  readonly indices: readonly DemoIndex[]
  readonly folder: string
  readonly signal: AbortSignal
}

export interface Outcome {
  readonly clusters: Clusters
  readonly differences: number
}

/** Start, fill, move, compare. `folder` is an empty one that is the demo's own. */
export async function tell(folder: string, signal: AbortSignal): Promise<Outcome> {
  const { clusters, indices } = await start(signal)
  const source = openClient('source', clusters.source, signal)
  const target = openClient('target', clusters.target, signal)
  try {
    const parts = { clusters, source, target, indices, folder, signal }
    await fill(parts)
    await move(parts)
    return { clusters, differences: await compare(parts) }
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}

async function start(signal: AbortSignal): Promise<{ clusters: Clusters; indices: DemoIndex[] }> {
  stage('Start two clusters')
  say('Elasticsearch 7.10.2 is the source, OpenSearch 2.19.4 the target. Each has TLS with a CA of its own, and users.')
  const missing = missingDists()
  if (missing.length > 0) say(`Not yet on this machine: ${missing.join(', ')}. Maven fetches them once, in some minutes.`)
  const starting = startClusters(signal)
  const indices = [citiesIndex(), peopleIndex()]
  const clusters = await during('both answer', starting)
  for (const side of ['source', 'target'] as const) say(`${side}  ${clusters[side].urls[0]}  ${dim(clusters[side].dist)}`)
  return { clusters, indices }
}

async function fill({ source, indices }: Parts): Promise<void> {
  stage('Fill the source')
  say('cities: every place of the GeoNames database (CC BY 4.0) with 1,000 inhabitants or more; 3 shards, 2 aliases.')
  say('people: households and members, parent and child with routing; ids such as 100%25 %2F42% and a/b/../7.')
  say('Some documents are updated and deleted afterwards, as happens to an index in use.')
  for (const index of indices) {
    const { name, documents, revisions } = index
    const deletes = revisions.filter(({ op }) => op === 'delete').length
    const what = `${name}: ${count(documents.length)} documents, ${count(revisions.length - deletes)} updates, ${count(deletes)} deletes`
    await during(what, load(source, index))
  }
}

async function move({ clusters, source, target, folder, signal }: Parts): Promise<void> {
  const stateFolder = join(folder, 'state')
  const command = copyCommand(clusters, stateFolder)
  stage('Move both indices, and be killed on the way')
  say(`This is what you would type, with the passwords in ${passwordVariables.join(' and ')}:`, '')
  say(
    ...command.map(
      (words, i) => `${i === 0 ? '$ shardferry' : '   '} ${words.map(quoted).join(' ')}${i < command.length - 1 ? ' \\' : ''}`,
    ),
  )
  await using page = await openConsole(stateFolder, folder, signal)
  say('', `Watch it in a browser meanwhile, where shardferry serve shows it: ${bold(page.url)}`)
  say('', 'The first run kills itself (SIGKILL, no chance to clean up) when its second partition has just been written.', '')
  const first = await ferry(command.flat(), clusters, folder, 'partition-written:2', signal)
  if (first.signal !== 'SIGKILL')
    throw new DemoError(`The run was to be killed in its middle, but it ended with exit code ${first.code}.`)

  const [there, here] = await Promise.all([refreshedCount(target), refreshedCount(source)])
  say(
    '',
    `${bad('Killed.')} The target holds ${count(there)} of ${count(here)} documents; the journal knows which parts are whole.`,
  )
  const growth = cityGrowth()
  await write(source, 'cities', growth)
  say(`Meanwhile the application goes on: ${growth.length} capitals get a new population on the source.`)

  stage('Run the same command again')
  say('It takes up what is left, and follows what was written since.', '')
  const second = await ferry(command.flat(), clusters, folder, undefined, signal)
  if (second.code !== 0) throw new DemoError(`The second run ended with ${second.signal ?? `exit code ${second.code}`}.`)
}

function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

async function refreshedCount(client: Client): Promise<number> {
  await client.text('POST', '/cities,people/_refresh')
  return (await client.json<{ count: number }>('GET', '/cities,people/_count')).count
}

async function compare({ source, target, indices }: Parts): Promise<number> {
  stage('Compare everything')
  say('With scrolls over both clusters and none of the code that moved: ids, routing, and every byte of every document.')
  const differences: string[] = []
  let documents = 0
  for (const { name } of indices) {
    const result = await during(`documents of ${name}`, compareDocuments(source, target, name))
    documents += result.documents
    differences.push(...result.differences)
    differences.push(...(await during(`mapping, settings and aliases of ${name}`, compareDefinitions(source, target, name))))
  }
  await showOne(target, indices)
  say('', dim(`${'the same search on both'.padEnd(54)} ${'source'.padStart(8)} ${'target'.padStart(8)}`))
  for (const { title, source: here, target: there, same } of await askBoth(source, target)) {
    say(`${title.padEnd(54)} ${count(here).padStart(8)} ${count(there).padStart(8)}  ${same ? tick : cross}`)
    if (!same) differences.push(`the search "${title}" is answered differently`)
  }
  const verdict = `${count(documents)} documents compared, ${count(differences.length)} differences`
  say('', bold(differences.length === 0 ? good(verdict) : bad(verdict)))
  say(...differences.slice(0, 10).map(difference => `${cross} ${difference}`))
  if (differences.length > 10) say(`and ${count(differences.length - 10)} more`)
  return differences.length
}

/** One document with all its oddities, as the target returns it. */
async function showOne(target: Client, indices: readonly DemoIndex[]): Promise<void> {
  const revised = new Set(indices.flatMap(({ revisions }) => revisions.map(({ id }) => id)))
  const people = indices.find(({ name }) => name === 'people')?.documents ?? []
  const odd = people.find(({ id, routing }) => id.startsWith('"quoted"') && id !== routing && !revised.has(id))
  if (odd === undefined) return
  const path = `/people/_doc/${encodeURIComponent(odd.id)}?routing=${encodeURIComponent(odd.routing ?? '')}`
  say('', `One of them on the target, with its zeros, escapes and 23 digits: ${odd.id}`)
  say(...wrapped(rawMembers(await target.text('GET', path)).get('_source') ?? '').map(dim))
}
