import { AppError, errorKinds, toErrorInfo } from '#contract'
import type { ErrorInfo, ProfilePasses, Seen, SeenProfile, Timings, Usage } from '#contract'
import type { AnswerEvent, AnswerRequest, AnswerResult, ChatPart, Engine, Source } from '../../engine/index.ts'
import {
  PAGE_END,
  failedPage,
  isRead,
  readFrontMatter,
  readLayout,
  splitPages,
  turnedLine,
  withoutPageEnds,
  writeRegion,
} from '../../lib/documents/index.ts'
import type { Region } from '../../lib/documents/index.ts'

/** Pages that are read one after another into one answer. */
export interface PageJob {
  /** What each page is asked, in order: a request with one picture. */
  readonly requests: readonly AnswerRequest[]
  readonly profile: SeenProfile
  /** How a page is read in two passes; null: in one. */
  readonly passes: ProfilePasses | null
}

/** What was read of a job before it ended. */
export interface PagesBefore {
  readonly text: string
  readonly media: Seen['media']
}

/** What reading pages yields: `rewritten` is all of the text until then, in the place of what was yielded before. */
export type PageEvent = AnswerEvent | { readonly type: 'rewritten'; readonly text: string }

/** Regions of a page that share a step of the model. */
const PARALLEL = 4

/** Tokens of the context of each pass where none is chosen: a page, or a region at full detail, and what is read in it. */
const PASS_CONTEXT = 8192

type Picture = Extract<ChatPart, { type: 'image' }>

/**
 * Reads the pages of a job one after another, each with a request of its own. What was read of a page that ended stays,
 * whatever becomes of the others: a page that cannot be read says why in its place, and the job ends with that error when
 * the others are read; what was read of it until then stands behind that. With `before` it goes on from there: pages that
 * are not whole, or could not be read, are read again; what is there of one stays until there is something new of it.
 * Throws what ends all of it: no model, no room, an engine that ended twice in a row.
 */
export async function* readPages(
  job: PageJob,
  engine: Pick<Engine, 'answer' | 'batch'>,
  { signal, before }: { readonly signal?: AbortSignal | undefined; readonly before?: PagesBefore | undefined } = {},
): AsyncGenerator<PageEvent> {
  const { requests } = job
  const count = requests.length
  const known = before ? splitPages(before.text).slice(0, count) : []
  const done = known.filter(({ isWhole }) => isWhole)
  /** What the answer holds of each page that ended. */
  const texts = done.map(({ whole }) => whole)
  const failures = new Map<number, ErrorInfo | null>(
    done.flatMap(({ failure }, i) => (failure === null ? [] : [[i, null]])),
  )
  const media: Seen['media'][number][] = [...(before?.media ?? [])]
  const totals = new Totals()
  const stored = (): string => texts.map((text) => text + PAGE_END).join('')
  /** What is there of the next page, which was cut off. */
  let rest = known.find(({ isWhole }) => !isWhole)?.whole ?? ''
  /** Whether more is shown than the pages that ended. */
  let isStale = before !== undefined && before.text !== stored()
  let crashed = false

  for (let index = 0; index < count; index++) {
    if (index < texts.length && !failures.has(index)) continue
    if (signal?.aborted) return
    const isNext = index === texts.length
    yield { type: 'progress', progress: { phase: 'reading', done: index, total: count } }
    const earlier = isNext ? rest : (known[index]?.text ?? '')
    let text = ''
    try {
      const reader = readPage(job, index, engine, { signal, before: earlier })
      for await (const event of reader) {
        if (event.type === 'progress') {
          const { phase } = event.progress
          const isOfModel = phase === 'waiting' || phase === 'loading'
          yield isOfModel ? event : { type: 'progress', progress: { phase: 'reading', done: index, total: count } }
        } else if (event.type === 'seen') {
          const [seen] = event.seen.media
          while (media.length < index) media.push({ width: 0, height: 0, frames: 1, tokens: 0 })
          if (seen) media[index] = seen
          yield { type: 'seen', seen: { ...event.seen, media: [...media], profile: job.profile } }
        } else if (event.type === 'done') {
          totals.add(event.result)
          if (event.result.finishReason === 'aborted') return
        } else if (event.type === 'rewritten') {
          text = event.text
          if (!isNext) continue
          isStale = false
          yield { type: 'rewritten', text: stored() + text }
        } else if (event.type === 'text') {
          const written = withoutPageEnds(event.text)
          text += written
          if (!isNext) continue
          yield isStale ? { type: 'rewritten', text: stored() + text } : { type: 'text', text: written }
          isStale = false
        } else yield event
      }
      if (signal?.aborted) return
      crashed = false
      texts[index] = text.trimEnd()
      failures.delete(index)
      if (isNext) rest = ''
      yield isNext && !isStale
        ? { type: 'text', text: text.endsWith('\n') ? PAGE_END.slice(1) : PAGE_END }
        : { type: 'rewritten', text: stored() + rest }
    } catch (error) {
      if (signal?.aborted) throw error
      const info = toErrorInfo(error)
      const isEngine = !(error instanceof PartsNotRead) && errorKinds[info.code] === 'engine'
      if (count === 1 || (crashed && isEngine) || !(error instanceof PartsNotRead || isOfOnePage(info))) throw error
      crashed = isEngine
      failures.set(index, info)
      const kept = text.trim() === '' ? earlier : text
      texts[index] = failedPage(info.message) + (kept === '' ? '' : `\n${kept}`)
      if (isNext) rest = ''
      yield { type: 'rewritten', text: stored() + rest }
    }
    isStale = rest !== ''
  }
  const failed = [...failures].find(([, info]) => info !== null)
  if (failed) throw notAllRead(failures.size, count, failed[0], failed[1]!)
  yield { type: 'done', result: totals.result() }
}

/** Whether the next page may well be read after such an error. */
const isOfOnePage = ({ code }: ErrorInfo): boolean =>
  [
    'MediaNotFound',
    'NotFound',
    'UnsupportedMedia',
    'DamagedMedia',
    'MediaTooLarge',
    'ContextFull',
    'InvalidInput',
    'EngineCrashed',
    'EngineStalled',
  ].includes(code)

/** Some regions of a page could not be read, others were. */
class PartsNotRead extends AppError {
  constructor(failed: number, count: number, { code, message, detail }: ErrorInfo) {
    super(code, `${failed} of the page’s ${count} parts could not be read: ${message}`, detail)
  }
}

function notAllRead(failed: number, count: number, first: number, { code, message, detail }: ErrorInfo): AppError {
  const which = failed === 1 ? `Page ${first + 1} of ${count}` : `${failed} of ${count} pages, page ${first + 1} first,`
  return new AppError(code, `${which} could not be read: ${message} The others are kept.`, detail)
}

interface PageOptions {
  readonly signal: AbortSignal | undefined
  /** What was read of the page before its reading was cut off. */
  readonly before: string
}

const readPage = (job: PageJob, index: number, engine: Pick<Engine, 'answer' | 'batch'>, options: PageOptions) =>
  job.passes
    ? readInPasses(job.requests[index]!, job.passes, engine, options)
    : readAtOnce(job.requests[index]!, job.profile, engine, options)

/** Reads a page with one question; one that lies wrong is turned as olmOCR says and asked about again, once. */
async function* readAtOnce(
  request: AnswerRequest,
  { parser }: SeenProfile,
  engine: Pick<Engine, 'answer'>,
  { signal }: PageOptions,
): AsyncGenerator<PageEvent> {
  let text = ''
  let turn: 0 | 90 | 180 | 270 = 0
  for await (const event of engine.answer(request, { ...(signal && { signal }) })) {
    if (event.type === 'text' && parser === 'olmocr') {
      text += event.text
      const { front } = readFrontMatter(text)
      // the rest of a page that lies wrong is not worth its time
      if (front && !front.isRotationValid && front.rotation !== 0) {
        turn = front.rotation
        break
      }
    }
    yield event
  }
  if (turn === 0) return
  yield { type: 'rewritten', text: turnedLine(turn) }
  const turned = withPicture(request, (picture) => ({ ...picture, source: { ...picture.source, part: { turn } } }))
  yield* engine.answer(turned, { ...(signal && { signal }) })
}

/**
 * Reads a page as MinerU2.5 does: its layout in a picture of a size of its own, then each region, cut out of the original,
 * with the prompt of its type. Regions are read together and come in reading order, each whole. Those that `before` holds
 * are not read again. Throws PartsNotRead once all else of the page is there.
 */
async function* readInPasses(
  request: AnswerRequest,
  { layout, regions: prompts }: ProfilePasses,
  engine: Pick<Engine, 'answer' | 'batch'>,
  { signal, before }: PageOptions,
): AsyncGenerator<PageEvent> {
  let written = ''
  const whole = asked(request, layout.prompt, (picture) => ({
    ...picture,
    resizedWidth: layout.size.width,
    resizedHeight: layout.size.height,
  }))
  for await (const event of engine.answer(whole, { ...(signal && { signal }) })) {
    if (event.type === 'text') written += event.text
    else {
      yield event
      if (event.type === 'done' && event.result.finishReason === 'aborted') return
    }
  }
  const regions = readLayout(written)
  if (regions.length === 0) {
    // no page, or an answer in words: what the model wrote is what there is
    if (written.trim() !== '') yield { type: 'text', text: written }
    return
  }
  const known = finishedRegions(before)
  /** What each region says; undefined: not read yet. */
  const contents = regions.map((region) => (isRead(region) ? known.get(region.line) : ''))
  let next = 0
  const ready = (): string => {
    let text = ''
    for (; next < regions.length && contents[next] !== undefined; next++)
      text += writeRegion(regions[next]!, contents[next]!)
    return text
  }
  const first = ready()
  if (first !== '') yield { type: 'text', text: first }
  const open = regions.flatMap((_, i) => (contents[i] === undefined ? [i] : []))
  const wanted = open.map((i) => {
    const { type, box, turn } = regions[i]!
    const part = { box, ...(turn !== 0 && { turn }) }
    // a picture of its own: its detail is that of the page, its exact size is not
    return asked(request, Object.hasOwn(prompts.byType, type) ? prompts.byType[type]! : prompts.default, (picture) => ({
      type: 'image',
      source: { ...picture.source, part } satisfies Source,
      ...(picture.minPixels !== undefined && { minPixels: picture.minPixels }),
      ...(picture.maxPixels !== undefined && { maxPixels: picture.maxPixels }),
    }))
  })
  const read = open.map(() => '')
  let failure: ErrorInfo | null = null
  let failed = 0
  let hasRead = known.size > 0 || open.length === 0
  for await (const event of engine.batch(request.model, wanted, { parallel: PARALLEL, ...(signal && { signal }) })) {
    const region = open[event.index]!
    if (event.type === 'text') read[event.index] += event.text
    else if (event.type === 'failed') {
      failure ??= event.error
      failed += 1
      contents[region] = `[This part could not be read: ${event.error.message}]`
    } else if (event.type === 'done') {
      if (event.result.finishReason === 'aborted') return
      hasRead = true
      contents[region] = read[event.index]!
      yield { type: 'done', result: event.result }
    }
    if (event.type === 'done' || event.type === 'failed') {
      const text = ready()
      if (text !== '') yield { type: 'text', text }
    }
  }
  if (failure) throw hasRead ? new PartsNotRead(failed, regions.length, failure) : AppError.from(failure)
}

/** The regions of a page that was cut off, by their lines, with what was read in them. Each was stored whole, but for the last. */
function finishedRegions(text: string): Map<string, string> {
  const regions = readLayout(text)
  const known = new Map<string, string>()
  regions.forEach((region: Region & { readonly end: number }, i) => {
    const isCutOff = i === regions.length - 1 && !text.endsWith('\n')
    const content = text.slice(region.end, regions[i + 1]?.start).trim()
    // an empty one may be one that could not be read
    if (!isCutOff && content !== '' && !content.startsWith('[This part could not be read'))
      known.set(region.line, content)
  })
  return known
}

/** A request with something else made of its picture. */
function withPicture(request: AnswerRequest, change: (picture: Picture) => Picture): AnswerRequest {
  return {
    ...request,
    messages: request.messages.map((message) => ({
      ...message,
      content: message.content.map((part) => (part.type === 'image' ? change(part) : part)),
    })),
  }
}

/** A request with its picture and other words, which stand as they are behind it. */
function asked(request: AnswerRequest, prompt: string, change: (picture: Picture) => Picture): AnswerRequest {
  const { messages } = request
  const last = messages.at(-1)!
  const picture = last.content.find((part) => part.type === 'image')
  if (!picture) return request
  return {
    ...request,
    contextTokens: request.contextTokens ?? PASS_CONTEXT,
    messages: [...messages.slice(0, -1), { ...last, content: [change(picture), { type: 'text', text: prompt }] }],
  }
}

/** What all questions of a job took. */
class Totals {
  private usage: Usage | null = null
  private timings: Timings | null = null
  private generationMs = 0
  private readonly notes = new Set<string>()
  private readonly tokens: number[] = []

  add({ usage, timings, notes = [], tokens, finishReason }: AnswerResult): void {
    if (finishReason === 'aborted') return
    for (const note of notes) this.notes.add(note)
    for (const token of tokens) this.tokens.push(token)
    if (timings.tokensPerSecond > 0) this.generationMs += (usage.completionTokens / timings.tokensPerSecond) * 1000
    const before = this.usage
    if (!before || !this.timings) {
      this.usage = usage
      this.timings = timings
      return
    }
    const cutOff = before.cutOff ?? usage.cutOff
    this.usage = {
      promptTokens: before.promptTokens + usage.promptTokens,
      imageTokens: before.imageTokens + usage.imageTokens,
      completionTokens: before.completionTokens + usage.completionTokens,
      cachedTokens: before.cachedTokens + usage.cachedTokens,
      contextTokens: Math.max(before.contextTokens, usage.contextTokens),
      ...(cutOff && { cutOff }),
    }
    this.timings = {
      ...this.timings,
      loadMs: this.timings.loadMs + timings.loadMs,
      encodeMs: this.timings.encodeMs + timings.encodeMs,
      prefillMs: this.timings.prefillMs + timings.prefillMs,
    }
  }

  /** Of all of them; where nothing had to be read, of nothing. */
  result(): AnswerResult {
    const { usage, timings, generationMs } = this
    const empty = { promptTokens: 0, imageTokens: 0, completionTokens: 0, cachedTokens: 0, contextTokens: 0 }
    return {
      tokens: this.tokens,
      promptIds: [],
      usage: usage ?? empty,
      timings: {
        ...(timings ?? { loadMs: 0, encodeMs: 0, prefillMs: 0, ttftMs: 0 }),
        tokensPerSecond: usage && generationMs > 0 ? (usage.completionTokens * 1000) / generationMs : 0,
      },
      finishReason: usage?.cutOff === 'length' ? 'length' : 'stop',
      ...(this.notes.size > 0 && { notes: [...this.notes] }),
    }
  }
}
