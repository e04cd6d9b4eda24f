import { json } from '../cluster/json.ts'
import { attempted } from './check.ts'
import type { Check } from './check.ts'

const smallBytes = 10 * 1024 ** 2

/** The largest request each target node takes: no document can be larger, whatever the size of a batch. */
export const httpLimit: Check = {
  id: 'http-limit',
  title: "largest request of the target's nodes",
  code: 'unsupported',
  run: async ({ target }, signal) =>
    await attempted('http-limit', 'target', async () => {
      const answer = await json<{ nodes?: Readonly<Record<string, { http?: { max_content_length_in_bytes?: number } }>> }>(
        target,
        {
          method: 'GET',
          path: '/_nodes/http',
          query: { filter_path: 'nodes.*.http.max_content_length_in_bytes' },
          signal,
        },
      )
      const limits = Object.values(answer.nodes ?? {}).flatMap(node => node.http?.max_content_length_in_bytes ?? [])
      if (limits.length === 0) {
        const message = 'No node told its http.max_content_length.'
        return [{ about: 'target', severity: 'unknown', message, remedy: 'GET /_nodes/http' }]
      }
      const least = Math.min(...limits)
      const size = `${Math.floor(least / 1024 ** 2)} MB`
      if (least >= smallBytes) return [{ about: 'target', severity: 'info', message: `Takes requests of up to ${size}.` }]
      const file = target.identity.flavor === 'elasticsearch' ? 'elasticsearch.yml' : 'opensearch.yml'
      return [
        {
          about: 'target',
          severity: 'warning',
          message: `A node takes no request above ${size}: larger documents are set aside.`,
          remedy: `In ${file} of every target node, then restart it: http.max_content_length: 100mb`,
        },
      ]
    }),
}
