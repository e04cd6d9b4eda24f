import { phaseTexts } from '../../src/cli/view/phase-texts.ts'
import type { Summary } from './types.ts'

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet'

/** A migration's state as a person reads it, and how it makes one feel. */
export const states: Readonly<Record<Summary['state'], readonly [text: string, tone: Tone]>> = {
  planned: ['planned', 'quiet'],
  running: ['running', 'busy'],
  following: ['following, ready for the cutover', 'good'],
  paused: ['paused', 'warn'],
  'cut-over': ['cut over', 'good'],
  done: ['done, exact', 'good'],
  'set-aside': ['done, documents set aside', 'warn'],
  differs: ['done, sides differ', 'bad'],
  completed: ['complete', 'quiet'],
  failed: ['failed, can be resumed', 'bad'],
  cancelled: ['cancelled', 'quiet'],
  stopped: ['stopped, can be resumed', 'warn'],
  interrupted: ['interrupted, can be resumed', 'bad'],
}

/** By the phase as the server tells it. */
export const phases: Readonly<Record<string, string>> = phaseTexts

/** The way of a migration, as it is shown above its figures. */
export const way = ['planning', 'creating', 'copying', 'catching-up', 'following', 'cutting-over', 'following-back'] as const

/** Its place on the way; a phase that is none of them belongs to the one before. */
export function stepOf(phase: string): number {
  const known = way.findIndex(one => one === phase)
  if (known >= 0) return known
  const like: Readonly<Record<string, (typeof way)[number]>> = {
    tuning: 'creating',
    'carrying-deletes': 'catching-up',
    restoring: 'catching-up',
    'switching-aliases': 'catching-up',
    counting: 'catching-up',
    'rolling-back': 'following-back',
    done: 'catching-up',
  }
  const step = like[phase]
  return step === undefined ? 0 : way.indexOf(step)
}

export function clusterText(cluster: Summary['source']): string {
  if (!cluster) return 'unknown'
  const product = cluster.flavor === 'opensearch' ? 'OpenSearch' : 'Elasticsearch'
  return `${product} ${cluster.version}`
}

export function timeOfDay(at: string | number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime())
    ? ''
    : date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}
