import { describe, expect, test } from 'vitest'
import type { ClusterNames } from '../metadata/names.ts'
import { selectIndices } from './select.ts'

function plain(name: string, hidden = false): ClusterNames['indices'][number] {
  return { name, open: true, hidden }
}

const names: ClusterNames = {
  indices: [
    plain('cities'),
    plain('logs-1'),
    plain('logs-2'),
    plain('logs-old'),
    plain('secret', true),
    plain('.kibana_1'),
    plain('.ds-events-000001', true),
    plain('.ds-.watch-000001', true),
  ],
  aliases: [
    { name: 'logs', indices: ['logs-1', 'logs-2'] },
    { name: '.kibana', indices: ['.kibana_1'] },
    { name: 'visible', indices: ['secret'] },
  ],
  dataStreams: [
    { name: 'events', indices: ['.ds-events-000001'] },
    { name: '.watch', indices: ['.ds-.watch-000001'] },
  ],
}

function select(patterns: readonly string[], includeSystem = false): string[] {
  return selectIndices(names, patterns, includeSystem).indices.map(index => index.name)
}

describe('selectIndices', () => {
  test('no pattern means all but system and hidden indices; data streams count by their own name', () => {
    expect(select([])).toEqual(['.ds-events-000001', 'cities', 'logs-1', 'logs-2', 'logs-old'])
    expect(selectIndices(names, ['*'], false).skipped.map(({ index }) => index)).toEqual([
      '.ds-.watch-000001',
      '.kibana_1',
      'secret',
    ])
  })

  test('with includeSystem everything that matches', () => {
    expect(select(['*'], true)).toHaveLength(names.indices.length)
  })

  test('what is named in full is taken, also through an alias or data stream', () => {
    expect(select(['.kibana_1'])).toEqual(['.kibana_1'])
    expect(select(['.kibana'])).toEqual(['.kibana_1'])
    expect(select(['secret'])).toEqual(['secret'])
    expect(select(['.watch'])).toEqual(['.ds-.watch-000001'])
    expect(select(['logs'])).toEqual(['logs-1', 'logs-2'])
    expect(select(['event*'])).toEqual(['.ds-events-000001'])
  })

  test('exclusions work from left to right and the later one wins', () => {
    expect(select(['logs-*,-logs-old'])).toEqual(['logs-1', 'logs-2'])
    expect(select(['logs-*', '-logs-*', 'logs-1'])).toEqual(['logs-1'])
    expect(select(['-logs', '-events'])).toEqual(['cities', 'logs-old'])
    expect(selectIndices(names, ['logs-*', '-logs-old'], false).skipped).toEqual([
      { index: 'logs-old', reason: 'taken out by -logs-old' },
    ])
  })

  test('a dot and other letters of a pattern mean themselves', () => {
    expect(() => select(['logs.*'])).toThrow(expect.objectContaining({ code: 'nothing-selected' }))
    expect(select(['*s-*d'])).toEqual(['logs-old'])
  })

  test('a name that nothing has is an error that names the nearest ones', () => {
    expect(() => select(['citis'])).toThrow(expect.objectContaining({ code: 'index-unknown', hint: 'Did you mean cities?' }))
    expect(() => select(['*', '-logs-9'])).toThrow(expect.objectContaining({ code: 'index-unknown' }))
  })

  test('an empty selection says what was left out and why', () => {
    expect(() => select(['.kib*'])).toThrow(
      expect.objectContaining({ code: 'nothing-selected', hint: expect.stringContaining('--include-system') }),
    )
    expect(() => selectIndices({ indices: [], aliases: [], dataStreams: [] }, [], false)).toThrow(
      expect.objectContaining({ code: 'nothing-selected' }),
    )
  })
})
