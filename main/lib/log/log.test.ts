import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import os, { homedir } from 'node:os'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { AppError } from '#contract'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { cleanText, currentRequest, errorFields, inRequest, nativeLine, openLog, withoutHome } from './log.ts'
import type { LogLine } from './log.ts'
import { formatLine, readLog } from './readLog.ts'

/** Only what hangs waits so long, ms. */
const PATIENT = { timeout: 120_000 }

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

const linesOf = (file: string): LogLine[] =>
  readFileSync(join(folder.path, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine)

describe('a log of files', () => {
  test('holds each line with its time, part, request and fields once it is closed', async () => {
    const log = openLog({ folder: join(folder.path, 'logs'), part: 'core' })
    log.info('a.started', { count: 2, isNew: true })
    inRequest('r1', () => log.warn('b.failed', { code: 'NotFound' }))
    await log.close()
    log.error('too.late')
    const [first, second, ...rest] = linesOf('logs/core.log')
    expect(first).toMatchObject({ level: 'info', part: 'core', event: 'a.started', fields: { count: 2, isNew: true } })
    expect(first).not.toHaveProperty('request')
    expect(Math.abs(Date.parse(first!.time) - Date.now())).toBeLessThan(60_000)
    expect(second).toMatchObject({ level: 'warn', request: 'r1', fields: { code: 'NotFound' } })
    expect(rest).toEqual([])
  })

  test('keeps a bounded number of bounded files, the youngest lines in the first', async () => {
    const log = openLog({ folder: folder.path, part: 'core', fileBytes: 2000, files: 3 })
    for (let n = 0; n < 500; n++) log.info('line', { n })
    await log.close()
    expect(readdirSync(folder.path).sort()).toEqual(['core.1.log', 'core.2.log', 'core.log'])
    for (const name of readdirSync(folder.path)) expect(statSync(join(folder.path, name)).size).toBeLessThan(2500)
    const numbers = ['core.2.log', 'core.1.log', 'core.log'].flatMap(linesOf).map(({ fields }) => Number(fields?.['n']))
    expect(numbers).toEqual(numbers.map((_, index) => 500 - numbers.length + index))
  })

  test('goes on in the file of an earlier run', async () => {
    for (const n of [1, 2]) {
      const log = openLog({ folder: folder.path, part: 'core' })
      log.info('run', { n })
      await log.close()
    }
    expect(linesOf('core.log').map(({ fields }) => fields?.['n'])).toEqual([1, 2])
  })

  test.skipIf(process.platform === 'win32')('folders and files are for their owner alone', async () => {
    const log = openLog({ folder: join(folder.path, 'data', 'logs'), part: 'main' })
    log.info('first')
    await log.close()
    const modes = ['data', 'data/logs', 'data/logs/main.log'].map(
      (path) => statSync(join(folder.path, path)).mode & 0o077,
    )
    expect(modes).toEqual([0, 0, 0])
  })

  test('writes the last words of a process before they return', () => {
    openLog({ folder: folder.path, part: 'core' }).fatal('process.failed', errorFields(new TypeError('secret')))
    expect(linesOf('core.log')).toMatchObject([{ level: 'error', fields: { name: 'TypeError' } }])
  })

  test('a folder that cannot be made costs the lines only, and says why', async () => {
    writeFileSync(join(folder.path, 'logs'), 'a file')
    const log = openLog({ folder: join(folder.path, 'logs'), part: 'core' })
    log.info('a')
    log.fatal('b')
    await expect.poll(() => log.problem, PATIENT).toMatch(/^(ENOTDIR|EEXIST)$/)
    log.info('c')
    await log.close()
  })

  test('a full disk costs the lines only, and writing goes on once there is room', async () => {
    // a folder in place of the file fails each write as a full disk does
    mkdirSync(join(folder.path, 'core.log'))
    const log = openLog({ folder: folder.path, part: 'core', retryMs: 0 })
    log.info('lost')
    await expect.poll(() => log.problem, PATIENT).not.toBeNull()
    folder.remove()
    mkdirSync(folder.path)
    await expect
      .poll(() => {
        log.info('kept')
        return log.problem
      }, PATIENT)
      .toBeNull()
    await log.close()
    expect(linesOf('core.log').at(-1)).toMatchObject({ event: 'kept' })
  })
})

describe('reading logs', () => {
  test('gives the last lines of all processes in the order of time, and leaves out what is no line', async () => {
    const core = openLog({ folder: folder.path, part: 'core' })
    const main = openLog({ folder: folder.path, part: 'main' })
    const at = (second: number) => ({ time: `2026-01-01T00:00:0${second}.000Z`, level: 'info' }) as const
    core.write({ ...at(1), part: 'core', event: 'one' })
    core.write({ ...at(3), part: 'core', event: 'three', fields: { frames: ['a x.ts:1', 'b y.ts:2'] } })
    main.write({ ...at(2), part: 'main', event: 'two' })
    await Promise.all([core.close(), main.close()])
    writeFileSync(join(folder.path, 'media.log'), 'half a li\n{"event":1}\n')
    expect((await readLog(folder.path, 2)).map(({ event }) => event)).toEqual(['two', 'three'])
    expect(formatLine((await readLog(folder.path, 1))[0]!)).toMatch(/info core three frames=a x\.ts:1 < b y\.ts:2$/)
  })

  test('a folder that is not there has no lines', async () => {
    expect(await readLog(join(folder.path, 'none'), 10)).toEqual([])
  })
})

test("the system is asked once for the user's name, however many lines there are", async () => {
  const asked = vi.spyOn(os, 'userInfo')
  syncBuiltinESMExports()
  vi.resetModules()
  const fresh = await import('./log.ts')
  for (let n = 0; n < 100; n++) fresh.cleanText(`line ${n}`)
  expect(asked).toHaveBeenCalledTimes(1)
  asked.mockRestore()
  syncBuiltinESMExports()
})

test('a request reaches what it starts, and ends with it', async () => {
  const seen: (string | null)[] = []
  await inRequest('r2', async () => {
    await Promise.resolve()
    seen.push(currentRequest())
    inRequest(null, () => seen.push(currentRequest()))
  })
  expect([...seen, currentRequest()]).toEqual(['r2', null, null])
})

describe('what a line never holds', () => {
  test('the name of the home folder, and of its user in any path', () => {
    expect(withoutHome('/home/ada/x and C:\\Users\\Ada\\y', '/home/ada', 'ada')).toBe('~/x and C:\\Users\\~\\y')
    expect(withoutHome('adam /adamant/', '/home/ada', 'ada')).toBe('adam /adamant/')
    expect(cleanText(`a\n${join(homedir(), 'b')}  ${'x'.repeat(400)}`)).toMatch(/^a ~.b x+\.\.\.$/)
  })

  test('the message of an error: its code, or its kind and where it was thrown', () => {
    const named = new AppError('DamagedMedia', 'holiday.png is damaged', { name: 'holiday.png' })
    expect(errorFields(named)).toEqual({ code: 'DamagedMedia' })
    const system = Object.assign(new Error('ENOSPC: no space, write /home/ada/secret.png'), { code: 'ENOSPC' })
    const told = errorFields(system)
    expect(told).toMatchObject({ name: 'Error', system: 'ENOSPC' })
    expect(JSON.stringify(told)).not.toMatch(/secret|ada/)
    expect((told['frames'] as string[])[0]).toMatch(/log\.test\.ts:\d+$/)
    expect(errorFields(new Error('line one\n    at secret (/a/b.png:1:2)'))['frames']).not.toContainEqual(
      expect.stringContaining('secret'),
    )
    expect(errorFields('secret')).toEqual({ name: 'string' })
  })

  test.each([
    ['ggml_backend_cuda: out of memory on device 0\n', 'ggml_backend_cuda: out of memory on device 0'],
    ["llama_model_load: error loading '/home/ada/my model.gguf': bad", 'llama_model_load: error loading <file>'],
    [
      "llama_model_load: error loading '/home/Ann's secret/my model.gguf': bad",
      'llama_model_load: error loading <file>',
    ],
    ['llama_model_load: failed to open D:\\models\\mine.gguf now', 'llama_model_load: failed to open <file>'],
    [
      'llama_model_load: failed to load model from /m/Ann Smith tax.gguf',
      'llama_model_load: failed to load model from <file>',
    ],
    ['load_tensors: offloaded 10 of 33 layers to GPU', 'load_tensors: offloaded 10 of 33 layers to GPU'],
    ['parse: error parsing grammar: expecting name at my-secret ::= x', 'parse: (not kept)'],
    ['llama_vocab: no token for secret', 'llama_vocab: (not kept)'],
    ['secret without a part', '(not kept)'],
  ])("what may be the user's in a line of llama.cpp: %s", (line, kept) => {
    expect(nativeLine(line)).toBe(kept)
  })
})
