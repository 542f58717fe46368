import { AppError, codecName, type FrameSample, type VideoPlan } from '#contract'
import { toAppError } from '../../../lib/errors.ts'
import { frameUrl, useHost, whenHost } from '../../../lib/host.ts'
import { call } from '../../../lib/rpc.ts'
import { upload } from '../../../lib/upload.ts'
import {
  coverPicture,
  fillFrames,
  openVideo,
  type OpenVideo,
  prepareVideo,
  type SampledFrame,
  startSampling,
} from '../../../lib/video/index.ts'
import { planPrepare } from '../prepare.ts'
import { addPicture, refuse, setClip, storedPicture, toParts, type Picture, type Refusal } from '../state.ts'
import { draftKey, draftOf, updateDraft } from '../store.ts'
import { openingClip, wished, type Clip, type ClipWish } from './clip.ts'

/** Waiting time before frames are read again after a change, in ms. */
const SETTLE_MS = 350
/** Thumbnails to trim by, and their height in pixels. */
const OVERVIEW = { count: 12, height: 112 } as const

/** Frames that are being decoded before the core has the file. */
interface Ahead {
  readonly sample: FrameSample
  readonly frames: AsyncGenerator<SampledFrame>
  readonly abort: AbortController
}

/** What goes on with a video of the composer. `work`: planning and reading its frames; ended by the next change. */
interface Live {
  readonly conversationId: string | null
  readonly life: AbortController
  work: AbortController
  video: OpenVideo | null
  ahead: Ahead | null
  isLooked: boolean
}

const living = new Map<string, Live>()

const itemOf = (live: Live, key: string): Picture | undefined =>
  draftOf(draftKey(live.conversationId)).pictures.find((one) => one.key === key)
const change = (live: Live, key: string, to: (clip: Clip) => Clip): void =>
  updateDraft(draftKey(live.conversationId), (draft) => setClip(draft, key, to))

/** Whether a file is a video, by what its name and its type say. */
export const isVideo = (file: File): boolean =>
  file.type.startsWith('video/') ||
  /\.(mp4|m4v|f4v|mov|qt|3gp|3g2|webm|mkv|avi|divx|mpe?g|m2v|vob|ts|mts|m2ts|asf|wmv|flv|ogv|rmvb)$/i.test(file.name)

/** Adds a video file to the question: opens it, stores it and has its frames read. What is refused becomes a note. */
export async function addVideo(conversationId: string | null, file: File): Promise<void> {
  const key = crypto.randomUUID()
  const name = file.name === '' ? 'Video' : file.name
  const live: Live = {
    conversationId,
    life: new AbortController(),
    work: new AbortController(),
    video: null,
    ahead: null,
    isLooked: false,
  }
  living.set(key, live)
  const { signal } = live.life
  const clip = openingClip(URL.createObjectURL(file))
  updateDraft(draftKey(conversationId), (draft) =>
    addPicture(draft, { key, name, preview: '', attachment: null, tokens: null, budget: null, marks: [], clip }),
  )
  try {
    live.video = await openVideo(file, signal).catch((thrown: unknown) => {
      // another kind of file: the core may have a reader for it; a file without video has none for anybody
      if (thrown instanceof AppError && thrown.code === 'UnsupportedMedia' && thrown.detail?.['kind'] === undefined)
        return null
      throw thrown
    })
    const known = live.video?.known
    if (known) change(live, key, (now) => ({ ...now, codec: known.codecName }))
    const facts = live.video ? (await live.video.read()).facts : null
    if (facts) {
      change(live, key, (now) => ({ ...now, facts }))
      void startAhead(live, key).catch(() => {})
    }
    const attachment = await upload(await whenHost(), file, { signal, ...(facts && { facts }) })
    if (attachment.kind !== 'video') throw new AppError('UnsupportedMedia', 'This file has no video in it.')
    updateDraft(draftKey(conversationId), (draft) => storedPicture(draft, key, attachment))
    change(live, key, (now) => ({ ...now, facts: attachment, codec: now.codec || codecName(attachment.codec) }))
    await readFrames(key, 0)
  } catch (thrown) {
    if (!signal.aborted) await giveBack(live, key, file, toAppError(thrown))
  }
  prepareVideo()
}

/** What is said of a file that was not taken; a sound recording's cover is offered instead. */
export async function refusalOf(key: string, file: File, { message, detail }: AppError): Promise<Refusal> {
  const cover = detail?.['kind'] === 'audio' ? await coverPicture(file) : null
  return { key, name: file.name, message, ...(cover && { cover }) }
}

/** Takes back a file that turned out not to be a video. */
async function giveBack(live: Live, key: string, file: File, error: AppError): Promise<void> {
  const refusal = await refusalOf(key, file, error)
  updateDraft(draftKey(live.conversationId), (draft) => refuse(draft, refusal))
  endClip(key)
  planPrepare(live.conversationId, 'pictures')
}

/** Takes back a video that cannot be used, with a note that says why. */
function give(live: Live, key: string, name: string, { message }: AppError): void {
  updateDraft(draftKey(live.conversationId), (draft) => refuse(draft, { key, name, message }))
  endClip(key)
  planPrepare(live.conversationId, 'pictures')
}

/** Plans the frames of a file that is not stored yet, and begins to decode them: storing a large one takes a while. */
async function startAhead(live: Live, key: string): Promise<void> {
  const made = await plan(live, key, live.work.signal)
  if (!made?.fits || live.work.signal.aborted || !live.video?.known.isDecodable) return
  const abort = new AbortController()
  live.work.signal.addEventListener('abort', () => abort.abort(), { signal: abort.signal })
  live.ahead = { sample: made.sample, frames: startSampling(live.video, made.sample, abort.signal), abort }
}

/** What was begun for a sample before, if it was for just this one; what was begun for another ends. */
function takeAhead(live: Live, sample: FrameSample): Ahead | null {
  const { ahead } = live
  live.ahead = null
  const isSame =
    ahead !== null &&
    ahead.sample.width === sample.width &&
    ahead.sample.height === sample.height &&
    String(ahead.sample.indices) === String(sample.indices)
  if (!isSame) ahead?.abort.abort()
  return isSame ? ahead : null
}

/** Shows what is in the whole file, once, for who wants to find a part of it. */
export async function lookAround(key: string): Promise<void> {
  const live = living.get(key)
  if (!live?.video?.known.isDecodable || live.isLooked) return
  live.isLooked = true
  try {
    for await (const { time, picture } of live.video.overview(OVERVIEW.count, OVERVIEW.height, live.life.signal)) {
      const url = URL.createObjectURL(picture)
      change(live, key, (clip) => ({ ...clip, overview: [...clip.overview, { time, url }] }))
    }
  } catch {
    // It is a comfort; reading the frames says what is wrong.
  }
}

/** Asks the core which frames there will be, beside all else of the question. */
async function plan(live: Live, key: string, signal: AbortSignal): Promise<VideoPlan | null> {
  const item = itemOf(live, key)
  if (!item?.clip?.facts) return null
  const { conversationId } = live
  const draft = draftOf(draftKey(conversationId))
  const others = toParts({ ...draft, pictures: draft.pictures.filter((one) => one.key !== key) })
  // a conversation that is full already is said elsewhere; a question with nothing else in it needs no model to be counted
  const isAlone = conversationId === null && others.length === 0
  const counts = isAlone
    ? null
    : await call((core) => core.ask.count({ conversationId, parts: others }, { signal })).catch(() => null)
  const taken = counts ? counts.conversation + counts.parts.reduce((sum, tokens) => sum + tokens, 0) : 0
  const { range, fps, budget } = item.clip.wish
  const { width, height, durationMs, frames, codec, startMs } = item.clip.facts
  const of = item.attachment?.sha ?? { width, height, durationMs, frames, fps: item.clip.facts.fps, codec, startMs }
  const made = await call((core) =>
    core.videos.plan({ of, taken, range, ...(fps !== null && { fps }), ...(budget && { budget }) }, { signal }),
  )
  if (!signal.aborted) change(live, key, (clip) => ({ ...clip, plan: made }))
  return made
}

/** Reads the frames that the video's wish comes to; what went on for an earlier wish ends. Waits `delay` ms for further changes. */
async function readFrames(key: string, delay: number): Promise<void> {
  const live = living.get(key)
  if (!live) return
  // the first round goes on with what was begun before the file was stored
  const { signal } = delay === 0 ? live.work : renew(live)
  let ahead: Ahead | null = null
  try {
    const made = await plan(live, key, signal)
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    const sha = itemOf(live, key)?.attachment?.sha
    if (signal.aborted || !made || sha === undefined) return
    ahead = takeAhead(live, made.sample)
    if (!made.fits) return void lookAround(key)
    await fillFrames(
      await whenHost(),
      live.video,
      { sha, sample: made.sample },
      (frames) => signal.aborted || change(live, key, (clip) => ({ ...clip, frames })),
      signal,
      ahead?.frames,
    )
    showFrames(live, key)
    planPrepare(live.conversationId, 'pictures')
  } catch (thrown) {
    if (signal.aborted) return
    const error = toAppError(thrown)
    if (error.code === 'UnsupportedMedia' || error.code === 'NotYetSupported')
      return give(live, key, itemOf(live, key)?.name ?? 'Video', error)
    change(live, key, (clip) => ({ ...clip, error: error.message }))
    void lookAround(key)
  } finally {
    ahead?.abort.abort()
  }
}

/** Where the window cannot decode a video, the frames that the core has read show what is in it. */
function showFrames(live: Live, key: string): void {
  const host = useHost.getState().host
  if (live.video?.known.isDecodable || !host) return
  change(live, key, (clip) => {
    const { plan, frames, overview, wish } = clip
    if (!plan || !frames || overview.length > 0 || wish.range) return clip
    const count = plan.sample.timesMs.length
    const places = Array.from({ length: Math.min(OVERVIEW.count, count) }, (_, i) =>
      Math.floor((i * count) / Math.min(OVERVIEW.count, count)),
    )
    return {
      ...clip,
      overview: places.map((n) => ({ time: (plan.sample.timesMs[n] ?? 0) / 1000, url: frameUrl(host, frames.key, n) })),
    }
  })
}

/** Ends what goes on for a video and begins anew. */
function renew(live: Live): AbortController {
  live.work.abort()
  live.work = new AbortController()
  live.life.signal.addEventListener('abort', live.work.abort.bind(live.work), { signal: live.work.signal })
  return live.work
}

/** Changes how the frames of a video are wanted. */
export function wish(conversationId: string | null, key: string, wish: Partial<ClipWish>): void {
  updateDraft(draftKey(conversationId), (draft) => ({
    ...setClip(draft, key, (clip) => wished(clip, wish)),
    totals: null,
  }))
  if (living.has(key)) void readFrames(key, SETTLE_MS)
  else planPrepare(conversationId, 'pictures')
}

/** Stops reading the frames of a video; it stays, to be read again. */
export function stopReading(key: string): void {
  const live = living.get(key)
  if (!live) return
  live.work.abort()
  change(live, key, (clip) => ({ ...clip, error: 'Reading the frames was stopped.' }))
}

/** Reads the frames of a video again. */
export function readAgain(conversationId: string | null, key: string): void {
  wish(conversationId, key, {})
}

/** Ends everything that goes on with a video and frees its memory; nothing for what is none. */
export function endClip(key: string): void {
  const live = living.get(key)
  if (!live) return
  living.delete(key)
  live.life.abort()
  live.video?.close()
}

/** Frees the addresses that the window made for a video. */
export function freeClip(clip: Clip): void {
  if (clip.url !== '') URL.revokeObjectURL(clip.url)
  for (const { url } of clip.overview) URL.revokeObjectURL(url)
}
