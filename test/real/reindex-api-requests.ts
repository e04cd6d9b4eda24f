/**
 * Requests that are sent to a cluster and to the server in front of it: what is answered and what is then there must be
 * the same. `$HOST` is a remote that may be read from, `$DEST` an index of the request's own.
 */
export interface ReindexRequest {
  readonly what: string
  readonly method: string
  readonly path: string
  /** Text goes as it is. */
  readonly body?: object | string
  readonly type?: string
  /** Sent to the cluster before, in order: method, path, body. */
  readonly before?: readonly (readonly [method: 'PUT' | 'POST', path: string, body: object])[]
}

const remote = { host: '$HOST' }
const people = { remote, index: 'people' }
const dest = { index: '$DEST' }

type Before = NonNullable<ReindexRequest['before']>
const has = (...ids: string[]): Before => ids.map(id => ['PUT', `/$DEST/_doc/${id}`, { there: true }] as const)
const mapped = (properties: object, dynamic: boolean | 'strict' = true): Before => [
  ['PUT', '/$DEST', { mappings: { dynamic, properties } }],
]

function reindex(what: string, body: object | string, query = '', before: Before = []): ReindexRequest {
  return { what, method: 'POST', path: `/_reindex${query}`, body, before }
}

/** One request for each value, in a place of the body. */
function each(place: string, values: readonly unknown[], put: (value: unknown) => object): ReindexRequest[] {
  return values.map(value => reindex(`${place}: ${JSON.stringify(value)}`, put(value)))
}
const inSource = (key: string, ...values: readonly unknown[]): ReindexRequest[] =>
  each(`source.${key}`, values, value => ({ source: { ...people, [key]: value }, dest }))
const inDest = (key: string, ...values: readonly unknown[]): ReindexRequest[] =>
  each(`dest.${key}`, values, value => ({ source: people, dest: { ...dest, [key]: value } }))
const inRemote = (key: string, ...values: readonly unknown[]): ReindexRequest[] =>
  each(`remote.${key}`, values, value => ({ source: { index: 'people', remote: { ...remote, [key]: value } }, dest }))
const inBody = (key: string, ...values: readonly unknown[]): ReindexRequest[] =>
  each(key, values, value => ({ source: people, dest, [key]: value }))
const inQuery = (key: string, ...values: readonly string[]): ReindexRequest[] =>
  values.map(value => reindex(`?${key}=${value}`, { source: people, dest }, `?${key}=${encodeURIComponent(value)}`))

const one = { term: { n: 1 } }
const sorted = { ...people, sort: [{ n: 'desc' }] }

export const requests: readonly ReindexRequest[] = [
  reindex('plain', { source: people, dest }),
  reindex('over what is there', { source: people, dest }, '', has('1', '2', 'mine')),
  ...inSource('index', 'people,numbers', ['people', 'numbers'], 'num*', '_all', '*', 'everyone', 'evens', 'stream*', 'empty'),
  ...inSource('index', 'absent', ['people', 'absent'], 'absent*', 'shut', '', [], [''], 'a b', '-people', '<people>', 7, null),
  ...inSource('index', ['people,numbers'], ['numbers', '-numbers'], 'UPPER', 'people/_doc', '_people', ['people', 'people']),
  ...inSource(
    'query',
    { match_all: {} },
    one,
    { range: { n: { gte: 3, lt: 6 } } },
    { match_none: {} },
    { ids: { values: ['1', '3'] } },
  ),
  ...inSource(
    'query',
    { bool: { must_not: [one] } },
    { exists: { field: 'absent' } },
    { term: { absent: 1 } },
    { query_string: { query: 'n:1' } },
  ),
  ...inSource('query', {}, { foo: {} }, { match: {} }, { term: { n: 'x' } }, { range: { n: { foo: 2 } } }, [], 'n:1', 5, null),
  ...inSource('size', 1, 5, 10_000, 10_001, 0, -1, 'a', '3', 1.5, null),
  ...inSource(
    '_source',
    ['n'],
    'name',
    'n*',
    { includes: ['n', 'tags'] },
    { excludes: ['n'] },
    { includes: ['*'], excludes: ['name'] },
  ),
  ...inSource('_source', true, false, [], {}, 5, { foo: [] }, 'absent', null),
  ...inSource('slice', { id: 0, max: 2 }, { id: 1 }),
  ...inSource('sort', 'n', [{ n: 'desc' }], { n: { order: 'asc' } }, 'absent', 5, []),
  ...inSource('foo', 1, {}, [], 'x', null),
  ...inSource('from', 1),
  ...inSource('type', '_doc'),
  ...inSource('runtime_mappings', { x: { type: 'long' } }),
  ...inDest('op_type', 'index', 'create', 'CREATE', 'update', '', 5, null),
  ...inDest('version_type', 'internal', 'external', 'external_gt', 'external_gte', 'EXTERNAL', 'force', '', 1),
  ...inDest('routing', 'keep', 'discard', '=all', '=', 'all', '', 5, null),
  ...inDest('pipeline', 'marks', 'absent', 'fails', '_none', 5),
  ...inDest('index', '', 'UPPER', '_x', 'a,b', '*', 7, null, '<$DEST-{2020-01-01||/d}>'),
  ...inDest('foo', 1),
  ...inRemote('host', 'localhost:9200', 'http://', 'http://x', 'x', '', 5, null, 'ftp://a:1', 'http://127.0.0.1', 'http://$HOST'),
  ...inRemote(
    'host',
    'http://elsewhere.example:9200',
    'https://127.0.0.1:1/prefix',
    'http://[::1]:9200',
    'http://a:99999',
    'http://a:b',
  ),
  ...inRemote('username', 'someone', 5, null),
  ...inRemote('password', 'only'),
  ...inRemote('headers', {}, { 'X-Test': '1' }, { 'X-Test': 5 }, [], 'x', null),
  ...inRemote('socket_timeout', '1m', '10s', '0s', '-1', 'soon', 5),
  ...inRemote('connect_timeout', '1m', 'soon'),
  ...inRemote('foo', 1, null),
  ...inRemote('api_key', 'x'),
  ...inBody('conflicts', 'proceed', 'abort', 'ignore', 5, null),
  ...inBody('max_docs', 10_000, -1, 0, -2, 'a', '3', 1.5, null),
  ...inBody('size', 10_000, -1, 0),
  ...inBody('foo', 1),
  ...inBody(
    'source',
    {},
    [],
    'x',
    null,
    { index: 'people', remote: {} },
    { index: 'people', remote: null },
    { index: 'people', remote: [] },
  ),
  ...inBody('dest', {}, [], 'x', null),
  reindex('max_docs takes the first in order', { source: sorted, dest, max_docs: 3 }),
  reindex('max_docs over several pages', { source: { ...sorted, size: 2 }, dest, max_docs: 5 }),
  reindex('max_docs in the query', { source: sorted, dest }, '?max_docs=2'),
  reindex('max_docs twice', { source: sorted, dest, max_docs: 3 }, '?max_docs=2'),
  reindex('max_docs and size', { source: sorted, dest, max_docs: 3, size: 2 }),
  ...inQuery('max_docs', '-1', '0', 'a'),
  ...inQuery('refresh', 'true', 'false', '', 'maybe'),
  ...inQuery('wait_for_completion', 'true', '', 'maybe'),
  ...inQuery('requests_per_second', '-1', '10000', '1000.5', '0', '-2', 'a', ''),
  ...inQuery('slices', '1', '2', 'auto', '0', '-1', 'a', ''),
  ...inQuery('timeout', '30s', 'soon'),
  ...inQuery('wait_for_active_shards', '1', 'all', 'a'),
  ...inQuery('scroll', '1m', 'soon'),
  ...inQuery('require_alias', 'true', 'false', 'maybe'),
  ...inQuery('pipeline', 'marks'),
  ...inQuery('foo', '1'),
  ...inQuery('pretty', 'true'),
  reindex('slices given twice', { source: people, dest }, '?slices=1&slices=1'),
  reindex('create, some are there', { source: people, dest: { ...dest, op_type: 'create' } }, '', has('1', '2')),
  reindex(
    'create, some are there, go on',
    { source: people, dest: { ...dest, op_type: 'create' }, conflicts: 'proceed' },
    '',
    has('1', '2'),
  ),
  reindex('create with external versions', { source: people, dest: { ...dest, op_type: 'create', version_type: 'external' } }),
  reindex('external, older is there', { source: people, dest: { ...dest, version_type: 'external' } }, '', [
    ['PUT', '/$DEST/_doc/2?version=1&version_type=external', { there: true }],
  ]),
  reindex('external, newer is there', { source: people, dest: { ...dest, version_type: 'external' }, conflicts: 'proceed' }, '', [
    ['PUT', '/$DEST/_doc/1?version=900&version_type=external', { there: true }],
    ['PUT', '/$DEST/_doc/2?version=3&version_type=external', { there: true }],
  ]),
  reindex('external_gte, same is there', { source: people, dest: { ...dest, version_type: 'external_gte' } }, '', [
    ['PUT', '/$DEST/_doc/2?version=3&version_type=external', { there: true }],
  ]),
  reindex('refused by the mapping', { source: people, dest }, '', mapped({ name: { type: 'long' } })),
  reindex(
    'refused by the mapping, go on',
    { source: people, dest, conflicts: 'proceed' },
    '',
    mapped({ name: { type: 'long' } }),
  ),
  reindex('some refused by the mapping', { source: people, dest }, '', mapped({ odd: { type: 'long' } })),
  reindex('strict mapping', { source: people, dest }, '', mapped({ n: { type: 'long' } }, 'strict')),
  reindex('fields that a mapping leaves alone', { source: people, dest }, '', mapped({ n: { type: 'long' } }, false)),
  reindex('routing required', { source: people, dest }, '', [['PUT', '/$DEST', { mappings: { _routing: { required: true } } }]]),
  reindex('a write block', { source: people, dest }, '', [['PUT', '/$DEST', { settings: { 'index.blocks.write': true } }]]),
  reindex('a closed index', { source: people, dest }, '', [
    ['PUT', '/$DEST', {}],
    ['POST', '/$DEST/_close', {}],
  ]),
  reindex('an alias with one index', { source: people, dest }, '', [['PUT', '/$DEST-1', { aliases: { $DEST: {} } }]]),
  reindex('an alias with two indices', { source: people, dest }, '', [
    ['PUT', '/$DEST-1', { aliases: { $DEST: {} } }],
    ['PUT', '/$DEST-2', { aliases: { $DEST: {} } }],
  ]),
  reindex('a write alias', { source: people, dest }, '?require_alias=true', [
    ['PUT', '/$DEST-1', { aliases: { $DEST: {} } }],
    ['PUT', '/$DEST-2', { aliases: { $DEST: { is_write_index: true } } }],
  ]),
  reindex('a default pipeline', { source: people, dest }, '', [
    ['PUT', '/$DEST', { settings: { 'index.default_pipeline': 'marks' } }],
  ]),
  reindex('past a default pipeline', { source: people, dest: { ...dest, pipeline: '_none' } }, '', [
    ['PUT', '/$DEST', { settings: { 'index.default_pipeline': 'marks' } }],
  ]),
  reindex('a pipeline that drops', { source: people, dest: { ...dest, pipeline: 'drops' } }),
  reindex('several shards', { source: { remote, index: 'spread' }, dest }),
  reindex('local', { source: { index: '$DEST-from' }, dest }, '', [
    ['PUT', '/$DEST-from/_doc/1?refresh=true', { n: 1 }],
    ['PUT', '/$DEST-from/_doc/2?refresh=true', { n: 2 }],
  ]),
  reindex('local onto itself', { source: { index: '$DEST' }, dest }, '', has('1')),
  reindex('local with slices', { source: { index: '$DEST-from' }, dest }, '?slices=2&refresh=true', [
    ['PUT', '/$DEST-from/_doc/1?refresh=true', { n: 1 }],
  ]),
  reindex(
    'local with a script',
    { source: { index: '$DEST-from' }, dest, script: { source: 'ctx._source.n = 7', lang: 'painless' } },
    '',
    [['PUT', '/$DEST-from/_doc/1?refresh=true', { n: 1 }]],
  ),
  reindex('local from nowhere', { source: { index: 'absent' }, dest }),
  reindex('a script from remote', { source: people, dest, script: { source: 'ctx._source.n = 7', lang: 'painless' } }),
  reindex('a script that is none', { source: people, dest, script: { source: 'oops(' } }),
  reindex('no body', ''),
  reindex('half a body', '{"source":{"remote":{"host":"$HOST"},"index":"people"}'),
  reindex('a trailing comma', '{"source":{"remote":{"host":"$HOST"},"index":"people",},"dest":{"index":"$DEST"}}'),
  reindex('a key twice', '{"source":{"remote":{"host":"$HOST"},"index":"people","index":"numbers"},"dest":{"index":"$DEST"}}'),
  reindex('a host twice', '{"source":{"remote":{"host":"http://x:1","host":"$HOST"},"index":"people"},"dest":{"index":"$DEST"}}'),
  reindex('an escaped key', String.raw`{"source":{"remote":{"\u0068ost":"$HOST"},"index":"people"},"dest":{"index":"$DEST"}}`),
  reindex(
    'an error on the second line',
    '{"source":{"remote":{"host":"$HOST"},"index":"people"},\n  "dest":{"index":"$DEST","foo":1}}',
  ),
  reindex('a comment', '{/* all */"source":{"remote":{"host":"$HOST"},"index":"people"},"dest":{"index":"$DEST"}}'),
  reindex('an array', '[]'),
  reindex(
    'a number beyond doubles',
    '{"source":{"remote":{"host":"$HOST"},"index":"people","query":{"term":{"n":9007199254740993}}},"dest":{"index":"$DEST"}}',
  ),
  {
    ...reindex('YAML', 'source:\n  remote:\n    host: $HOST\n  index: people\ndest:\n  index: $DEST\n'),
    type: 'application/yaml',
  },
  { ...reindex('text', '{}'), type: 'text/plain' },
  { ...reindex('another type', { source: people, dest }), type: 'application/vnd.elasticsearch+json; compatible-with=8' },
  { what: 'PUT', method: 'PUT', path: '/_reindex', body: { source: people, dest } },
  { what: 'the requests under way', method: 'GET', path: '/_reindex' },
  { what: 'an id that is none', method: 'GET', path: '/_tasks/abc' },
  { what: 'a task nobody knows', method: 'GET', path: '/_tasks/abc:1' },
  { what: 'cancel a task nobody knows', method: 'POST', path: '/_tasks/abc:1/_cancel' },
  { what: 'rethrottle a task nobody knows', method: 'POST', path: '/_reindex/abc:1/_rethrottle?requests_per_second=5' },
  { what: 'rethrottle to nothing', method: 'POST', path: '/_reindex/abc:1/_rethrottle' },
  { what: 'another path', method: 'GET', path: '/$DEST/_search' },
  { what: 'a head', method: 'HEAD', path: '/absent' },
  { what: 'bulk', method: 'POST', path: '/$DEST/_bulk', body: '{"index":{"_id":"1"}}\n{"n":1}\n', type: 'application/x-ndjson' },
  { what: 'a name that is encoded', method: 'PUT', path: '/$DEST/_doc/a%2Fb%20c', body: { n: 1 } },
]

/** Where the server differs on purpose, and why. docs/guide/reindex-api.md tells of the same. */
export const differences: Readonly<Record<string, string>> = {
  '?slices=2': 'servers take no slices from remote',
  '?slices=auto': 'servers take no slices from remote',
  'the requests under way': 'servers before Elasticsearch 9.5 know no GET _reindex',
  'source.index: "a b"': 'a server asks the remote for `a+b`, which is another name',
}
