import { spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ErrorCode } from '#contract'
import { tiffHead } from '../lib/picture/tiff/encode.ts'
import type { TagValue } from '../lib/picture/tiff/encode.ts'
import { readGguf, string, withEntries, writeGguf } from '../testing/ggufEdit.ts'
import { loraFile } from '../testing/ggufWriter.ts'
import { badFiles } from '../testing/engineFiles.ts'
import type { BadFiles } from '../testing/engineFiles.ts'
import { golden, goldenJson, goldenModel } from '../testing/engineGoldens.ts'
import type { GoldenCase } from '../testing/engineGoldens.ts'
import { demoModel, samplePath } from '../testing/engineRequests.ts'
import { ALWAYS, END, SWITCHED, scriptedModel } from '../testing/scriptedModel.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { ask as runAsk } from './ask.ts'

const CLI = join(import.meta.dirname, '../cli.ts')
const WHAT = 'What is in the picture?'
const CIRCLE = samplePath('red-circle')

const folder = tempFolder()
let bad: BadFiles
beforeAll(async () => {
  bad = await badFiles(folder.path)
  cpSync(golden('images'), join(folder.path, 'images'), { recursive: true })
})
afterAll(() => folder.remove())

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly chunks: readonly string[]
}

/** Runs `sightline ask` in the test's folder. `onText` sees what was printed so far; its `kill` reaches all processes, as Ctrl-C does. */
function ask(
  argv: readonly string[],
  onText?: (out: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Run> {
  const child = spawn(process.execPath, [CLI, 'ask', ...argv], {
    cwd: folder.path,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder.path },
  })
  const chunks: string[] = []
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    chunks.push(chunk)
    onText?.(chunks.join(''), (signal) => process.kill(-child.pid!, signal))
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out: chunks.join(''), err, chunks })))
}

let files = 0
function file(content: string | Uint8Array): string {
  const path = join(folder.path, `file-${files++}`)
  writeFileSync(path, content)
  return path
}
const messagesFile = (content: unknown) => file(typeof content === 'string' ? content : JSON.stringify(content))
const asked = (...content: unknown[]) =>
  messagesFile([{ role: 'user', content: [...content, { type: 'text', text: WHAT }] }])

describe.concurrent('sightline ask', () => {
  test('prints the answer as it is generated', async () => {
    const { code, out, err, chunks } = await ask(['--image', CIRCLE, '--ignore-eos', '--max-tokens', '400', WHAT])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^A red circle\./)
    expect(out).toMatch(/\n$/)
    expect(chunks.length).toBeGreaterThan(3)
  })

  test('an answer that is cut off is said to be, and where; as JSON it says so itself', async () => {
    const short = ['--image', CIRCLE, '--max-tokens', '2', WHAT]
    const { code, out, err } = await ask(short)
    expect({ code, err }).toEqual({
      code: 0,
      err: 'The answer is cut off at the longest answer of 2 tokens. --max-tokens raises it.\n',
    })
    expect(out.trim().length).toBeLessThan('A red circle.'.length)
    const json = await ask(['--json', ...short])
    expect(json).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(json.out)).toMatchObject({ finish_reason: 'length' })
  })

  test('what a model thinks is not its answer: as JSON it is a field of its own, and --thinking switches it', async () => {
    const says = [
      ['\n', 'Let', ' me', ' see', '!', '</think>', '\n\n'],
      ['\n\n', 'It', ' is', ' red', '.', END],
    ]
    const model = (name: string, template: string) =>
      scriptedModel(folder.path, name, { says, template, special: ['<think>', '</think>'] }).textPath
    const switched = model('cli switched', SWITCHED)
    expect(await ask(['--model', switched, WHAT])).toMatchObject({ code: 0, out: 'It is red.\n', err: '' })
    expect(await ask(['--model', switched, '--thinking', 'on', WHAT])).toMatchObject({
      code: 0,
      out: 'It is red.\n',
      err: '',
    })
    const json = await ask(['--model', switched, '--thinking', 'on', '--json', WHAT])
    expect(JSON.parse(json.out)).toMatchObject({
      text: 'It is red.',
      reasoning: 'Let me see!',
      usage: { completion_tokens: 10, reasoning_tokens: 5 },
    })
    const limited = await ask(['--model', switched, '--thinking', 'on', '--thinking-budget', '2', '--json', WHAT])
    const { reasoning, text } = JSON.parse(limited.out) as { reasoning: string; text: string }
    expect(reasoning).toMatch(/^Let me\n\nConsidering the limited time by the user/)
    expect(text).toBe('It is red.')
    const off = await ask(['--model', model('cli always', ALWAYS), '--thinking', 'off', '--json', WHAT])
    expect(JSON.parse(off.out)).toMatchObject({ reasoning: 'Let me see!' })
    expect(off.err).toContain('This model always thinks first')
    expect(await ask(['--thinking', 'maybe', WHAT])).toMatchObject({ code: 2 })
    expect(await ask(['--thinking', 'on', '--raw', WHAT])).toMatchObject({ code: 2 })
  })

  test('a picture alone is a question, as in the window', async () => {
    const inMessages = await ask([
      '--json',
      '--messages',
      messagesFile([{ role: 'user', content: [{ type: 'image', image: CIRCLE }] }]),
    ])
    for (const blank of [[], ['  ']]) {
      const alone = await ask(['--json', '--image', CIRCLE, ...blank])
      expect(alone).toMatchObject({ code: 0, err: '' })
      expect((JSON.parse(alone.out) as { prompt: object }).prompt).toEqual(
        (JSON.parse(inMessages.out) as { prompt: object }).prompt,
      )
    }
  })

  test('of a TIFF of several pages the first is shown, which is said; --page takes the one that is wanted', async () => {
    const pages = await Promise.all(
      [CIRCLE, samplePath('blue-square')].map((path) => sharp(path).removeAlpha().resize(224, 224).raw().toBuffer()),
    )
    const tags: TagValue[] = [
      [256, [224]],
      [257, [224]],
      [258, [8, 8, 8]],
      [262, [2]],
      [277, [3]],
    ]
    const scan = file(
      Buffer.concat([tiffHead(pages.map(({ length }) => ({ tags, blockLengths: [length] }))), ...pages]),
    )
    expect(await ask(['--image', scan, WHAT])).toMatchObject({
      code: 0,
      out: 'A red circle.\n',
      err: `${basename(scan)}: Page 1 of 2 is shown.\n`,
    })
    expect(await ask(['--image', scan, '--page', '2', WHAT])).toMatchObject({
      code: 0,
      out: 'A blue square.\n',
      err: '',
    })
  })

  test('what is left of a picture that is cut off is shown, and how much is missing is said', async () => {
    // noise, so that its pixels take bytes of their own all the way
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 }
    const png = await sharp({ create: { width: 200, height: 200, channels: 3, background: 'teal', noise } })
      .png()
      .toBuffer()
    const { code, err } = await ask(['--image', file(png.subarray(0, png.length / 2)), WHAT])
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^file-\d+: .*missing.*\n$/) as string })
    expect(await ask(['--image', bad.truncatedPng, WHAT])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^DamagedMedia: truncated\.png/) as string,
    })
  })

  test('a strip that no model takes is refused by its name alone', async () => {
    const strip = file(
      await sharp({ create: { width: 201, height: 1, channels: 3, background: 'teal' } })
        .png()
        .toBuffer(),
    )
    const { code, err } = await ask(['--image', strip, WHAT])
    expect({ code, err }).toEqual({
      code: 3,
      err: `UnsupportedMedia: ${basename(strip)} is 201 x 1 pixels; one side may be at most 200 times the other. Crop it and try again.\n`,
    })
  })

  test('--fit lowers the detail of pictures to what the context holds, and says so', async () => {
    const many = Array.from({ length: 12 }, () => ['--image', CIRCLE]).flat()
    const options = [
      ...many,
      '--context',
      '512',
      '--max-tokens',
      '8',
      '--min-pixels',
      '100352',
      '--max-pixels',
      '100352',
      'What is in the pictures?',
    ]
    expect(await ask(options)).toMatchObject({ code: 3, err: expect.stringContaining('ContextFull') as string })
    const { code, out, err } = await ask(['--fit', '--json', ...options])
    expect(code).toBe(0)
    expect(err).toMatch(/^To fit the context, no picture is shown larger than [\d,]+ pixels \(\d+ tokens\)\.\n$/)
    const { usage } = JSON.parse(out) as { usage: { prompt_tokens: number; image_tokens: number } }
    expect(usage.prompt_tokens).toBeLessThan(512)
    expect(usage.image_tokens).toBeGreaterThan(12 * 4)
    expect(await ask(['--fit', '--image', CIRCLE, WHAT])).toMatchObject({ code: 0, err: '' })
  })

  test('--fit leaves a text that is too long to the engine, which says by how much', async () => {
    const { code, err } = await ask(['--fit', '--context', '256', 'word '.repeat(400)])
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringMatching(/^ContextFull: This conversation needs [\d,]+ tokens/) as string,
    })
  })

  test('a chat template that cannot be used is told', async () => {
    const broken = withEntries(readGguf(readFileSync(demoModel.textPath)), {
      'tokenizer.chat_template': string('{% for message in messages %}'),
    })
    const model = ['--model', file(writeGguf(broken)), '--mmproj', demoModel.projectorPath!]
    const { code, err } = await ask([...model, '--max-tokens', '1', '--image', CIRCLE, WHAT])
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(
        /^The model's own chat template cannot be used \(.+\)\. ChatML is used instead/,
      ) as string,
    })
  })

  test('--json prints one object with the documented fields', async () => {
    const { code, out } = await ask([
      '--json',
      '--vision',
      'exact',
      '--image',
      CIRCLE,
      '--image',
      samplePath('blue-square'),
      'What is in the pictures?',
    ])
    expect(code).toBe(0)
    const answer = JSON.parse(out) as Record<string, unknown>
    const number = expect.any(Number) as number
    const numbers = expect.arrayContaining([number]) as number[]
    expect(answer).toEqual({
      text: 'Picture 1: a red circle. Picture 2: a blue square.',
      tokens: numbers,
      prompt: { tokens: number, ids: numbers },
      usage: { prompt_tokens: number, image_tokens: 32, completion_tokens: number },
      timings: { load_ms: number, encode_ms: number, prefill_ms: number, ttft_ms: number, tokens_per_second: number },
      finish_reason: 'stop',
      // a graphics card follows no choice
      vision: { how: expect.any(String) as string, setting: expect.toBeOneOf(['exact', null]) as string | null },
    })
    const { tokens, prompt, usage } = answer as {
      tokens: number[]
      prompt: { tokens: number; ids: number[] }
      usage: { prompt_tokens: number; completion_tokens: number }
    }
    expect(usage).toMatchObject({ prompt_tokens: prompt.ids.length, completion_tokens: tokens.length })
    expect(prompt.tokens).toBe(prompt.ids.length)
  })

  test('--messages with pictures and a video of frames says what the reference says', async () => {
    const { textPath, projectorPath } = goldenModel('qwen25vl')
    const { messages, input_ids, greedy } = goldenJson<GoldenCase[]>('qwen25vl', 'cases.json').find(
      ({ name }) => name === 'image_video_vision_id',
    )!
    const { code, out } = await ask([
      '--model',
      textPath,
      '--mmproj',
      projectorPath!,
      '--messages',
      messagesFile(messages),
      '--max-tokens',
      '16',
      '--ignore-eos',
      '--json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ tokens: greedy, prompt: { ids: input_ids }, finish_reason: 'length' })
  })

  test('--messages takes data: and file:// addresses, and a question after them', async () => {
    const data = `data:image/png;base64,${readFileSync(CIRCLE).toString('base64')}`
    const first = await ask(['--messages', asked({ type: 'image_url', image_url: { url: data } })])
    expect(first).toMatchObject({ code: 0, out: 'A red circle.\n' })
    const conversation = messagesFile([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: `file://${CIRCLE}` },
          { type: 'text', text: WHAT },
        ],
      },
      { role: 'assistant', content: 'A red circle.' },
    ])
    const second = await ask(['--messages', conversation, '--image', samplePath('green-star'), 'And this one?'])
    expect(second.out).toMatch(/green star/i)
  })

  test('pixel budget, system prompt, labels and sampling reach the model', async () => {
    const json = async (...argv: string[]) =>
      JSON.parse((await ask(['--json', '--image', CIRCLE, ...argv, WHAT])).out) as {
        tokens: number[]
        prompt: { ids: number[] }
        usage: { image_tokens: number }
      }
    const drawn = ['--temperature', '3', '--ignore-eos', '--max-tokens', '24', '--seed', '1']
    const [plain, small, first, second] = await Promise.all([
      json(),
      json('--max-pixels', '3136', '--vision-id', '--system', 'Be brief.'),
      json(...drawn),
      json(...drawn),
    ])
    expect(plain.usage.image_tokens).toBe(16)
    expect(small.usage.image_tokens).toBe(4)
    expect(small.prompt.ids.length).toBeGreaterThan(plain.prompt.ids.length - 12)
    expect(first.tokens).toEqual(second.tokens)
    expect(first.tokens.slice(0, plain.tokens.length)).not.toEqual(plain.tokens)
  })

  test('--raw gives the model the text as it is, and tokens written in it count', async () => {
    const ids = async (...argv: string[]) =>
      (JSON.parse((await ask(['--json', '--max-tokens', '1', ...argv])).out) as { prompt: { ids: number[] } }).prompt
        .ids
    const chat = await ids('Hi')
    expect(await ids('--raw', '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n')).toEqual(chat)
    expect((await ids('<|im_start|>')).filter((id) => id === chat[0])).toHaveLength(2)
  })

  test('--video says what the reference says of frames, by name or as a folder', async () => {
    const { textPath, projectorPath } = goldenModel('qwen25vl')
    const { input_ids, greedy } = goldenJson<GoldenCase[]>('qwen25vl', 'cases.json').find(
      ({ name }) => name === 'video5_odd',
    )!
    const names = [0, 1, 2, 3, 4].map((i) => `v5_${i}.png`)
    const frames = join(folder.path, 'v5')
    for (const [i, name] of names.entries()) cpSync(golden('images', name), join(frames, `frame ${i * 50}.png`))
    const rest = [
      '--fps',
      '1',
      '--min-pixels',
      '3136',
      '--max-pixels',
      '12845056',
      '--max-tokens',
      '16',
      '--ignore-eos',
      '--json',
      'Describe the video.',
    ]
    for (const video of [names.map((name) => `images/${name}`).join(','), frames]) {
      const { code, out, err } = await ask(['--model', textPath, '--mmproj', projectorPath!, '--video', video, ...rest])
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(JSON.parse(out)).toMatchObject({ tokens: greedy, prompt: { ids: input_ids } })
    }
  })

  test('--json-schema and --grammar hold the answer', async () => {
    const schema = file(
      '{"type":"object","properties":{"colour":{"enum":["red","blue"]},"count":{"type":"integer"}},"required":["colour"]}',
    )
    const json = await ask(['--image', CIRCLE, '--json-schema', schema, WHAT])
    expect({ code: json.code, err: json.err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(json.out)).toMatchObject({ colour: expect.stringMatching(/^(red|blue)$/) as string })
    expect((await ask(['--image', CIRCLE, '--grammar', file('root ::= "square" | "circle"'), WHAT])).out).toMatch(
      /^(square|circle)\n$/,
    )
  })

  test('--lora changes the answer by its scale', async () => {
    const adapter = file(
      loraFile({
        weights: { 'blk.0.ffn_down.weight': [512, 192], 'blk.2.ffn_down.weight': [512, 192] },
        value: (i) => Math.sin(i),
      }),
    )
    const say = async (...argv: string[]) => (await ask(['--image', CIRCLE, ...argv, '--max-tokens', '12', WHAT])).out
    expect(await say('--lora', `${adapter}=0`)).toBe('A red circle.\n')
    expect(await say('--lora', adapter)).not.toBe('A red circle.\n')
  })

  test('Ctrl-C ends the answer with what is there', async () => {
    let sent = false
    const { code, out, err } = await ask(['--ignore-eos', '--max-tokens', '4000', 'Hello'], (_out, kill) => {
      if (!sent) kill('SIGINT')
      sent = true
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Hello[^]*\n$/)
  })

  test('a reader that has enough ends it quietly', async () => {
    const child = spawn(process.execPath, [CLI, 'ask', '--ignore-eos', '--max-tokens', '4000', 'Hello'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder.path },
    })
    child.stdout.once('data', () => child.stdout.destroy())
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
    expect(err).toBe('')
  })
})

describe.concurrent('exit code 2: bad usage', () => {
  test.each<[string, string[]]>([
    ['no question', []],
    ['an unknown option', ['--imagine', 'x', WHAT]],
    ['a number that is none', ['--max-tokens', 'many', WHAT]],
  ])('%s', async (_name, argv) => {
    const { code, out, err } = await ask(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^sightline: .+\n\nsightline ask \[options\]/)
  })

  test('a way of looking at pictures that is none is named with those that are', async () => {
    const { code, err } = await ask(['--vision', 'quick', '--image', CIRCLE])
    expect({ code, first: err.split('\n')[0] }).toEqual({
      code: 2,
      first: 'sightline: --vision wants one of exact, balanced, fastest, not "quick"',
    })
  })

  test('--help is no error', async () => {
    const { code, out, err } = await ask(['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Exit codes')
  })
})

describe('also bad usage', () => {
  test.each<[string, string[]]>([
    ['nothing to ask', []],
    ['page zero', ['--image', CIRCLE, '--page', '0']],
    ['two questions', ['one', 'two']],
    ['a projector without a model', ['--mmproj', 'x.gguf', WHAT]],
    ['no tokens', ['--max-tokens', '0', WHAT]],
    ['no frames per second', ['--fps', '0', WHAT]],
    ['two answer formats', ['--grammar', 'a', '--json-schema', 'b', WHAT]],
    ['half a token', ['--max-tokens', '1.5', WHAT]],
    ['an empty number', ['--seed', '', WHAT]],
    ['no name of a model', ['--model', '', WHAT]],
    ['no name of a picture', ['--image', CIRCLE, '--image', '', WHAT]],
    ['a negative temperature', ['--temperature=-1', WHAT]],
    ['a share of more than 1', ['--top-p', '1.5', WHAT]],
    ['a way of looking that is none', ['--vision', 'quick', WHAT]],
    ['a seed of more than 32 bits', ['--seed', '4294967296', WHAT]],
  ])('%s', async (_name, argv) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await runAsk(argv)).toBe(2)
    expect(write.mock.calls.join('')).toMatch(/^sightline: .+\n\nsightline ask \[options\]/)
    write.mockRestore()
  })
})

describe.concurrent('exit code 3: bad input', () => {
  const { textPath, projectorPath } = demoModel
  const demo = ['--model', textPath, '--mmproj', projectorPath!]
  const refused = async (argv: string[], code: ErrorCode, text: RegExp) => {
    const run = await ask(argv)
    expect(run).toMatchObject({ code: 3, out: '' })
    expect(run.err).toMatch(/^[^\n]+\n$/)
    expect(run.err.startsWith(`${code}: `), run.err).toBe(true)
    expect(run.err).toMatch(text)
  }

  test.each<[string, () => string[], ErrorCode, RegExp]>([
    ['a missing picture', () => ['--image', bad.missing, WHAT], 'MediaNotFound', /missing/],
    ['a text file named .png', () => ['--image', bad.textNamedPng, WHAT], 'UnsupportedMedia', /text file/],
    ['a PNG of 50,000 x 50,000 pixels', () => ['--image', bad.hugePng, WHAT], 'MediaTooLarge', /huge\.png/],
    ['a document of no page', () => ['--image', bad.document, WHAT], 'UnsupportedMedia', /letter\.docx/],
    ['an empty question', () => ['  '], 'EmptyQuestion', /empty/],
    [
      'a page that is not there',
      () => ['--image', CIRCLE, '--page', '2', WHAT],
      'InvalidInput',
      /red-circle\.png has no page 2/,
    ],
    [
      'messages that end in an empty question',
      () => ['--messages', messagesFile([{ role: 'user', content: ' ' }])],
      'EmptyQuestion',
      /empty/,
    ],
    [
      'messages that end without content',
      () => ['--messages', messagesFile([{ role: 'user', content: [] }])],
      'EmptyQuestion',
      /empty/,
    ],
    ['a model cut in half', () => ['--model', bad.textModelCutInHalf, WHAT], 'ModelDamaged', /half\.gguf/],
    ['a model of 2^63 tensors', () => ['--model', bad.textModelWithTooManyTensors, WHAT], 'ModelDamaged', /tensors/],
    ['a missing model', () => ['--model', bad.missing, WHAT], 'ModelNotFound', /missing/],
    [
      'a projector of another width',
      () => ['--model', textPath, '--mmproj', bad.narrowProjector, '--image', CIRCLE, WHAT],
      'ProjectorMismatch',
      /64/,
    ],
    [
      'a picture for a model without a projector',
      () => ['--model', textPath, '--image', CIRCLE, WHAT],
      'ProjectorMissing',
      /mmproj/,
    ],
    [
      'a prompt longer than the context',
      () => [...demo, '--context', '256', 'a circle '.repeat(400)],
      'ContextFull',
      /256/,
    ],
    ['a missing video', () => ['--video', 'clip.mp4', WHAT], 'MediaNotFound', /clip\.mp4/],
    ['a video that is a text file', () => ['--video', bad.textNamedPng, WHAT], 'UnsupportedMedia', /no video/],
    ['a JSON schema that is no JSON', () => ['--json-schema', file('{'), WHAT], 'InvalidInput', /not valid JSON/],
    [
      'a JSON schema that is a list',
      () => ['--json-schema', file('[]'), WHAT],
      'InvalidInput',
      /does not hold a JSON schema/,
    ],
    [
      'a JSON schema nested without end',
      () => ['--json-schema', file(`${'{"items":'.repeat(50_000)}true${'}'.repeat(50_000)}`), WHAT],
      'InvalidInput',
      /nested too deeply/,
    ],
    [
      'a JSON schema that cannot be held',
      () => ['--json-schema', file('{"type":"string","pattern":"a"}'), WHAT],
      'InvalidInput',
      /"pattern"/,
    ],
    [
      'a missing JSON schema',
      () => ['--json-schema', bad.missing, WHAT],
      'InvalidInput',
      /JSON schema file .* could not be read/,
    ],
    [
      'a grammar that is none',
      () => ['--grammar', file('Answer with yes or no'), WHAT],
      'InvalidInput',
      /line 1: ::= is missing/,
    ],
    [
      'a LoRA adapter that is none',
      () => ['--lora', `${textPath}=0.5`, WHAT],
      'UnsupportedModel',
      /is not a LoRA adapter/,
    ],
    ['a missing LoRA adapter', () => ['--lora', bad.missing, WHAT], 'ModelNotFound', /missing/],
    ['a messages file that is no JSON', () => ['--messages', messagesFile('[')], 'InvalidInput', /not valid JSON/],
    [
      'a messages file of another shape',
      () => ['--messages', messagesFile({ text: 'Hi' })],
      'InvalidInput',
      /messages as expected/,
    ],
    ['a missing messages file', () => ['--messages', bad.missing], 'InvalidInput', /could not be read/],
    [
      'a picture in messages that is not there',
      () => ['--messages', asked({ type: 'image', image: 'gone.png' })],
      'MediaNotFound',
      /gone\.png/,
    ],
  ])('%s', (_name, argv, code, text) => refused(argv(), code, text))

  test('an address on the network is refused without a connection', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`
    await refused(
      ['--messages', asked({ type: 'image_url', image_url: { url: address } })],
      'UnsupportedMedia',
      /Nothing is fetched/,
    )
    await refused(['--image', address, WHAT], 'UnsupportedMedia', /Nothing is fetched/)
    server.close()
    expect(connections).toBe(0)
  })
})
