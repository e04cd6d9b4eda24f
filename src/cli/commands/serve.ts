import { once } from 'node:events'
import { realWorld } from '../../assemble.ts'
import { RemoteRules } from '../../serve/reindex/remote-rules.ts'
import { remoteRoutes } from '../../serve/reindex/remote-routes.ts'
import { startReindexServer } from '../../serve/reindex/start.ts'
import { serve as start } from '../../serve/serve.ts'
import type { ServeSettings } from '../../settings/serve-settings.ts'
import { print } from '../output.ts'

/** `shardferry serve`: answers until it is stopped. */
export async function serve(settings: ServeSettings, signal: AbortSignal): Promise<number> {
  const { reindex, stateFolder, connections } = settings
  const { target } = connections
  const rules = reindex && new RemoteRules(stateFolder, reindex.remotes, connections)
  await using server = await start(settings, rules ? [app => app.route('/api/v1', remoteRoutes(rules))] : [])
  print(`Serving the migrations in ${stateFolder} at ${server.url}`)
  if (server.open)
    print(
      'Everybody on this machine may steer them: there is no token. Give one with SHARDFERRY_SERVE_ADMIN_TOKEN, or --serve-admin-token file:PATH.',
    )
  await using open = new AsyncDisposableStack()
  if (reindex && rules && target) {
    const { host, port, copy } = reindex
    const { tls } = settings
    const world = realWorld(process.env)
    const api = await startReindexServer({ target, stateFolder, remotes: rules.remotes, copy, world, host, port, tls })
    open.defer(() => api.close())
    print(`Reindex API of ${target.addresses.join(', ')} at ${api.url}, from ${rules.texts.join(', ') || 'nowhere yet'}`)
    for (const problem of api.problems) print(`Not gone on with: ${problem}`)
  }
  if (!signal.aborted) await once(signal, 'abort')
  return 0
}
