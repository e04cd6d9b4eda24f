/** The oldest version of each product that has the feature; a product that never had it is left out. */
interface Since {
  elasticsearch?: string
  opensearch?: string
}

/**
 * What a cluster of the lab may lack, in the order of the table in lab/README.md. What every one can do (indices, bulk,
 * search, scroll, aliases, templates) is not here: lab/verify/promises.ts has it.
 */
export const features = {
  security: { elasticsearch: '5.0', opensearch: '1.0' },
  'API keys': { elasticsearch: '6.7' },
  'licence API': { elasticsearch: '5.0' },
  'index lifecycle': { elasticsearch: '6.6', opensearch: '1.0' },
  'data streams': { elasticsearch: '7.9', opensearch: '1.0' },
  'composable templates': { elasticsearch: '7.8', opensearch: '1.0' },
  'point in time': { elasticsearch: '7.10', opensearch: '2.4' },
  'sequence numbers in hits': { elasticsearch: '6.7', opensearch: '1.0' },
  reindex: { elasticsearch: '5.0', opensearch: '1.0' },
  'reindex from remote': { elasticsearch: '5.0', opensearch: '1.0' },
  'update and delete by query': { elasticsearch: '5.0', opensearch: '1.0' },
  Painless: { elasticsearch: '5.0', opensearch: '1.0' },
  'ingest processors': { elasticsearch: '5.0', opensearch: '1.0' },
  'search templates': { elasticsearch: '5.0', opensearch: '1.0' },
  'language analyzers': { elasticsearch: '5.0', opensearch: '1.0' },
  scaled_float: { elasticsearch: '5.0', opensearch: '1.0' },
  'join fields': { elasticsearch: '6.0', opensearch: '1.0' },
  percolator: { elasticsearch: '5.0', opensearch: '1.0' },
  'wildcard fields': { elasticsearch: '7.9', opensearch: '2.15' },
  'flat objects': { elasticsearch: '7.3', opensearch: '2.7' },
  vectors: { elasticsearch: '7.0', opensearch: '1.0' },
  'best compression': { elasticsearch: '5.0', opensearch: '1.0' },
  'synthetic source': { elasticsearch: '8.4', opensearch: '3.2' },
  logsdb: { elasticsearch: '8.17' },
  snapshots: { elasticsearch: '5.0', opensearch: '1.0' },
} as const satisfies Record<string, Since>

export type Feature = keyof typeof features

export const featureNames = Object.keys(features) as Feature[]

/** True if servers of this product and version have the feature, as their makers distribute them. */
export function versionHas(feature: Feature, product: 'elasticsearch' | 'opensearch', version: string): boolean {
  const since: Since = features[feature]
  const first = since[product]
  if (first === undefined) return false
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [firstMajor = 0, firstMinor = 0] = first.split('.').map(Number)
  return major > firstMajor || (major === firstMajor && minor >= firstMinor)
}
