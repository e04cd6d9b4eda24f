import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askHidden, parseSecretRef, resolveSecret } from './secret-ref.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardferry-secret-'))
const places = { env: { PW: 'hunter2', NONE: '' }, folder, ask: undefined }

test.each(['', 'hunter2', 'env:', 'env:A B', 'file:', 'Prompt', 'prompt '])('%j is no reference', text => {
  expect(parseSecretRef(text)).toBeUndefined()
})

test('an environment variable gives its value; one that is not set or empty is missing', async () => {
  expect((await resolveSecret({ from: 'env', name: 'PW' }, 'password', places)).reveal()).toBe('hunter2')
  for (const name of ['NONE', 'OTHER'])
    await expect(resolveSecret({ from: 'env', name }, 'password', places)).rejects.toMatchObject({ code: 'secret-missing' })
})

test('a file gives its content without the line end; one that is not there or empty is missing', async () => {
  writeFileSync(join(folder, 'pw'), ' hunter2 \r\n')
  writeFileSync(join(folder, 'empty'), '\n')
  expect((await resolveSecret({ from: 'file', path: 'pw' }, 'password', places)).reveal()).toBe(' hunter2 ')
  for (const path of ['empty', 'gone'])
    await expect(resolveSecret({ from: 'file', path }, 'password', places)).rejects.toMatchObject({ code: 'secret-missing' })
})

test('a prompt without a terminal is missing', async () => {
  await expect(resolveSecret({ from: 'prompt' }, 'password', places)).rejects.toMatchObject({ code: 'secret-missing' })
})

function terminal(): { input: PassThrough; shown: () => string; output: PassThrough } {
  const input = new PassThrough()
  const output = new PassThrough()
  const written: string[] = []
  output.on('data', (chunk: Buffer) => written.push(chunk.toString()))
  return { input, output, shown: () => written.join('') }
}

test('what is typed in is not shown', async () => {
  const { input, output, shown } = terminal()
  const answer = askHidden('Password: ', input, output)
  input.write('hunter2\r')
  expect(await answer).toBe('hunter2')
  expect(shown()).toBe('Password: \n')
})

test('Ctrl-C and an aborted signal stop, Ctrl-D gives nothing', async () => {
  const first = terminal()
  const stopped = askHidden('?', first.input, first.output)
  first.input.write('\u0003')
  await expect(stopped).rejects.toMatchObject({ code: 'stopped' })

  const second = terminal()
  const controller = new AbortController()
  const aborted = askHidden('?', second.input, second.output, controller.signal)
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ code: 'stopped' })

  const third = terminal()
  const ended = askHidden('?', third.input, third.output)
  third.input.write('\u0004')
  expect(await ended).toBe('')
})
