import { once } from 'node:events'
import { serve as start } from '../../serve/serve.ts'
import type { ServeSettings } from '../../settings/serve-settings.ts'
import { print } from '../output.ts'

/** `shardferry serve`: answers until it is stopped. */
export async function serve(settings: ServeSettings, signal: AbortSignal): Promise<number> {
  await using server = await start(settings)
  print(`Serving the migrations in ${settings.stateFolder} at ${server.url}`)
  if (server.open)
    print(
      'Everybody on this machine may steer them: there is no token. Give one with SHARDFERRY_SERVE_ADMIN_TOKEN, or --serve-admin-token file:PATH.',
    )
  if (!signal.aborted) await once(signal, 'abort')
  return 0
}
