import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ModelFiles } from '../engine/index.ts'
import { demoModel } from '../testing/engineRequests.ts'
import { ALWAYS, END, SWITCHED, scriptedModel } from '../testing/scriptedModel.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { ask } from './ask.ts'

const folder = tempFolder()
const special = ['<think>', '</think>']
const ANSWER = ['\n\n', 'It', ' is', ' red', '.', END]
let switched: ModelFiles
let endless: ModelFiles
let always: ModelFiles
beforeAll(() => {
  const says = [['\n', 'Let', ' me', ' see', '!', '</think>', '\n\n'], ANSWER]
  switched = scriptedModel(folder.path, 'switched', { says, template: SWITCHED, special })
  always = scriptedModel(folder.path, 'always', { says, template: ALWAYS, special })
  endless = scriptedModel(folder.path, 'endless', {
    says: [['\n', 'Hm', ' so', 'Hm'], ANSWER],
    template: SWITCHED,
    special,
  })
})
afterAll(() => folder.remove())

/** Runs `sightline ask` with a model; what it wrote and its exit code. `isTerminal`: standard error is one. */
async function run({ textPath, projectorPath }: ModelFiles, argv: readonly string[], isTerminal = false) {
  let out = ''
  let err = ''
  const was = process.stderr.isTTY
  process.stderr.isTTY = isTerminal
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  try {
    const code = await ask(['--model', textPath, '--mmproj', projectorPath!, ...argv, 'What is it?'])
    return { code, out, err }
  } finally {
    vi.restoreAllMocks()
    process.stderr.isTTY = was
  }
}

describe('sightline ask --thinking', () => {
  test('is off unless it is asked for: the model answers at once', async () => {
    expect(await run(switched, [])).toEqual({ code: 0, out: 'It is red.\n', err: '' })
  })

  test('on has the model think; standard output is the answer alone, and a terminal shows the thought, dimmed', async () => {
    expect(await run(switched, ['--thinking', 'on'])).toEqual({ code: 0, out: 'It is red.\n', err: '' })
    const { out, err } = await run(switched, ['--thinking', 'on'], true)
    expect(out).toBe('It is red.\n')
    const dim = err.matchAll(/\u001b\[2m([^\u001b]*)\u001b\[22m/g)
    expect([...dim].map(([, text]) => text).join('')).toBe('Let me see!\n\n')
    expect(err.replace(/\u001b\[2m[^\u001b]*\u001b\[22m/g, '')).toBe('')
  })

  test('with --json the thought is a field of its own, and its tokens are told; without one neither is there', async () => {
    const { out } = await run(switched, ['--thinking', 'on', '--json'])
    expect(JSON.parse(out)).toMatchObject({
      text: 'It is red.',
      reasoning: 'Let me see!',
      usage: { completion_tokens: 10, reasoning_tokens: 5 },
    })
    const without = await run(switched, ['--json'])
    expect(without.out).not.toContain('reasoning')
  })

  test('--thinking-budget closes a thought; --max-tokens counts the answer after it, and so does the note', async () => {
    const { out, err } = await run(endless, ['--thinking', 'on', '--thinking-budget', '4', '--max-tokens', '3'])
    expect(out).toBe('It is\n')
    expect(err).toBe('The answer is cut off at the longest answer of 3 tokens. --max-tokens raises it.\n')
  })

  test('what a model cannot be told is said', async () => {
    expect((await run(always, ['--thinking', 'off'])).err).toMatch(/always thinks first.*--thinking-budget/)
    expect((await run(always, [])).err).toBe('')
    expect((await run(demoModel, ['--thinking', 'on', '--max-tokens', '1'])).err).toMatch(/no switch for thinking/)
  })

  test.each([
    [['--thinking', 'maybe'], '--thinking wants on or off, not "maybe"'],
    [['--thinking-budget', '0'], 'at least 1'],
    [['--thinking', 'on', '--raw'], 'without a chat template'],
  ])('%j is bad usage', async (argv, message) => {
    const { code, out, err } = await run(switched, argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })
})
