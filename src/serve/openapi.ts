import { description, serveApp } from './app.ts'
import { Doorkeeper } from './guard/who.ts'
import { Metrics } from './metrics.ts'
import { remoteRoutes } from './reindex/remote-routes.ts'
import { RemoteRules } from './reindex/remote-rules.ts'
import { Comparisons } from './runs/comparisons.ts'
import { Connections } from './runs/connections.ts'
import { Runs } from './runs/runs.ts'
import { Migrations } from './watch/migrations.ts'

/** The document of /openapi.json, without a server. */
export function openapiDocument(): object {
  const nowhere = '/nonexistent'
  const migrations = new Migrations(nowhere)
  const connections = new Connections(nowhere, {})
  const app = serveApp({
    migrations,
    connections,
    runs: new Runs({ migrations, connections, seen: cluster => cluster, onEnd: () => undefined }),
    comparisons: new Comparisons(),
    metrics: new Metrics(migrations),
    doorkeeper: new Doorkeeper({ tokens: [] }, () => 0),
    hosts: new Set(),
    audit: () => undefined,
    mount: [app => app.route('/api/v1', remoteRoutes(new RemoteRules(nowhere, [], {})))],
    onRefused: () => undefined,
    onError: () => undefined,
  })
  return app.getOpenAPI31Document(description)
}
