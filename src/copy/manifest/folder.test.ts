import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { samplePartitions } from '../../journal/sample-entries.test-part.ts'
import { joinManifests } from './folder.ts'

test('where one of the manifests to be joined is gone, nothing of the joined one stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { first, second } = samplePartitions
  expect(() => joinManifests(folder, 'seq-no', [{ partition: first, listed: 2 }], second)).toThrow(/it is not there/)
  expect(readdirSync(folder)).toEqual([])
})
