import { AppError } from '#contract'
import type { ChatMessage, ChatPart } from '../../headless.ts'
import type { Bench, Measurement } from '../measurement.ts'

const CONTEXT_SHARE = 0.85
const SIDE = 448
/** Tokens of two frames of that side. */
const PAIR_TOKENS = (SIDE / 28) ** 2
const LARGE_SIDE = 1344

type Phase = 'encoding' | 'prefill'
/** Into the encoding, in ms: within the attention of a large picture, not at its first and shortest step. */
const INTO_ENCODING_MS = 700

/** From Stop, pressed while a prompt that nearly fills the context is read or a large picture looked at, until the engine has stopped. */
export const stop: Measurement = {
  name: 'stop',
  needsPictures: false,
  async run(bench) {
    const { workload, runs } = bench
    const text: number[] = []
    const video: number[] = []
    const picture: number[] = []
    for (let i = 0; i < runs; i++) text.push(await stopped(bench, workload.textPrompt(CONTEXT_SHARE), 'prefill'))
    const figures = [{ name: 'stop_ms', label: 'stop while a long prompt is read', unit: 'ms' as const, values: text }]
    if (workload.model.projectorPath === null) return { figures, ratios: [] }

    const frames = await videoFrames(bench)
    for (let i = 0; i < runs; i++) {
      // a text of its own before it: the video is encoded once, and read anew in every run
      const message: ChatMessage = {
        role: 'user',
        content: [{ type: 'text', text: `Question ${i} on this video: ` }, frames],
      }
      video.push(await stopped(bench, [message], 'prefill'))
      picture.push(
        await stopped(bench, [{ role: 'user', content: [await workload.newPicture(LARGE_SIDE)] }], 'encoding'),
      )
    }
    return {
      figures: [
        ...figures,
        { name: 'stop_video_ms', label: 'stop while a long video is read', unit: 'ms', values: video },
        {
          name: 'stop_picture_ms',
          label: `stop while ${LARGE_SIDE} x ${LARGE_SIDE} pixels are encoded`,
          unit: 'ms',
          values: picture,
        },
      ],
      ratios: [],
    }
  },
}

/** A video that fills most of the context. */
async function videoFrames({ workload }: Bench): Promise<ChatPart> {
  const pairs = Math.floor((workload.contextTokens * CONTEXT_SHARE) / PAIR_TOKENS)
  const pictures = await Promise.all(Array.from({ length: pairs * 2 }, () => workload.newPicture(SIDE)))
  return {
    type: 'video',
    frames: pictures.flatMap((part) => (part.type === 'image' ? [part.source] : [])),
    resizedWidth: SIDE,
    resizedHeight: SIDE,
  }
}

/** Milliseconds from the abort, once `phase` is under way, to the end of the answer. */
async function stopped({ engine, workload }: Bench, messages: readonly ChatMessage[], phase: Phase): Promise<number> {
  const abort = new AbortController()
  let pressedAt = 0
  const press = () => {
    pressedAt = performance.now()
    abort.abort()
  }
  const { result } = await engine.answer(workload.request(messages, 1), {
    signal: abort.signal,
    onEvent: (event) => {
      // a first part of a prompt is done: the next one has just begun, the worst moment to be stopped
      if (pressedAt || event.type !== 'progress' || event.progress.phase !== phase) return
      if (phase === 'prefill' && event.progress.done < event.progress.total / 20) return
      pressedAt = Infinity
      if (phase === 'prefill') press()
      else setTimeout(press, INTO_ENCODING_MS)
    },
  })
  const ended = performance.now()
  if (result.finishReason !== 'aborted')
    throw new AppError('EngineFailed', 'The benchmark is not valid: the prompt was read before it could be stopped.')
  return ended - pressedAt
}
