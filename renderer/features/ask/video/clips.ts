import { t } from '@lingui/core/macro'
import { AppError, codecName } from '#contract'
import type { FrameSample, VideoPlan } from '#contract'
import { toAppError } from '../../../lib/errors.ts'
import { frameUrl, useHost, whenHost } from '../../../lib/host.ts'
import { call } from '../../../lib/rpc.ts'
import { upload } from '../../../lib/upload.ts'
import {
  coverPicture,
  fillFrames,
  openVideo,
  prepareVideo,
  startSampling,
  timedSample,
} from '../../../lib/video/index.ts'
import type { OpenVideo, SampledFrame } from '../../../lib/video/index.ts'
import {
  addPicture,
  conversationOf,
  draftKey,
  draftOf,
  holderOf,
  refuse,
  setClip,
  storedPicture,
  toParts,
  updateDraft,
  updateHolder,
} from '../draft.ts'
import type { Picture, Refusal } from '../draft.ts'
import { isUntouched, planAfterReading, planPrepare, touch } from '../prepare.ts'
import { openingClip, toVideoWish, withWish } from './clip.ts'
import type { Clip, ClipWish } from './clip.ts'

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

/**
 * What goes on with a video of the composer as long as it is there (`life`). `work`: planning and reading its frames; the
 * next change ends it and begins anew.
 */
interface Task {
  readonly life: AbortController
  work: AbortController
  video: OpenVideo | null
  ahead: Ahead | null
  /** Whether its frames are or were being read: nothing is decoded ahead any more. */
  isBegun: boolean
  hasOverview: boolean
}

/** By the key of the video. */
const tasks = new Map<string, Task>()

function startTask(key: string): Task {
  const task: Task = {
    life: new AbortController(),
    work: new AbortController(),
    video: null,
    ahead: null,
    isBegun: false,
    hasOverview: false,
  }
  tasks.set(key, task)
  return task
}

/** The conversation in whose draft a video is. */
const placeOf = (key: string): string | null => conversationOf(holderOf(key) ?? draftKey(null))
const itemOf = (key: string): Picture | undefined =>
  draftOf(draftKey(placeOf(key))).pictures.find((one) => one.key === key)
const change = (key: string, to: (clip: Clip) => Clip): void => updateHolder(key, (draft) => setClip(draft, key, to))

/** Whether a file is a video, by what its name and its type say. */
export const isVideo = (file: File): boolean =>
  file.type.startsWith('video/') ||
  /\.(mp4|m4v|f4v|mov|qt|3gp|3g2|webm|mkv|avi|divx|mpe?g|m2v|vob|ts|mts|m2ts|asf|wmv|flv|ogv|rmvb)$/i.test(file.name)

/** Adds a video file to the question: opens it, stores it and has its frames read. What is refused becomes a note. */
export async function addVideo(conversationId: string | null, file: File): Promise<void> {
  const key = crypto.randomUUID()
  const name = file.name === '' ? t`Video` : file.name
  const task = startTask(key)
  const { signal } = task.life
  const clip = openingClip(URL.createObjectURL(file))
  touch(conversationId)
  updateDraft(draftKey(conversationId), (draft) =>
    addPicture(draft, { key, name, preview: '', attachment: null, tokens: null, budget: null, marks: [], clip }),
  )
  try {
    task.video = await openVideo(file, signal).catch((thrown: unknown) => {
      // another kind of file: the core may have a reader for it; a file without video has none for anybody
      if (thrown instanceof AppError && thrown.code === 'UnsupportedMedia' && thrown.detail?.['kind'] === undefined)
        return null
      throw thrown
    })
    const known = task.video?.known
    if (known) change(key, (now) => ({ ...now, codec: known.codecName }))
    const facts = task.video ? (await task.video.read()).facts : null
    if (facts) {
      change(key, (now) => ({ ...now, facts }))
      void startAhead(task, key).catch(() => {})
    }
    const attachment = await upload(await whenHost(), file, { signal, ...(facts && { facts }) })
    if (attachment.kind !== 'video') throw new AppError('UnsupportedMedia', t`This file has no video in it.`)
    updateHolder(key, (draft) => storedPicture(draft, key, attachment))
    change(key, (now) => ({ ...now, facts: attachment, codec: now.codec || codecName(attachment.codec) }))
    await readFrames(key, 0)
  } catch (thrown) {
    if (!signal.aborted) await refuseFile(key, file, toAppError(thrown))
  }
  prepareVideo()
}

/** What is said of a file that was not taken; a sound recording's cover is offered instead. */
export async function refusalOf(key: string, file: File, { message, detail }: AppError): Promise<Refusal> {
  const cover = detail?.['kind'] === 'audio' ? await coverPicture(file) : null
  return { key, name: file.name, message, ...(cover && { cover }) }
}

/** Takes a file out that turned out not to be a video, with a note that says why. */
const refuseFile = async (key: string, file: File, error: AppError): Promise<void> =>
  refuseVideo(key, await refusalOf(key, file, error))

/** Takes a video out that cannot be used, with a note that says why. */
function refuseVideo(key: string, refusal: Refusal): void {
  const conversationId = placeOf(key)
  updateHolder(key, (draft) => refuse(draft, refusal))
  endClip(key)
  planAfterReading(conversationId)
}

/** Opens a stored video of a draft that was restored, and has its frames read where the core lacks them. */
export async function reopenVideo(key: string): Promise<void> {
  const task = startTask(key)
  const url = itemOf(key)?.clip?.url
  // what this window has no reader for, the core reads
  if (url) task.video = await openVideo(url, task.life.signal).catch(() => null)
  await readFrames(key, 0)
}

/** Plans the frames of a file that is not stored yet, and begins to decode them: storing a large one takes a while. */
async function startAhead(task: Task, key: string): Promise<void> {
  const made = await plan(key, task.work.signal)
  // counting may have taken longer than storing the file
  if (!made?.fits || task.isBegun || task.work.signal.aborted || !task.video?.known.isDecodable) return
  const abort = new AbortController()
  task.work.signal.addEventListener('abort', () => abort.abort(), { signal: abort.signal })
  task.ahead = { sample: made.sample, frames: startSampling(task.video, made.sample, abort.signal), abort }
}

/** What was begun for a sample before, if it was for just this one; what was begun for another ends. */
function takeAhead(task: Task, sample: FrameSample): Ahead | null {
  const { ahead } = task
  task.ahead = null
  task.isBegun = true
  const isSame =
    ahead !== null &&
    !ahead.abort.signal.aborted &&
    ahead.sample.width === sample.width &&
    ahead.sample.height === sample.height &&
    String(ahead.sample.indices) === String(sample.indices)
  if (!isSame) ahead?.abort.abort()
  return isSame ? ahead : null
}

/** Shows what is in the whole file, once, for who wants to find a part of it. */
export async function lookAround(key: string): Promise<void> {
  const task = tasks.get(key)
  if (!task?.video?.known.isDecodable || task.hasOverview) return
  task.hasOverview = true
  try {
    for await (const { time, picture } of task.video.overview(OVERVIEW.count, OVERVIEW.height, task.life.signal)) {
      const url = URL.createObjectURL(picture)
      change(key, (clip) => ({ ...clip, overview: [...clip.overview, { time, url }] }))
    }
  } catch {
    // It is a comfort; reading the frames says what is wrong.
  }
}

/** Asks the core which frames there will be, beside all else of the question. */
async function plan(key: string, signal: AbortSignal): Promise<VideoPlan | null> {
  const item = itemOf(key)
  if (!item?.clip?.facts) return null
  const conversationId = placeOf(key)
  const draft = draftOf(draftKey(conversationId))
  const others = toParts({ ...draft, pictures: draft.pictures.filter((one) => one.key !== key) })
  // a conversation that is full already is said elsewhere; a question with nothing else in it needs no model to be counted,
  // and a restored one that nobody touched loads none
  const isAlone = conversationId === null && others.length === 0
  const counts =
    isAlone || isUntouched(conversationId)
      ? null
      : await call((core) => core.ask.count({ conversationId, parts: others }, { signal })).catch(() => null)
  const taken = counts ? counts.conversation + counts.parts.reduce((sum, tokens) => sum + tokens, 0) : 0
  const { facts, wish } = item.clip
  const { width, height, durationMs, frames, fps, codec, startMs } = facts
  const of = item.attachment?.sha ?? { width, height, durationMs, frames, fps, codec, startMs }
  const planned = await call((core) => core.videos.plan({ of, taken, ...toVideoWish(wish) }, { signal }))
  const made = { ...planned, sample: await timedSample(tasks.get(key)?.video ?? null, planned.sample) }
  if (!signal.aborted) change(key, (clip) => ({ ...clip, plan: made }))
  return made
}

/** Reads the frames that the video's wish comes to; what went on for an earlier wish ends. Waits `delay` ms for further changes. */
async function readFrames(key: string, delay: number): Promise<void> {
  const task = tasks.get(key)
  if (!task) return
  // the first round goes on with what was begun before the file was stored
  const { signal } = delay === 0 ? task.work : renew(task)
  let ahead: Ahead | null = null
  try {
    const made = await plan(key, signal)
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    const sha = itemOf(key)?.attachment?.sha
    if (signal.aborted || !made || sha === undefined) return
    ahead = takeAhead(task, made.sample)
    if (!made.fits) return void lookAround(key)
    await fillFrames(
      await whenHost(),
      task.video,
      { sha, sample: made.sample },
      (frames) => signal.aborted || change(key, (clip) => ({ ...clip, frames })),
      signal,
      ahead?.frames,
    )
    showFrames(task, key)
    planAfterReading(placeOf(key))
  } catch (thrown) {
    if (signal.aborted) return
    const error = toAppError(thrown)
    if (error.code === 'UnsupportedMedia' || error.code === 'NotYetSupported')
      return refuseVideo(key, { key, name: itemOf(key)?.name ?? t`Video`, message: error.message })
    change(key, (clip) => ({ ...clip, error: error.message }))
    void lookAround(key)
  } finally {
    ahead?.abort.abort()
  }
}

/** Where the window cannot decode a video, the frames that the core has read show what is in it. */
function showFrames(task: Task, key: string): void {
  const host = useHost.getState().host
  if (task.video?.known.isDecodable || !host) return
  change(key, (clip) => {
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
function renew(task: Task): AbortController {
  task.work.abort()
  task.work = new AbortController()
  task.life.signal.addEventListener('abort', task.work.abort.bind(task.work), { signal: task.work.signal })
  return task.work
}

/** Changes how the frames of a video are wanted. */
export function changeWish(conversationId: string | null, key: string, wish: Partial<ClipWish>): void {
  updateDraft(draftKey(conversationId), (draft) => ({
    ...setClip(draft, key, (clip) => withWish(clip, wish)),
    totals: null,
  }))
  touch(conversationId)
  if (tasks.has(key)) void readFrames(key, SETTLE_MS)
  else planPrepare(conversationId, 'pictures')
}

/** Stops reading the frames of a video; it stays, to be read again. */
export function stopReading(key: string): void {
  const task = tasks.get(key)
  if (!task) return
  task.work.abort()
  change(key, (clip) => ({ ...clip, error: t`Reading the frames was stopped.` }))
}

/** Reads the frames of a video again. */
export function readAgain(conversationId: string | null, key: string): void {
  changeWish(conversationId, key, {})
}

/** Ends everything that goes on with a video and frees its memory; nothing for what is none. */
export function endClip(key: string): void {
  const task = tasks.get(key)
  if (!task) return
  tasks.delete(key)
  task.work.abort()
  task.life.abort()
  task.video?.close()
}

/** Frees the addresses that the window made for a video. */
export function freeClip(clip: Clip): void {
  if (clip.url !== '') URL.revokeObjectURL(clip.url)
  for (const { url } of clip.overview) URL.revokeObjectURL(url)
}

/** Ends what goes on for a picture or a video and frees the addresses that the window made for it. */
export function free({ key, preview, clip }: Picture): void {
  URL.revokeObjectURL(preview)
  if (!clip) return
  endClip(key)
  freeClip(clip)
  for (const picture of clip.pictures ?? []) URL.revokeObjectURL(picture.preview)
}
