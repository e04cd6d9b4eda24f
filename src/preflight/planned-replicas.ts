import type { IndexTask } from '../model/plan.ts'
import { flatSettings } from './flat-settings.ts'

/** Copies of each shard besides the primary, once the tuning is undone. `auto_expand_replicas` goes before a fixed number, as on the server. */
export function plannedReplicas(task: IndexTask, dataNodes: number): number {
  const settings = flatSettings(task.settings)
  const expand = settings.get('index.auto_expand_replicas')
  const range = /^(\d+)-(\d+|all)$/.exec(typeof expand === 'string' ? expand : '')
  if (range) {
    const most = range[2] === 'all' ? dataNodes - 1 : Math.min(Number(range[2]), dataNodes - 1)
    return Math.max(Number(range[1]), most)
  }
  // What is no number the server refuses, and says so better.
  const replicas = Number(settings.get('index.number_of_replicas') ?? 1)
  return Number.isFinite(replicas) ? replicas : 1
}
