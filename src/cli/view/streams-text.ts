import type { DataStreamTask } from '../../model/plan.ts'
import { plural } from './numbers.ts'
import type { Line } from './paint.ts'

/** What becomes of each data stream. */
export function streamLines(streams: readonly DataStreamTask[]): Line[] {
  return streams.flatMap((stream): Line[] => [
    ['  ', [stream.source === stream.target ? stream.source : `${stream.source} → ${stream.target}`, 'plain']],
    ...[madeText(stream), templateText(stream), ...optionTexts(stream)].map((text): Line => ['      ', [text, 'quiet']]),
    ...stream.changes
      .filter(({ kind }) => kind !== 'stripped')
      .map((change): Line => [
        '      ',
        [change.what, change.kind === 'dropped' ? 'warn' : 'plain'],
        [`: ${change.why}`, 'quiet'],
      ]),
  ])
}

function madeText({ action, by, indices }: DataStreamTask): string {
  const backing = plural(indices.length, 'backing index', 'backing indices')
  if (by === 'roll-over') return `made on the target, which makes ${backing} itself, oldest first; each is written into`
  const there = action === 'create' ? 'made on the target' : 'is on the target'
  return `${there}; ${backing} added to it once copied, and it goes on with an index of its own`
}

function templateText({ action, template }: DataStreamTask): string {
  if (template) return `index template ${template.name} is made, for this name only`
  return action === 'create'
    ? 'the index template that the target has for this name is left as it is'
    : 'keeps its index template'
}

function optionTexts({ lifecycle, aliases }: DataStreamTask): string[] {
  const names = Object.keys(aliases)
  return [
    ...(lifecycle ? [`lifecycle ${JSON.stringify(lifecycle)}`] : []),
    ...(names.length > 0 ? [`alias${names.length === 1 ? '' : 'es'} ${names.join(', ')}`] : []),
  ]
}
