import { expect, test } from 'vitest'

import { progressFrame } from './progress-frame.ts'
import { sampleIndex, sampleProgress } from '../../model/sample-progress.test.ts'
import { TerminalView } from './terminal-view.ts'

/** A terminal that understands what the view writes: line breaks, cursor up, erase to the end of line and of screen. */
class Screen {
  readonly isTTY = true
  columns = 80
  rows = 24
  cursorShown = true
  lines: string[] = ['']
  #row = 0
  #resized: (() => void) | undefined

  on(_: 'resize', listener: () => void) {
    this.#resized = listener
  }
  off() {
    this.#resized = undefined
  }
  resize(columns: number) {
    this.columns = columns
    this.#resized?.()
  }

  write(text: string) {
    // oxlint-disable-next-line no-control-regex -- the sequences the view writes
    for (const [part] of text.matchAll(/\u001B\[\??\d*[A-Za-z]|\r|\n|[^\u001B\r\n]+/g)) {
      const up = /^\u001B\[(\d+)A$/.exec(part) // oxlint-disable-line no-control-regex
      if (up) this.#row = Math.max(0, this.#row - Number(up[1]))
      else if (part === '\u001B[J') this.lines.splice(this.#row, this.lines.length, '')
      else if (part === '\u001B[?25l') this.cursorShown = false
      else if (part === '\u001B[?25h') this.cursorShown = true
      else if (part === '\n') {
        this.#row++
        this.lines[this.#row] ??= ''
      } else if (part !== '\r' && part !== '\u001B[K') this.lines[this.#row] = part
      else if (part === '\u001B[K' && this.#column === '') this.lines[this.#row] = ''
      this.#column = part === '\u001B[K' || part === '\n' || part === '\r' ? (part === '\u001B[K' ? this.#column : '') : part
    }
  }
  #column = ''
}

const size = { columns: 80, rows: 24, colour: false }

test('a frame is drawn over the one before, also when it is shorter', () => {
  const screen = new Screen()
  const view = new TerminalView(screen, size)
  view.start()
  view.draw(sampleProgress({ indices: Array.from({ length: 9 }, (_, at) => sampleIndex(`i${at}`, 'copying', 1, 9)) }))
  view.draw(sampleProgress())
  expect(screen.lines).toEqual([...progressFrame(sampleProgress(), size), ''])
})

test('messages stay above the frame', () => {
  const screen = new Screen()
  const view = new TerminalView(screen, size)
  view.start()
  view.say('first')
  view.draw(sampleProgress())
  view.say('second\nthird \u001B[2Jline')
  view.draw(sampleProgress())
  expect(screen.lines).toEqual(['first', 'second', 'third  [2Jline', ...progressFrame(sampleProgress(), size), ''])
})

test('the cursor is hidden while drawing and comes back with stop, which leaves the last frame without the keys', () => {
  const screen = new Screen()
  const before = process.listenerCount('exit')
  const view = new TerminalView(screen, size)
  view.start()
  view.start()
  view.draw(sampleProgress())
  expect([screen.cursorShown, process.listenerCount('exit')]).toEqual([false, before + 1])
  view.stop()
  view.stop()
  expect([screen.cursorShown, process.listenerCount('exit')]).toEqual([true, before])
  expect(screen.lines).toEqual([...progressFrame(sampleProgress(), { ...size, keys: false }), ''])
})

test('a resize draws the frame in the new size at once', () => {
  const screen = new Screen()
  const view = new TerminalView(screen, size)
  view.start()
  view.draw(sampleProgress())
  screen.resize(120)
  expect(screen.lines).toEqual([...progressFrame(sampleProgress(), { ...size, columns: 120 }), ''])
})

test('a terminal that became narrower has wrapped the old frame: all of its rows are drawn over', () => {
  let written = ''
  const stream = { columns: 80, rows: 24, write: (text: string) => void (written = text) }
  const view = new TerminalView(stream, size)
  view.start()
  view.draw(sampleProgress())
  const lines = progressFrame(sampleProgress(), size)
  stream.columns = 50
  view.draw(sampleProgress())
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 50)), 0)
  expect(written.startsWith(`\u001B[${rows}A\r`)).toBe(true)
  view.stop()
})
