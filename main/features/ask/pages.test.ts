import { describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import type { ProfilePasses, SeenProfile } from '#contract'
import type { AnswerRequest, AnswerResult, BatchEvent, ChatPart } from '../../engine/index.ts'
import { exportDocument, readDocument } from '../../lib/documents/index.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import type { ScriptedAnswer } from '../../testing/scriptedEngine.ts'
import { readPages } from './pages.ts'
import type { PageEvent, PageJob } from './pages.ts'

const profile = (parser: SeenProfile['parser']): SeenProfile => ({ id: 'ocr', name: 'OCR', parser, space: null })
const request = (name: string): AnswerRequest => ({
  model: { textPath: '/model.gguf', projectorPath: '/projector.gguf' },
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'You read.' }] },
    {
      role: 'user',
      content: [
        { type: 'image', source: { path: `/${name}`, digest: name, size: { width: 2000, height: 1000 }, name } },
        { type: 'text', text: 'Read this page.' },
      ],
    },
  ],
  budget: { minPixels: 3136, maxPixels: 1_003_520 },
  contextTokens: 4096,
  maxTokens: 100,
  sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
})
const job = (pages: number, options: Partial<PageJob> = {}): PageJob => ({
  requests: Array.from({ length: pages }, (_, i) => request(`page-${i + 1}.png`)),
  profile: profile('markdown'),
  passes: null,
  ...options,
})
const lastContent = ({ messages }: AnswerRequest): readonly ChatPart[] => messages.at(-1)!.content
const nameIn = (asked: AnswerRequest) => {
  const part = lastContent(asked)[0]
  return part?.type === 'image' && part.source.name
}

/** The text that events make up, as an answer stores it. */
function collect() {
  const state = { text: '', events: [] as PageEvent[], result: null as AnswerResult | null, error: null as unknown }
  const follow = async (events: AsyncIterable<PageEvent>): Promise<typeof state> => {
    try {
      for await (const event of events) {
        state.events.push(event)
        if (event.type === 'text') state.text += event.text
        if (event.type === 'rewritten') state.text = event.text
        if (event.type === 'done') state.result = event.result
      }
    } catch (error) {
      state.error = error
    }
    return state
  }
  return { state, follow }
}

/** Answers each question as it comes by `say`. */
async function play(
  engine: ScriptedEngine,
  answers: number,
  say: (answer: ScriptedAnswer, n: number) => void | Promise<void>,
): Promise<void> {
  for (let n = 0; n < answers; n++) await say(await engine.nextAnswer(), n)
}

describe('pages', () => {
  test('are read one after another into one text, each with a question of its own', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(3), engine))
    const asked: unknown[] = []
    await play(engine, 3, (answer, n) => {
      asked.push(nameIn(answer.request))
      answer.seen({ family: 'qwen2vl', media: [{ width: 56 * (n + 1), height: 28, frames: 1, tokens: 2 }] })
      answer.progress({ phase: 'encoding', done: 0, total: 1 })
      answer.text(`Page ${n + 1}`)
      answer.finish()
    })
    const { text, events, result } = await reading
    expect(asked).toEqual(['page-1.png', 'page-2.png', 'page-3.png'])
    expect(readDocument(text, 'markdown').map(({ blocks }) => blocks[0]?.markdown)).toEqual([
      'Page 1',
      'Page 2',
      'Page 3',
    ])
    expect(events).toContainEqual({ type: 'progress', progress: { phase: 'reading', done: 2, total: 3 } })
    expect(events.findLast(({ type }) => type === 'seen')).toMatchObject({
      seen: { profile: { parser: 'markdown' }, media: [{ width: 56 }, { width: 112 }, { width: 168 }] },
    })
    expect(result?.usage).toMatchObject({ promptTokens: 6, completionTokens: 9 })
  })

  test('go on where they were cut off: whole pages are kept, the one that was not whole is read again', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const before = { text: 'One\n\f\nTw', media: [{ width: 56, height: 28, frames: 1, tokens: 2 }] }
    const reading = follow(readPages(job(3), engine, { before }))
    const asked: unknown[] = []
    await play(engine, 2, (answer, n) => {
      asked.push(nameIn(answer.request))
      answer.text(['Two', 'Three'][n]!)
      answer.finish()
    })
    expect((await reading).text).toBe('One\n\f\nTwo\n\f\nThree\n\f\n')
    expect(asked).toEqual(['page-2.png', 'page-3.png'])
  })

  test('that were all read ask for nothing more', async () => {
    const { follow } = collect()
    const { text, result } = await follow(
      readPages(job(2), new ScriptedEngine(), { before: { text: 'One\n\f\nTwo\n\f\n', media: [] } }),
    )
    expect([text, result?.finishReason]).toEqual(['', 'stop'])
  })

  test('that cannot be read say so in their place and leave the others; they are read again when the rest goes on', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(3), engine))
    await play(engine, 3, (answer, n) => {
      answer.text(`Page ${n + 1}`)
      if (n === 1) answer.fail(new AppError('DamagedMedia', 'page-2.png is damaged.'))
      else answer.finish()
    })
    const { text, error } = await reading
    expect(error).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringMatching(/^Page 2 of 3 could not/) as string,
    })
    expect(readDocument(text, 'markdown').map(({ failure, blocks }) => failure ?? blocks[0]?.markdown)).toEqual([
      'Page 1',
      'page-2.png is damaged.',
      'Page 3',
    ])

    const again = collect()
    const more = again.follow(readPages(job(3), engine, { before: { text, media: [] } }))
    const answer = await engine.nextAnswer()
    expect(nameIn(answer.request)).toBe('page-2.png')
    answer.text('Page 2')
    answer.finish()
    expect((await more).text).toBe('Page 1\n\f\nPage 2\n\f\nPage 3\n\f\n')
  })

  test('end all when the engine ends twice in a row, or when no model is there', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(4), engine))
    await play(engine, 3, (answer, n) => {
      if (n > 0) answer.fail()
      else answer.finish()
    })
    expect((await reading).error).toMatchObject({ code: 'EngineCrashed' })
    const other = collect()
    const refused = other.follow(readPages(job(4), engine))
    ;(await engine.nextAnswer()).fail(new AppError('OutOfMemory', 'No room.'))
    expect(await refused).toMatchObject({ text: '', error: { code: 'OutOfMemory' } })
  })

  test('that are gone on with keep what is there of the next one until there is something new of it', async () => {
    const before = { text: 'One\n\f\nTw', media: [] }
    for (const code of ['OutOfMemory', 'EngineFailed'] as const) {
      const engine = new ScriptedEngine()
      const { follow } = collect()
      const reading = follow(readPages(job(3), engine, { before }))
      ;(await engine.nextAnswer()).fail(new AppError(code, 'It could not be loaded.'))
      const { events, error } = await reading
      expect(error).toMatchObject({ code })
      expect(events.filter(({ type }) => type === 'rewritten' || type === 'text')).toEqual([])
    }
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(2), engine, { before }))
    ;(await engine.nextAnswer()).fail()
    const page = readDocument((await reading).text, 'markdown')[1]
    expect(page).toMatchObject({ failure: expect.any(String) as string, blocks: [{ markdown: 'Tw' }] })
  })

  test('of which one failed and one was cut off: reading the first again leaves what is there of the second', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const before = { text: 'One\n\f\n<!-- not read: It is damaged. -->\n\f\nThr', media: [] }
    const reading = follow(readPages(job(3), engine, { before }))
    await play(engine, 2, (answer, n) => {
      answer.text(['Two', 'Three'][n]!)
      answer.finish()
    })
    const { text, events } = await reading
    expect(text).toBe('One\n\f\nTwo\n\f\nThree\n\f\n')
    expect(events.flatMap((event) => (event.type === 'rewritten' ? [event.text] : []))).toEqual([
      'One\n\f\nTwo\n\f\nThr',
      'One\n\f\nTwo\n\f\nThree',
    ])
  })

  test('keep what was read of one before the engine ended, behind why it could not be read', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(2), engine))
    await play(engine, 2, (answer, n) => {
      answer.text(`Page ${n + 1}`)
      if (n === 0) answer.fail()
      else answer.finish()
    })
    const { text, error } = await reading
    const pages = readDocument(text, 'markdown')
    expect(pages).toMatchObject([{ isWhole: true, blocks: [{ markdown: 'Page 1' }] }, { failure: null }])
    expect(pages[0]!.notes).toEqual([expect.stringContaining('could not be read as a whole') as string])
    expect(error).toMatchObject({ code: 'EngineCrashed' })
    for (const format of ['markdown', 'html', 'text'] as const)
      expect(exportDocument(pages, format)).toMatch(/could not be read as a whole[^]*Page 1[^]*Page 2/)
  })

  test('keep what is there when they are stopped', async () => {
    const engine = new ScriptedEngine()
    const abort = new AbortController()
    const { follow } = collect()
    const reading = follow(readPages(job(3), engine, { signal: abort.signal }))
    await play(engine, 2, (answer, n) => {
      answer.text(`Page ${n + 1}`)
      if (n === 0) answer.finish()
    })
    abort.abort()
    const { text, error, result } = await reading
    expect([text, error, result]).toEqual(['Page 1\n\f\nPage 2', null, null])
  })
})

describe('a page of olmOCR that lies wrong', () => {
  const front = (valid: string, degrees: number) =>
    `---\nprimary_language: en\nis_rotation_valid: ${valid}\nrotation_correction: ${degrees}\nis_table: False\nis_diagram: False\n---\n`

  test('is turned as it says and asked about again, once', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(1, { profile: profile('olmocr') }), engine))
    const parts: unknown[] = []
    await play(engine, 2, (answer, n) => {
      const [picture] = lastContent(answer.request)
      parts.push(picture?.type === 'image' && picture.source.part)
      answer.text(front('False', 90))
      answer.text(n === 0 ? 'gibberish' : 'Words')
      if (n === 1) answer.finish()
    })
    const [page] = readDocument((await reading).text, 'olmocr')
    expect(parts).toEqual([undefined, { turn: 90 }])
    expect(page).toMatchObject({ turned: 90, blocks: [{ markdown: 'Words' }] })
  })

  test('is left as it is when it does not say by how much', async () => {
    const engine = new ScriptedEngine()
    const { follow } = collect()
    const reading = follow(readPages(job(1, { profile: profile('olmocr') }), engine))
    const answer = await engine.nextAnswer()
    answer.text(`${front('False', 0)}Words`)
    answer.finish()
    expect(readDocument((await reading).text, 'olmocr')[0]).toMatchObject({
      turned: 0,
      blocks: [{ markdown: 'Words' }],
    })
  })
})

describe('a page in two passes', () => {
  const passes: ProfilePasses = {
    layout: { prompt: '\nLayout Detection:', size: { width: 1036, height: 1036 } },
    regions: {
      default: '\nText Recognition:',
      byType: { table: '\nTable Recognition:', equation: '\nFormula Recognition:' },
    },
  }
  const line = (box: string, type: string, turn = 'up') =>
    `<|box_start|>${box}<|box_end|><|ref_start|>${type}<|ref_end|><|rotate_${turn}|>`
  const layout = [
    line('100 100 900 200', 'title'),
    line('100 200 900 400', 'table', 'left'),
    line('100 400 900 700', 'image'),
    line('100 700 900 900', 'equation'),
  ].join('\n')
  const done = { usage: {}, timings: {}, tokens: [], promptIds: [], finishReason: 'stop' } as unknown as AnswerResult

  /** An engine whose batches end in another order than they were asked in, each question by what `says` says to it. */
  function inPasses(says: (prompt: string) => string | AppError = (prompt) => `read ${prompt.trim()}`) {
    const engine = new ScriptedEngine()
    const asked: AnswerRequest[][] = []
    engine.batch = async function* (_, requests): AsyncGenerator<BatchEvent> {
      asked.push([...requests])
      for (const index of [...requests.keys()].reverse()) {
        const words = lastContent(requests[index]!).at(-1)
        const said = says(words?.type === 'text' ? words.text : '')
        if (said instanceof AppError) yield { type: 'failed', index, error: said.toInfo() }
        else {
          yield { type: 'text', index, text: said }
          yield { type: 'done', index, result: done }
        }
      }
    }
    return { engine, asked }
  }
  const twoPasses = job(1, { profile: profile('mineru'), passes })

  test('has its layout read first, then each region cut out of the original, and comes in reading order', async () => {
    const { engine, asked } = inPasses()
    const { follow } = collect()
    const reading = follow(readPages(twoPasses, engine))
    const answer = await engine.nextAnswer()
    expect(lastContent(answer.request)).toMatchObject([
      { type: 'image', resizedWidth: 1036, resizedHeight: 1036 },
      { type: 'text', text: '\nLayout Detection:' },
    ])
    answer.text(layout)
    answer.finish()
    const { text } = await reading
    expect(asked[0]!.map(lastContent)).toMatchObject([
      [{ source: { part: { box: { x1: 0.1, y1: 0.1, x2: 0.9, y2: 0.2 } } } }, { text: '\nText Recognition:' }],
      [{ source: { part: { turn: 270 } } }, { text: '\nTable Recognition:' }],
      [{ source: { part: { box: { y1: 0.7 } } } }, { text: '\nFormula Recognition:' }],
    ])
    expect(lastContent(asked[0]![0]!)[0]).not.toHaveProperty('resizedWidth')
    expect(readDocument(text, 'mineru')[0]!.blocks.map(({ type, markdown }) => [type, markdown])).toEqual([
      ['title', '## read Text Recognition:'],
      ['table', 'read Table Recognition:'],
      ['picture', '![]()'],
      ['formula', '$$\nread Formula Recognition:\n$$'],
    ])
  })

  test('that was cut off reads only the regions that are not there', async () => {
    const { engine, asked } = inPasses()
    const { follow } = collect()
    const text = `${line('100 100 900 200', 'title')}\nA title\n${line('100 200 900 400', 'table', 'left')}\n<fcel>ha`
    const reading = follow(readPages(twoPasses, engine, { before: { text, media: [] } }))
    const answer = await engine.nextAnswer()
    answer.text(layout)
    answer.finish()
    const page = readDocument((await reading).text, 'mineru')[0]!
    expect(page.blocks[0]!.markdown).toBe('## A title')
    expect(asked[0]).toHaveLength(2)
  })

  test('says which of its regions could not be read, and ends as not wholly read; those are read again', async () => {
    const tooLarge = (prompt: string) => (prompt.includes('Table') ? new AppError('ContextFull', 'Too large.') : 'fine')
    const { engine } = inPasses(tooLarge)
    const { follow } = collect()
    const reading = follow(readPages(twoPasses, engine))
    const answer = await engine.nextAnswer()
    answer.text(layout)
    answer.finish()
    const { text, error, result } = await reading
    expect(readDocument(text, 'mineru')[0]!.blocks[1]!.markdown).toContain('Too large.')
    expect(result).toBeNull()
    expect(error).toMatchObject({
      code: 'ContextFull',
      message: expect.stringMatching(/^1 of the page’s 4 parts could not be read: Too large\./) as string,
    })

    const again = inPasses()
    const second = collect()
    const more = second.follow(readPages(twoPasses, again.engine, { before: { text, media: [] } }))
    const next = await again.engine.nextAnswer()
    next.text(layout)
    next.finish()
    expect((await more).error).toBeNull()
    expect(again.asked[0]!.map((one) => lastContent(one).at(-1))).toEqual([
      { type: 'text', text: '\nTable Recognition:' },
    ])
  })

  test('of several leaves the others: its parts that were read are kept and not read again', async () => {
    const { engine } = inPasses((prompt) => (prompt.includes('Table') ? new AppError('EngineFailed', 'No.') : 'fine'))
    const { follow } = collect()
    const two = job(2, { profile: profile('mineru'), passes })
    const reading = follow(readPages(two, engine))
    await play(engine, 2, (answer, n) => {
      answer.text(n === 0 ? layout : line('100 100 900 200', 'title'))
      answer.finish()
    })
    const { text, error } = await reading
    expect(error).toMatchObject({ message: expect.stringMatching(/^Page 1 of 2 could not be read/) as string })
    const [first, last] = readDocument(text, 'mineru')
    expect([first?.blocks.length, first?.isWhole, last?.failure]).toEqual([4, true, null])
    const again = inPasses()
    const more = collect().follow(readPages(two, again.engine, { before: { text, media: [] } }))
    const next = await again.engine.nextAnswer()
    next.text(layout)
    next.finish()
    expect(readDocument((await more).text, 'mineru').map(({ failure }) => failure)).toEqual([null, null])
    expect(again.asked[0]).toHaveLength(1)
  })

  test('reads each region with the detail that was asked for, and a type that every object has as text', async () => {
    const { engine, asked } = inPasses()
    const detailed = {
      ...twoPasses,
      requests: twoPasses.requests.map((one) => ({
        ...one,
        messages: one.messages.map((message) => ({
          ...message,
          content: message.content.map((part) =>
            part.type === 'image' ? { ...part, minPixels: 3136, maxPixels: 50_176 } : part,
          ),
        })),
      })),
    }
    const reading = collect().follow(readPages(detailed, engine))
    const answer = await engine.nextAnswer()
    answer.text(line('100 100 900 200', 'constructor'))
    answer.finish()
    await reading
    expect(lastContent(asked[0]![0]!)).toMatchObject([
      { minPixels: 3136, maxPixels: 50_176 },
      { text: '\nText Recognition:' },
    ])
  })
})
