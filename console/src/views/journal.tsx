import { formatDocs } from '../../../src/cli/view/numbers.ts'
import type { Live } from '../live.ts'
import type { Event } from '../types.ts'
import { timeOfDay } from '../words.ts'
import type { Tone } from '../words.ts'
import { Empty } from '../ui/parts.tsx'

/** What happened, newest first. Partitions that settle one after the other are one line. */
export function Journal({ live }: { readonly live: Live }) {
  const lines = linesOf(live.events.value)
  if (lines.length === 0) return <Empty>Nothing is journaled yet.</Empty>
  return (
    <ol class="timeline" reversed>
      {lines.toReversed().map(({ number, at, text, tone }) => (
        <li key={number} class={tone}>
          <time dateTime={at}>{timeOfDay(at)}</time> {text} <span class="quiet">#{number}</span>
        </li>
      ))}
    </ol>
  )
}

interface Line {
  readonly number: number
  readonly at: string
  readonly text: string
  readonly tone: Tone
}

export function linesOf(events: readonly Event[]): readonly Line[] {
  const lines: Line[] = []
  let settled: { docs: number; partitions: number; index: string } | undefined
  for (const event of events) {
    if (event.type === 'observed') continue
    if (event.type === 'settled') {
      const { index, counts } = event['settled'] as { readonly index: string; readonly counts: { readonly read: number } }
      const goesOn = settled?.index === index
      settled = { index, docs: (goesOn ? settled!.docs : 0) + counts.read, partitions: (goesOn ? settled!.partitions : 0) + 1 }
      const text = `${formatDocs(settled.partitions)} ${settled.partitions === 1 ? 'partition' : 'partitions'} of ${index} settled, ${formatDocs(settled.docs)} documents`
      if (goesOn) lines.pop()
      lines.push({ number: event.number, at: event.at, text, tone: 'quiet' })
      continue
    }
    settled = undefined
    lines.push({ number: event.number, at: event.at, ...told(event) })
  }
  return lines
}

function told(event: Event): Pick<Line, 'text' | 'tone'> {
  const word = (key: string): string => (event[key] ?? '') as string
  switch (event.type) {
    case 'planned':
      return { text: `planned: ${word('indices')} indices`, tone: 'busy' }
    case 'started':
      return { text: 'a run began', tone: 'busy' }
    case 'opened':
      return { text: 'opened for a change', tone: 'quiet' }
    case 'captured':
      return { text: `about to ${stepText(word('step'))}`, tone: 'quiet' }
    case 'applied':
      return { text: `did: ${stepText(word('step'))}`, tone: 'busy' }
    case 'undone':
      return { text: `took back: ${stepText(word('step'))}`, tone: 'busy' }
    case 'created':
      return { text: `index ${word('target')} is made`, tone: 'good' }
    case 'round-opened':
      return { text: `round ${word('round')} of ${word('index')}: ${word('partitions')} partitions`, tone: 'busy' }
    case 'round-closed':
      return { text: `round ${word('round')} of ${word('index')} is complete`, tone: 'good' }
    case 'deletes-carried':
      return { text: `deletes of ${word('index')} carried over: ${word('carried')} so far`, tone: 'good' }
    case 'verified':
      return {
        text: `compared: ${word('equal')} of ${word('indices')} indices are equal`,
        tone: word('equal') === word('indices') ? 'good' : 'bad',
      }
    case 'asked':
      return { text: `asked to ${(event['ask'] as { what: string }).what}`, tone: 'warn' }
    case 'audited':
      return { text: `${word('by')}: ${word('did')}`, tone: 'warn' }
    case 'cut-over':
      return { text: 'cut over: applications use the target', tone: 'good' }
    case 'rolled-back':
      return { text: 'rolled back: applications use the source', tone: 'good' }
    case 'cutover-undone':
    case 'rollback-undone':
      return { text: `undone: ${word('reason')}`, tone: 'bad' }
    case 'failed':
      return { text: word('message'), tone: 'bad' }
    case 'stopped':
      return { text: word('reason'), tone: 'warn' }
    case 'finished':
      return { text: 'finished', tone: 'good' }
    default:
      return { text: event.type.replaceAll('-', ' '), tone: 'quiet' }
  }
}

/** `tune-index/target/cities` as `tune index target cities`. */
function stepText(step: string): string {
  const [kind = '', ...rest] = step.split('/')
  return `${kind.replaceAll('-', ' ')} ${rest.join(' ')}`.trim()
}
