import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ModelFiles } from '../engine/index.ts'
import { samplePath } from '../testing/engineRequests.ts'
import { END, SWITCHED, scriptedModel } from '../testing/scriptedModel.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { ask } from './ask.ts'

const folder = tempFolder()
let olmocr: ModelFiles
let plain: ModelFiles
let own: string
beforeAll(() => {
  const special = ['<think>', '</think>']
  const says = [
    ['\n', 'Hm', '</think>', '\n\n'],
    ['\n\n', 'It', ' is', ' red', '.', ' STOP', ' more', END],
  ]
  olmocr = scriptedModel(folder.path, 'olmOCR 2 7B 1025', { says, template: SWITCHED, special })
  plain = scriptedModel(folder.path, 'plain', { says, template: SWITCHED, special })
  own = join(folder.path, 'own.json')
  const jobs = [
    { id: 'find', label: 'Find', prompt: 'Find {text}.' },
    { id: 'read', label: 'Read', prompt: 'Read the whole page from top to bottom, please.' },
    { id: 'page', label: 'Read the page', prompt: 'Read.', pages: 'each' },
  ]
  writeFileSync(own, JSON.stringify({ id: 'own', name: 'Own', stop: [' STOP'], system: '', jobs }))
})
afterAll(() => folder.remove())

async function run({ textPath, projectorPath }: ModelFiles, ...argv: string[]) {
  let out = ''
  let err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  try {
    const code = await ask(['--model', textPath, '--mmproj', projectorPath!, ...argv])
    return { code, out, err }
  } finally {
    vi.restoreAllMocks()
  }
}
const promptTokens = async (...args: Parameters<typeof run>) =>
  (JSON.parse((await run(...args, '--json')).out) as { usage: { prompt_tokens: number } }).usage.prompt_tokens

describe('sightline ask --profile', () => {
  test('is the one that the model is recognised by, which is told, or none', async () => {
    const { code, err } = await run(olmocr, '--max-tokens', '1', 'What is it?')
    expect(code).toBe(0)
    expect(err).toContain('Asked with the profile of olmOCR 2, known by its name, "olmOCR 2 7B 1025".')
    expect((await run(olmocr, '--profile', 'none', '--max-tokens', '9', 'What is it?')).err).not.toContain('olmOCR')
    expect((await run(plain, '--max-tokens', '9', 'What is it?')).err).toBe('')
  })

  test('of one’s own holds: its answer ends before its stop word', async () => {
    expect(await run(plain, '--profile', own, 'What is it?')).toEqual({ code: 0, out: 'It is red.\n', err: '' })
    expect((await run(plain, 'What is it?')).out).toBe('It is red. STOP more\n')
  })

  test('that is not there is bad usage and says which are', async () => {
    const { code, err } = await run(plain, '--profile', 'x', 'What is it?')
    expect(code).toBe(2)
    expect(err).toContain('--profile x: no profile has this id; there are ')
    expect(err).toContain('olmocr-2')
  })
})

describe('sightline ask --job', () => {
  test('takes the question into its prompt, and needs none where its prompt does not', async () => {
    const red = ['--profile', own, '--image', samplePath('red-circle')]
    expect(await promptTokens(plain, ...red, '--job', 'find', 'it')).toBe(await promptTokens(plain, ...red, 'Find it.'))
    expect(await promptTokens(plain, ...red, '--job', 'read')).toBe(
      await promptTokens(plain, ...red, 'Read the whole page from top to bottom, please.'),
    )
  })

  test('without the words that it wants, and one that is not there, are refused', async () => {
    const red = ['--profile', own, '--image', samplePath('red-circle')]
    expect(await run(plain, ...red, '--job', 'find')).toMatchObject({
      code: 3,
      err: expect.stringContaining('The job find wants words.') as string,
    })
    expect(await run(plain, ...red, '--job', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Own has no job "x". It has: find, read, page.') as string,
    })
    expect(await run(plain, ...red, '--job', 'page')).toMatchObject({
      code: 2,
      err: expect.stringContaining('use sightline read') as string,
    })
  })
})
