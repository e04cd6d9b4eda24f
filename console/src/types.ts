import type { z } from '@hono/zod-openapi'
import type { migrationSchema, problemSchema, summarySchema } from '../../src/serve/api/schemas.ts'

export type Summary = z.infer<typeof summarySchema>
export type Migration = z.infer<typeof migrationSchema>
export type Problem = z.infer<typeof problemSchema>

/** A connection that the server knows by name. */
export interface KnownConnection {
  readonly name: string
  readonly url: readonly string[]
}

export interface Finding {
  readonly check: string
  readonly about: string
  readonly severity: 'ok' | 'info' | 'warning' | 'unknown' | 'error'
  readonly message: string
  readonly remedy?: string
}

/** What steering did, or would do. */
export interface Done {
  readonly steps: readonly string[]
  readonly conditions: readonly {
    readonly what: string
    readonly holds: boolean
    readonly seen: string
    readonly remedy?: string
  }[]
  readonly migration: Summary
}

export interface Event {
  readonly number: number
  readonly at: string
  readonly type: string
  readonly [key: string]: unknown
}

/** Of each round, runs of equal states: `s12p3`. */
export interface IndexPartitions {
  readonly index: string
  readonly rounds: readonly {
    readonly round: number
    readonly closed: boolean
    readonly partitions: number
    readonly settled: number
    readonly states: string
  }[]
}

export interface SetAside {
  readonly reasons: readonly {
    readonly index: string
    readonly type: string
    readonly reason: string
    readonly documents: number
  }[]
  readonly documents: readonly {
    readonly index: string
    readonly id: string
    readonly type: string
    readonly reason: string
    readonly source?: string
  }[]
  readonly next: number | null
}
