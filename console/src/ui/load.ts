import { useEffect, useState } from 'preact/hooks'
import { get } from '../api.ts'

export interface Loaded<T> {
  readonly value: T | undefined
  readonly error: unknown
  readonly again: () => void
}

/** What is at a path, asked for anew when `when` changes; what was there before stays in sight meanwhile. */
export function useLoaded<T>(path: string, when?: unknown): Loaded<T> {
  const [turn, setTurn] = useState(0)
  const [loaded, setLoaded] = useState<{ readonly path: string; readonly value?: T; readonly error?: unknown }>({ path })
  useEffect(() => {
    const abort = new AbortController()
    get<T>(path, abort.signal).then(
      value => setLoaded({ path, value }),
      (error: unknown) => abort.signal.aborted || setLoaded(before => ({ ...before, path, error })),
    )
    return () => abort.abort()
  }, [path, when, turn])
  const current = loaded.path === path ? loaded : undefined
  return { value: current?.value, error: current?.error, again: () => setTurn(turn + 1) }
}
