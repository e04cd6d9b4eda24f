import { distNames } from '../../lab/dists.ts'

/** Two servers of the lab; a name that ends in `+secure` wants TLS and passwords. */
export interface MatrixPair {
  readonly source: string
  readonly target: string
}

const isTarget = (dist: string): boolean => !/^elasticsearch-[56]\./.test(dist)

export const sources: readonly string[] = distNames
export const targets: readonly string[] = distNames.filter(isTarget)

/** Every source is read once, and every target written once. */
const readers = sources.map(source => ({ source, target: 'opensearch-3.8.0' }))
const writers = targets.map(target => ({ source: 'elasticsearch-7.10.2', target }))

/** Across families, upwards and downwards, with TLS and passwords where the lab has them. */
const whole: readonly MatrixPair[] = [
  ['elasticsearch-5.6.16', 'elasticsearch-9.5.3'],
  ['elasticsearch-6.8.9', 'elasticsearch-8.19.21'],
  ['elasticsearch-7.10.2+secure', 'opensearch-2.19.4+secure'],
  ['elasticsearch-7.17.29', 'opensearch-1.3.14'],
  ['elasticsearch-8.19.21+secure', 'opensearch-3.4.0+secure'],
  ['elasticsearch-8.19.21', 'elasticsearch-9.5.3'],
  ['elasticsearch-9.5.3', 'elasticsearch-8.19.21'],
  ['elasticsearch-9.5.3', 'elasticsearch-7.17.29'],
  ['opensearch-1.3.14', 'opensearch-2.19.4'],
  ['opensearch-2.19.4+secure', 'elasticsearch-9.5.3+secure'],
  ['opensearch-3.4.0', 'elasticsearch-7.10.2'],
  ['opensearch-3.8.0', 'elasticsearch-8.19.21'],
  ['opensearch-3.8.0', 'opensearch-1.3.14'],
].map(([source = '', target = '']) => ({ source, target }))

/** What `make matrix` runs; each once, all of a source one after the other. */
export const pairs: readonly MatrixPair[] = [
  ...new Map([...readers, ...writers, ...whole].map(pair => [`${pair.source} ${pair.target}`, pair])).values(),
]
