import { existsSync } from 'node:fs'
import { down, up, type LabCluster } from '../cluster.ts'
import { lacksOf, recipeOf } from '../dists.ts'
import { clusterFolder } from '../folders.ts'
import { isRunning } from '../process.ts'
import { featureNames, versionHas, type Feature } from '../recipes/features.ts'
import { readCluster } from '../record.ts'
import { tlsFiles } from '../tls.ts'
import { featureChecks } from './features.ts'
import { promises, survivesACrash } from './promises.ts'
import { subjectOf, type Subject } from './subject.ts'

/** What was seen of a promise, which every dist keeps, or of a feature, which the recipe tells. */
export interface Sight {
  what: string
  outcome: 'kept' | 'broken' | 'has' | 'lacks'
  /** False for a broken promise, and for a feature of which the recipe says otherwise. */
  asWritten: boolean
  /** Why it is broken or lacking, in the server's words where it has any. */
  words: string
}

/** Starts a cluster of the dist, tries everything on it, ends it, and tells each thing as it is seen. */
export async function* verify(dist: string, secure: boolean): AsyncGenerator<Sight> {
  const { product, version } = recipeOf(dist)
  const name = nameToVerify(dist, secure)
  const lacks = lacksOf(dist, secure)
  await up({ name, dist, secure, heap: '384m', settings: trustInItself(dist, name, secure) })
  let last: LabCluster
  try {
    yield await promise('starts', async () => {})
    const subject = subjectOf(name, product, version)
    for (const { what, secureOnly, keep } of promises) {
      if (secure || secureOnly === undefined) yield await promise(what, () => keep(subject))
    }
    for (const feature of featureNames) {
      if (versionHas(feature, product, version)) yield await featureOf(subject, feature, !lacks.includes(feature))
    }
    yield await promise(survivesACrash.what, () => survivesACrash.keep(subject))
  } finally {
    last = readCluster(name)
    await down(name)
  }
  yield await promise('ends, and leaves neither a process nor a file', async () => {
    if (last.nodes.some(isRunning) || existsSync(last.folder)) throw new Error(`see ${last.folder}`)
  })
}

export function nameToVerify(dist: string, secure: boolean): string {
  return `verify-${dist.replaceAll('.', '-')}${secure ? '-secure' : ''}`
}

/** The cluster is also the remote one that it reindexes from. Its CA is made at the start, too late for `trust`. */
function trustInItself(dist: string, name: string, secure: boolean): Record<string, unknown> {
  const trusts = secure && recipeOf(dist).settingNames.reindexAllowList !== undefined
  return trusts ? { 'reindex.ssl.certificate_authorities': [tlsFiles(clusterFolder(name)).ca] } : {}
}

async function promise(what: string, keep: () => Promise<void>): Promise<Sight> {
  const words = await failure(keep)
  return { what, outcome: words === undefined ? 'kept' : 'broken', asWritten: words === undefined, words: words ?? '' }
}

async function featureOf(subject: Subject, feature: Feature, expected: boolean): Promise<Sight> {
  const words = await failure(() => featureChecks[feature](subject))
  const has = words === undefined
  return { what: feature, outcome: has ? 'has' : 'lacks', asWritten: has === expected, words: words ?? '' }
}

async function failure(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
