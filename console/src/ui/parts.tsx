import type { ComponentChildren } from 'preact'
import { Refused } from '../api.ts'
import { states } from '../words.ts'
import type { Tone } from '../words.ts'
import type { Summary } from '../types.ts'

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>
}

export function StateBadge({ state }: Pick<Summary, 'state'>) {
  const [text, tone] = states[state]
  return <Badge tone={tone}>{text}</Badge>
}

export function Bar({ part, tone, label }: { readonly part: number; readonly tone: Tone; readonly label: string }) {
  const percent = Math.round(1000 * Math.min(1, Math.max(0, Number.isFinite(part) ? part : 0))) / 10
  return (
    <div class="bar" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div class={`fill ${tone}`} style={{ width: `${percent}%` }} />
    </div>
  )
}

export function Fact({
  label,
  children,
  tone,
}: {
  readonly label: string
  readonly children: ComponentChildren
  readonly tone?: Tone
}) {
  return (
    <div class="fact">
      <dt>{label}</dt>
      <dd class={tone}>{children}</dd>
    </div>
  )
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="state" role="status">
      Loading {what} …
    </p>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="state">{children}</div>
}

export function Failure({ error, again }: { readonly error: unknown; readonly again?: () => void }) {
  const { message } = error instanceof Error ? error : new Error(String(error))
  const hint = error instanceof Refused ? error.hint : undefined
  return (
    <div class="state bad" role="alert">
      <strong>{message}</strong>
      {hint && <p>{hint}</p>}
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}
