/** Undefined inside of one of the windows, and where there are none; otherwise when the next one opens, such as `22:00`. */
export function opensAt(windows: readonly string[], minuteOfDay: number): string | undefined {
  const all = windows.map(minutesOf)
  if (all.length === 0 || all.some(window => holds(window, minuteOfDay))) return undefined
  const waits = all.map(({ from }) => (from - minuteOfDay + minutesOfDay) % minutesOfDay)
  return clockText(minuteOfDay + Math.min(...waits))
}

const minutesOfDay = 24 * 60

interface Window {
  readonly from: number
  /** Not included. */
  readonly to: number
}

/** `22:00-06:00` goes over midnight; `06:00-06:00` is the whole day. */
function minutesOf(window: string): Window {
  const [from = 0, to = 0] = window.split('-').map(text => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number)
    return 60 * hours + minutes
  })
  return { from, to }
}

function holds({ from, to }: Window, minute: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

function clockText(minute: number): string {
  const of = minute % minutesOfDay
  return [Math.floor(of / 60), of % 60].map(part => String(part).padStart(2, '0')).join(':')
}
