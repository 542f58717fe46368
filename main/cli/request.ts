import { readFile } from 'node:fs/promises'
import { ANSWER_ROOM, AppError, TEMPLATE_ROOM } from '#contract'
import { lowerDetail, withDetail } from '../headless.ts'
import type { AnswerRequest, Engine } from '../headless.ts'
import { tokenPixels } from '../lib/families/family.ts'
import type { VisionFacts } from '../lib/families/family.ts'
import { readSchema } from '../lib/jsonSchema.ts'
import { UsageError } from './usage.ts'
import type { VideoRoom } from './videos.ts'

type Format = NonNullable<AnswerRequest['format']>
type Lora = NonNullable<AnswerRequest['lora']>[number]

const MAX_BYTES = 1 << 20

/** The answer format that the options name; undefined: none. @throws UsageError for both, AppError InvalidInput. */
export async function readFormat(values: {
  readonly 'json-schema'?: string
  readonly grammar?: string
}): Promise<Format | undefined> {
  const { 'json-schema': schemaFile, grammar: grammarFile } = values
  if (schemaFile !== undefined && grammarFile !== undefined)
    throw new UsageError('either --json-schema or --grammar, not both')
  if (grammarFile !== undefined) return { grammar: await readText(grammarFile, 'grammar') }
  if (schemaFile === undefined) return undefined
  const text = await readText(schemaFile, 'JSON schema')
  readSchema(text, schemaFile)
  return { jsonSchema: text }
}

/** `FILE` or `FILE=SCALE`; without a scale the adapter applies fully. */
export function toLora(option: string): Lora {
  const [, path = option, scale = '1'] = /^(.+)=(-?\d*\.?\d+)$/.exec(option) ?? []
  return { path, scale: Number(scale) }
}

/** The text of a file that an option names; `what` is what errors call it. @throws AppError InvalidInput. */
export async function readText(file: string, what: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError('InvalidInput', `The ${what} file ${file} could not be read. Check its path.`, undefined, {
      cause,
    })
  })
  if (bytes.length > MAX_BYTES)
    throw new AppError('InvalidInput', `The ${what} file ${file} is larger than 1 MB. Write a smaller one.`)
  return bytes.toString('utf8')
}

/** Asks for as large a context as the model takes. */
const LARGEST = 1 << 30

/**
 * How many tokens each of `videos` videos may take beside a request without them: an equal share of what is left, and
 * of half the context at least, since pictures can be made smaller too. @throws AppError as `Engine.count`.
 */
export async function roomForVideos(engine: Engine, request: AnswerRequest, videos: number): Promise<VideoRoom> {
  const { total, context } = await engine.count(bounded(request))
  const free = context - answerRoom(request) - TEMPLATE_ROOM
  return { tokens: Math.floor(Math.max(free - total, free / 2, 0) / videos), usual: request.budget }
}

/**
 * The request with pictures and frames so small that it fits, which `tell` says; as it is where it shows none, for the
 * engine to say what is too long. @throws AppError ContextFull when none are small enough.
 */
export async function fitRequest(
  engine: Engine,
  request: AnswerRequest,
  tell: (note: string) => void,
  vision: VisionFacts,
): Promise<AnswerRequest> {
  const fits = async (request: AnswerRequest) => {
    const { total, context } = await engine.count(bounded(request))
    return total + answerRoom(request) <= context
  }
  const shows = request.messages.some(({ content }) => content.some((part) => part.type !== 'text'))
  if (!shows || (await fits(request))) return request
  const maxPixels = await lowerDetail(request, fits)
  tell(
    `To fit the context, no picture is shown larger than ${maxPixels.toLocaleString('en')} pixels ` +
      `(${Math.floor(maxPixels / tokenPixels(vision) ** 2)} tokens).`,
  )
  return withDetail(request, maxPixels)
}

const bounded = (request: AnswerRequest): AnswerRequest => ({
  ...request,
  contextTokens: request.contextTokens ?? LARGEST,
})

const answerRoom = ({ maxTokens }: AnswerRequest): number => Math.min(maxTokens, ANSWER_ROOM)
