import { parseArgs } from 'node:util'
import { AppError, PIXELS_PER_TOKEN, VisionSetting } from '#contract'
import type { Profile, ProfileJob, Thinking, ThinkingForm } from '#contract'
import {
  asAsked,
  createHeadless,
  parseProfile,
  jobOf,
  profileText,
  systemOf,
  wantedJob,
  wantsWords,
} from '../headless.ts'
import type { AnswerRequest, AnswerResult, ChatMessage, ChatPart, Headless, ModelSummary } from '../headless.ts'
import { headlessPorts } from '../nodePorts.ts'
import { countVideos, readMessages, toSource, videoPart } from './messages.ts'
import { visionOf } from '../lib/families/families.ts'
import { DrawnPages, isDrawn } from './drawnPages.ts'
import { fitRequest, readFormat, readText, roomForVideos, toLora } from './request.ts'
import { UsageError, decimal, integer, onOff, oneOf, runCommand } from './usage.ts'
import { Videos } from './videos.ts'

const USAGE = `sightline ask [options] "question"

A picture or a video alone is a question too: the question then may be left out.

  --model TEXT.gguf --mmproj PROJ.gguf   the model and its projector (default: the demo model)
  --image FILE         a picture; may be repeated
  --image FILE.pdf     a page of a PDF: the first, or that of --page; where LibreOffice is installed, of documents of
                       office programs and web pages too
  --page N             which page of these, and of the pictures with several pages (default: 1)
  --password TEXT      opens the PDFs that are protected
  --video FILE         a video; may be repeated: a video file (needs ffmpeg), a folder of frames,
                       or frames with commas between them: frame1.png,frame2.png
  --fps N              frames per second: of the frames, or how many of a video file are seen (default: 2)
  --profile ID|FILE|none   what a fine-tune expects: the id of a profile of the app, a profile of your own (JSON),
                       or none (default: the one that the model is recognised by)
  --job ID             what the fine-tune is asked to do; its prompt takes the question in
  --messages FILE.json a whole conversation, OpenAI style; the question then may be left out
  --system TEXT        the system prompt
  --max-tokens N       the longest answer, in tokens; a thought before it does not count
  --thinking on|off    whether the model may think first, where its template has a switch (default: off:
                       with pictures models were measured to see worse after a thought)
  --thinking-budget N  the longest thought, in tokens; then the model has to answer
                       (default: as long as the context leaves room for an answer)
  --context N          size of the context in tokens (default: as large as needed)
  --vision exact|balanced|fastest   how the processor looks at pictures: in single precision, the same
                       numbers at every run; as fast as hardly changes what is seen (default); or in 8 bits
                       everywhere. A graphics card has its own way
  --temperature T      0: always the likeliest token (default)
  --top-p P  --top-k K  --min-p P  --repeat-penalty R  --seed N
  --min-pixels N  --max-pixels N   how large the model sees a picture
  --fit                lowers what does not fit the context, and says so: fewer and smaller frames, smaller pictures
  --vision-id | --no-vision-id     "Picture 1: " labels (default: with more than one picture)
  --raw                the text as it is, without the chat template: for base models, which go on from it;
                       only here tokens written in it, such as <|im_end|>, count
  --json-schema FILE   the answer is JSON that this schema allows
  --grammar FILE       the answer is what this GBNF grammar allows (its first rule is called root)
  --lora FILE[=SCALE]  a LoRA adapter (GGUF) and how strongly it applies (default: 1); may be repeated
  --ignore-eos         go on past the end of the answer; thoughts are not told from it then
  --json               print one JSON object instead of streaming text; what was thought is its "reasoning",
                       what looked at pictures its "vision"

Standard output is the answer alone. What the model thinks before it is shown, dimmed, on standard error where that is a
terminal.

Exit codes: 0 answer, 2 bad usage, 3 bad input, 4 engine failure.
`

const string = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const options = {
  model: string,
  mmproj: string,
  image: { type: 'string', multiple: true },
  video: { type: 'string', multiple: true },
  messages: string,
  profile: string,
  job: string,
  system: string,
  'max-tokens': string,
  thinking: string,
  'thinking-budget': string,
  context: string,
  vision: string,
  temperature: string,
  'top-p': string,
  'top-k': string,
  'min-p': string,
  'repeat-penalty': string,
  seed: string,
  'min-pixels': string,
  'max-pixels': string,
  fps: string,
  page: string,
  password: string,
  fit: flag,
  'json-schema': string,
  grammar: string,
  lora: { type: 'string', multiple: true },
  'vision-id': flag,
  'no-vision-id': flag,
  'ignore-eos': flag,
  raw: flag,
  json: flag,
  help: flag,
} as const

/** Those that name files. */
const FILES = ['model', 'mmproj', 'image', 'video', 'messages', 'json-schema', 'grammar', 'lora'] as const

const DEFAULT_MAX_TOKENS = 512

const tell = (note: string) => void process.stderr.write(`${note}\n`)

/** `sightline ask`: one answer on standard output. Returns the exit code. */
export function ask(argv: string[]): Promise<number> {
  return runCommand(USAGE, async () => {
    const { values, question, looks } = parse(argv)
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    if (!values.model && values.mmproj) throw new UsageError('--mmproj needs --model')
    const headless = createHeadless(headlessPorts())
    const abort = new AbortController()
    const videos = new Videos(abort.signal, tell)
    const { password } = values
    const drawn = new DrawnPages({ paged: headless.paged, password, pixels: Infinity, tell })
    const stop = () => abort.abort()
    process.once('SIGINT', stop)
    process.stdout.on('error', stop)
    try {
      const demo = headless.demoModel
      const model = values.model ? { textPath: values.model, projectorPath: values.mmproj ?? null } : demo
      const defaults = values.model ? null : demo.defaults
      const summary = values.model ? await headless.engine.inspect(model) : null
      const profile = await profileFor(values, headless, summary)
      const job = jobFor(profile, values.job)
      const vision = visionOf(summary?.family ?? 'qwen2vl')
      videos.vision = vision
      const budget = defaults?.budget ?? vision
      const maxPixels = integer('max-pixels', values['max-pixels'], PIXELS_PER_TOKEN) ?? budget.maxPixels
      drawn.pixels = maxPixels
      const wanted: Omit<AnswerRequest, 'messages'> = {
        model: { textPath: model.textPath, projectorPath: model.projectorPath },
        budget: {
          minPixels: Math.min(
            integer('min-pixels', values['min-pixels'], PIXELS_PER_TOKEN) ?? budget.minPixels,
            maxPixels,
          ),
          maxPixels,
        },
        contextTokens: integer('context', values.context, 256) ?? defaults?.contextTokens ?? null,
        context: { vision: looks },
        maxTokens:
          integer('max-tokens', values['max-tokens'], 1) ??
          profile?.maxTokens ??
          defaults?.maxTokens ??
          DEFAULT_MAX_TOKENS,
        thinking: onOff('thinking', values.thinking ?? 'off'),
        thinkingBudget: integer('thinking-budget', values['thinking-budget'], 1) ?? null,
        sampling: {
          temperature: decimal('temperature', values.temperature, 0, 5) ?? profile?.sampling.temperature ?? 0,
          topP: decimal('top-p', values['top-p'], 0, 1) ?? profile?.sampling.topP ?? 1,
          topK: integer('top-k', values['top-k'], 0, 100_000) ?? profile?.sampling.topK ?? 0,
          minP: decimal('min-p', values['min-p'], 0, 1) ?? profile?.sampling.minP ?? 0,
          repeatPenalty:
            decimal('repeat-penalty', values['repeat-penalty'], 0.1, 5) ?? profile?.sampling.repeatPenalty ?? 1,
          seed: integer('seed', values.seed, 0, 0xffff_fffe) ?? null,
        },
        visionId: values['vision-id'] ? true : values['no-vision-id'] ? false : undefined,
        ignoreEos: values['ignore-eos'] ?? false,
        isRaw: values.raw ?? false,
        format: await readFormat(values),
        lora: (values.lora ?? []).map(toLora),
        ...(profile && profile.stop.length > 0 && { stop: profile.stop }),
        ...(profile?.thinking && { thoughtUntil: profile.thinking.until }),
      }
      if (values.fit) {
        const count = (values.video ?? []).length + (values.messages ? await countVideos(values.messages) : 0)
        const without = { ...wanted, messages: await asked(values, question, { videos: null, drawn }, profile, job) }
        if (count > 0) videos.room = await roomForVideos(headless.engine, without, count)
      }
      const whole = { ...wanted, messages: await asked(values, question, { videos, drawn }, profile, job) }
      const request = values.fit ? await fitRequest(headless.engine, whole, tell, vision) : whole
      const showThought = process.stderr.isTTY && !values.json ? dimmed : () => {}
      let text = ''
      let reasoning = ''
      let result: AnswerResult | null = null
      for await (const event of headless.engine.answer(request, { signal: abort.signal })) {
        if (event.type === 'done') result = event.result
        if (event.type === 'reasoning') {
          reasoning += event.text
          showThought(event.text)
        }
        if (event.type === 'reasoned') showThought('\n\n')
        if (event.type !== 'text') continue
        text += event.text
        if (!values.json) process.stdout.write(event.text)
      }
      const { note: ofModel, thinking: form, vision: how } = headless.engine.state
      process.stdout.write(
        values.json ? `${JSON.stringify({ ...report(text, reasoning, result!), vision: how })}\n` : '\n',
      )
      const ofThinking = values.thinking && !values.raw ? thinkingNote(request.thinking, form) : null
      if (ofThinking) tell(ofThinking)
      for (const note of new Set([...(ofModel ? [ofModel] : []), ...(result!.notes ?? [])])) tell(note)
      // as JSON it says so itself; what goes on past its end always ends there
      const { usage } = result!
      if (usage.cutOff && !values.json && !values['ignore-eos']) tell(cutOffNote(usage, values.context !== undefined))
      return 0
    } finally {
      process.removeListener('SIGINT', stop)
      process.stdout.removeListener('error', stop)
      await Promise.all([headless.close(), videos.close(), drawn.close()])
    }
  })
}

type Values = ReturnType<typeof parse>['values']

function parse(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true, strict: true })
    if (positionals.length > 1) throw new UsageError(`one question, in quotes, not ${positionals.length}`)
    // as a variable of a script that is not set gives it; the demo model, or no picture at all, would answer otherwise
    for (const name of FILES)
      if ([values[name] ?? []].flat().some((file) => file.trim() === '')) throw new UsageError(`--${name} wants a file`)
    if (values.raw && (values.profile ?? values.job) !== undefined)
      throw new UsageError('--raw is the text as it is, without the prompt of a --profile or a --job')
    if (values.raw && (values.thinking ?? values['thinking-budget']) !== undefined)
      throw new UsageError('--raw is without a chat template, so there is no switch for --thinking to set')
    const asks = positionals.length > 0 || values.messages !== undefined || values.image || values.video
    if (!asks && !values.help) throw new UsageError('the question is missing')
    const looks = oneOf('vision', values.vision, VisionSetting.options)
    return { values, question: positionals[0], looks }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError((error as Error).message)
  }
}

/** What a terminal shows less strongly (SGR 2, faint). */
const dimmed = (text: string): void => void process.stderr.write(`\u001b[2m${text}\u001b[22m`)

/** Says that what was asked for with `--thinking` is nothing that the model can be told; null: it was. */
function thinkingNote(wanted: Thinking | undefined, form: ThinkingForm | undefined): string | null {
  if (wanted === 'on' && form === 'none')
    return 'This model has no switch for thinking: its template knows of no thoughts.'
  if (wanted === 'off' && form === 'always')
    return 'This model always thinks first: its template has no switch. --thinking-budget limits how long.'
  return null
}

/** The profile that is asked for, else the one that the model is recognised by, which is told; null: none. */
async function profileFor(values: Values, headless: Headless, summary: ModelSummary | null): Promise<Profile | null> {
  const wanted = values.profile
  if (values.raw || wanted === 'none') return null
  if (wanted === undefined) {
    const found = summary && headless.recognised(values.model!, summary)
    if (found)
      tell(`Asked with the profile of ${found.profile.name}, known by ${found.by}. --profile none asks without.`)
    return found?.profile ?? null
  }
  if (/\.json$/i.test(wanted)) return parseProfile(await readText(wanted, 'profile'), wanted)
  const profiles = headless.profiles()
  const found = profiles.find(({ id }) => id === wanted)
  if (!found)
    throw new UsageError(
      `--profile ${wanted}: no profile has this id; there are ${profiles.map(({ id }) => id).join(', ')}`,
    )
  return found
}

/** The job that is asked for; null: none. @throws UsageError for one that is not there, or that reads pages. */
function jobFor(profile: Profile | null, id: string | undefined): ProfileJob | null {
  const job = jobOf(profile, id)
  if (job?.pages) throw new UsageError(`--job ${job.id} reads pages one by one: use sightline read`)
  if (job || id === undefined) return job
  try {
    return wantedJob(profile, id)
  } catch (error) {
    throw new UsageError(`--job ${id}: ${(error as Error).message}`)
  }
}

/** What reads the files that are no pictures; without videos these are left out. */
interface Readers {
  readonly videos: Videos | null
  readonly drawn: DrawnPages
}

/** The messages as the model's profile has them; the command line's own choices go before it. */
async function asked(
  values: Values,
  question: string | undefined,
  readers: Readers,
  profile: Profile | null,
  job: ProfileJob | null,
): Promise<ChatMessage[]> {
  const messages = await conversation(values, question, readers)
  const last = messages.at(-1)
  const hasWords = last?.content.some((part) => part.type === 'text' && part.text.trim() !== '')
  if (job && wantsWords(job) && !hasWords)
    throw new AppError('EmptyQuestion', `The job ${job.id} wants words. Write what it is to look for or to do.`)
  const keepsSizes = values['min-pixels'] !== undefined || values['max-pixels'] !== undefined
  const system = messages[0]?.role === 'system' ? null : systemOf(profile, job)
  return [
    ...(system ? [{ role: 'system', content: [profileText(system)] } as const] : []),
    ...messages.map((message) =>
      message.role === 'user'
        ? { ...message, content: asAsked(message.content, profile, message === last ? job : null, keepsSizes) }
        : message,
    ),
  ]
}

/** The messages; without videos where `videos` is null. */
async function conversation(
  values: Values,
  question: string | undefined,
  { videos, drawn }: Readers,
): Promise<ChatMessage[]> {
  const fps = decimal('fps', values.fps, 0.01, 1000)
  // what is asked for by name holds for videos too; defaults do not: the reference has others for them
  const sizes = {
    minPixels: integer('min-pixels', values['min-pixels'], PIXELS_PER_TOKEN),
    maxPixels: integer('max-pixels', values['max-pixels'], PIXELS_PER_TOKEN),
  }
  const messages: ChatMessage[] = values.messages
    ? await drawn.withDrawn(await readMessages(values.messages, videos))
    : []
  if (values.system !== undefined)
    messages.unshift({ role: 'system', content: [{ type: 'text', text: values.system }] })
  const asksNothing = new AppError('EmptyQuestion', 'The question is empty. Write what you want to know.')
  if (question === undefined && !values.image && !values.video) {
    if (messages.at(-1)?.content.every((part) => part.type === 'text' && !part.text.trim())) throw asksNothing
    return messages
  }
  if (!question?.trim() && !values.image && !values.video) throw asksNothing
  const page = integer('page', values.page, 1)
  const media: ChatPart[] = []
  for (const file of values.image ?? []) {
    const source = toSource(file, process.cwd())
    media.push({
      type: 'image',
      source:
        'path' in source && (await isDrawn(source.path))
          ? await drawn.page(source.path, page ?? 1)
          : { ...source, ...(page !== undefined && { page }) },
    })
  }
  for (const video of videos ? (values.video ?? []) : [])
    media.push(await videoPart(video, { folder: process.cwd(), fps, videos: videos!, sizes }))
  const said: ChatPart[] = question?.trim() ? [{ type: 'text', text: question }] : []
  return [...messages, { role: 'user', content: [...media, ...said] }]
}

/** Says where the answer was cut off. `isChosen`: the context is as large as was asked for, so that it may be raised. */
function cutOffNote(
  { cutOff, completionTokens, reasoningTokens = 0, contextTokens }: AnswerResult['usage'],
  isChosen: boolean,
): string {
  const length = completionTokens - reasoningTokens
  return cutOff === 'context'
    ? `The answer is cut off: the context of ${contextTokens} tokens is full.${isChosen ? ' --context raises it.' : ''}`
    : `The answer is cut off at the longest answer of ${length} ${length === 1 ? 'token' : 'tokens'}. --max-tokens raises it.`
}

/** The object of `--json`; what is of a thought only where there was one. */
function report(text: string, reasoning: string, { tokens, promptIds, usage, timings, finishReason }: AnswerResult) {
  return {
    text,
    ...(reasoning && { reasoning }),
    tokens,
    prompt: { tokens: promptIds.length, ids: promptIds },
    usage: {
      prompt_tokens: usage.promptTokens,
      image_tokens: usage.imageTokens,
      completion_tokens: usage.completionTokens,
      ...(usage.reasoningTokens && { reasoning_tokens: usage.reasoningTokens }),
    },
    timings: {
      load_ms: timings.loadMs,
      encode_ms: timings.encodeMs,
      prefill_ms: timings.prefillMs,
      ttft_ms: timings.ttftMs,
      tokens_per_second: timings.tokensPerSecond,
    },
    finish_reason: finishReason,
  }
}
