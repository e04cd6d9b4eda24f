import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { sampleProgress } from '../model/sample-progress.test.ts'
import { holder } from '../journal/sample-entries.test-part.ts'
import { migrationIn, served } from './serving.test-part.ts'

test('metrics tell how each migration stands, whoever runs it', async () => {
  const { get, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  journal.hold(holder)
  journal.publish(sampleProgress({ throttleReason: 'target: 92 % CPU' }))
  const answer = await get('/metrics')
  expect(answer.headers.get('content-type')).toContain('text/plain')
  const text = await answer.text()
  expect(text).toContain('shardferry_migration_state{migration="m",state="running"} 1')
  expect(text).toContain('shardferry_throttled{migration="m",reason="target: # % CPU"} 1')
  expect(text).toMatch(/shardferry_documents_total\{migration="m",fate="written"\} \d+/)
  expect(text).toContain('# TYPE shardferry_request_duration_seconds histogram')
  expect((await get('/metrics')).status).toBe(200)
})

test('the dashboard and the alert rules ask for nothing that is not told', async () => {
  const { get } = await served()
  const told = new Set([...(await (await get('/metrics')).text()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  const asked = (text: string): string[] =>
    [...text.matchAll(/shardferry_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')).filter(name => !told.has(name))
  const file = (name: string): string => readFileSync(new URL(`../../docs/operations/${name}`, import.meta.url), 'utf8')
  const dashboard = file('grafana-dashboard.json')
  const { panels } = JSON.parse(dashboard) as { panels: { targets: unknown[] }[] }
  const { groups } = parse(file('alerts.yml')) as { groups: { rules: { alert: string; expr: string; annotations: object }[] }[] }
  expect(panels.length).toBeGreaterThan(5)
  expect(groups.flatMap(({ rules }) => rules).every(({ alert, expr }) => alert.startsWith('Shardferry') && expr !== '')).toBe(
    true,
  )
  expect([...asked(dashboard), ...asked(groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join('\n'))]).toEqual([])
})
