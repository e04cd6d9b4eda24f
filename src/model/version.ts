export type Flavor = 'elasticsearch' | 'opensearch'

export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

/** What a cluster is, as its root endpoint tells. */
export interface Identity {
  readonly flavor: Flavor
  readonly version: Version
  readonly clusterName: string
  readonly clusterUuid: string
}

/** `7.10.2`, `8.0.0-rc1`, `2.19.4-SNAPSHOT`; undefined where it is no version. */
export function parseVersion(text: string): Version | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(text)
  return parts ? { major: Number(parts[1]), minor: Number(parts[2]), patch: Number(parts[3]) } : undefined
}

export function formatVersion(version: Version): string {
  return `${version.major}.${version.minor}.${version.patch}`
}

export function atLeast(version: Version, major: number, minor = 0): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}

/** `Elasticsearch 7.10.2` */
export function describeIdentity(identity: Pick<Identity, 'flavor' | 'version'>): string {
  return `${identity.flavor === 'elasticsearch' ? 'Elasticsearch' : 'OpenSearch'} ${formatVersion(identity.version)}`
}
