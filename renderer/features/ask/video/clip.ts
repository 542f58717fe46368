import { t } from '@lingui/core/macro'
import { pictureUnits, TOKEN_SIDES } from '#contract'
import type {
  Attachment,
  ModelFamily,
  PictureBudget,
  QuestionPart,
  SavedMedium,
  VideoFacts,
  VideoPlan,
  VideoRange,
  VideoRequest,
} from '#contract'
import { count, tokens } from '../../../lib/format.ts'
import type { Filled } from '../../../lib/video/index.ts'

/** A frame of the file to find one's way by. `time` in seconds on the player's clock. */
export interface Glimpse {
  readonly time: number
  readonly url: string
}

/** How the frames of a video are wanted. null: the whole of it, the usual frames per second, the detail of the settings. */
export interface ClipWish {
  readonly range: VideoRange | null
  readonly fps: number | null
  readonly budget: PictureBudget | null
}

/** A picture that is a frame of a video. */
export interface ClipPicture {
  readonly key: string
  readonly name: string
  readonly preview: string
  readonly attachment: Attachment | null
}

/** What makes a thing in the composer a video. */
export interface Clip {
  /** Pictures that are its frames; null: it is a file. */
  readonly pictures: readonly ClipPicture[] | null
  /** null: the file is being opened. */
  readonly facts: VideoFacts | null
  /** The codec as people call it; empty while it is not known. */
  readonly codec: string
  /** Where the window plays it; empty: it cannot. */
  readonly url: string
  readonly overview: readonly Glimpse[]
  readonly wish: ClipWish
  /** What the core makes of the wish; of an earlier wish until the next one has come. */
  readonly plan: VideoPlan | null
  /** How far the frames of this plan are with the core; null: they are not being read. */
  readonly frames: Filled | null
  /** Why not all frames are there. */
  readonly error: string | null
}

export const FPS = 2

/** A wish as the core takes it. */
export const toVideoWish = ({ range, fps, budget }: ClipWish): VideoRequest => ({
  range,
  ...(fps !== null && { fps }),
  ...(budget && { budget }),
})

const wholeClip: ClipWish = { range: null, fps: null, budget: null }

/** A file that is being opened. */
export const openingClip = (url: string): Clip => ({
  pictures: null,
  facts: null,
  codec: '',
  url,
  overview: [],
  wish: wholeClip,
  plan: null,
  frames: null,
  error: null,
})

/** A stored video whose frames are to be read once more; `url`: where the window plays it. */
export const storedClip = (
  url: string,
  facts: VideoFacts,
  codec: string,
  { range, fps, budget }: VideoRequest,
): Clip => ({
  ...openingClip(url),
  facts,
  codec,
  wish: { range, fps: fps ?? null, budget: budget ?? null },
})

/** Stored pictures as the frames of a video. */
export const clipOfPictures = (pictures: readonly ClipPicture[]): Clip => ({ ...openingClip(''), pictures })

/** Another wish: what was read for the earlier one no longer counts. */
export const withWish = (clip: Clip, wish: Partial<ClipWish>): Clip => ({
  ...clip,
  wish: { ...clip.wish, ...wish },
  frames: null,
  error: null,
})

/** How long the chosen part of it is, in ms; null while that is not known. */
export function clipDuration({ facts, pictures, wish }: Clip): number | null {
  if (pictures) return (pictures.length * 1000) / (wish.fps ?? FPS)
  return wish.range ? wish.range.endMs - wish.range.startMs : (facts?.durationMs ?? null)
}

/** Its tokens as far as the plan tells. */
export const clipTokens = ({ plan }: Clip): number | null => plan?.tokens ?? null

/** How much of its frames the core has, 0 to 1; null: they are not being read. */
export const clipShare = ({ frames, error }: Clip): number | null =>
  frames && frames.missing.length > 0 && error === null ? 1 - frames.missing.length / frames.total : null

/** Whether its frames are with the core. */
const isRead = ({ frames, plan }: Clip): boolean =>
  frames !== null && frames.missing.length === 0 && plan?.fits === true

/** What is sent of it; null: it is not ready. */
export function clipPart(clip: Clip, name: string): QuestionPart | null {
  const { pictures, frames, wish } = clip
  if (!pictures) return isRead(clip) && frames ? { type: 'video', key: frames.key, name } : null
  const shas = pictures.flatMap(({ attachment }) => attachment?.sha ?? [])
  return { type: 'frames', name, pictures: shas, fps: wish.fps ?? FPS, ...(wish.budget && { budget: wish.budget }) }
}

/** The video as a draft is saved with it; null: it is not stored yet. */
export function clipMedium(
  { pictures, wish }: Clip,
  { name, attachment }: { readonly name: string; readonly attachment: Attachment | null },
): SavedMedium | null {
  if (!pictures) return attachment && { type: 'video', sha: attachment.sha, name, wish: toVideoWish(wish) }
  const stored = pictures.flatMap((frame) =>
    frame.attachment ? [{ sha: frame.attachment.sha, name: frame.name }] : [],
  )
  const { fps, budget } = wish
  return { type: 'frames', name, pictures: stored, ...(fps !== null && { fps }), ...(budget && { budget }) }
}

/** What Send waits for because of it, in words; null: nothing. */
export function clipWaits(clip: Clip, isStored: boolean): string | null {
  const { pictures, facts, codec, plan, frames, error } = clip
  if (pictures || isRead(clip)) return null
  if (error) return t`The video could not be read. Open it to see why, or remove it.`
  if (plan && !plan.fits) return tooLong(clip)
  if (frames)
    return t`Reading frame ${count(Math.min(frames.total, frames.total - frames.missing.length + 1))} of ${count(frames.total)}…`
  if (!facts) return codec === '' ? t`Opening the video…` : t`Counting its frames…`
  return isStored ? t`Choosing the frames…` : t`Storing the video…`
}

/** What is said of a video that does not fit. */
export function tooLong({ plan }: Clip): string {
  if (!plan) return ''
  const [needed, free] = [tokens(plan.tokens), count(Math.max(0, plan.room))]
  return plan.proposal
    ? t`The video needs ${needed}; ${free} are free. Open it to take fewer frames.`
    : t`The video needs ${needed}; ${free} are free. Trim it or start a new conversation.`
}

const LEAST_TOKENS = 4

/** How closely the model looks at each frame; a pair of frames takes at most so many tokens. */
const levels = { low: 64, medium: 256, high: 768 } as const

/** `settings`: as the settings have it. `custom`: a budget that none of the levels has. */
export type ClipDetail = keyof typeof levels | 'settings' | 'custom'

export const clipDetails: readonly { readonly value: Exclude<ClipDetail, 'custom'>; readonly label: string }[] = [
  { value: 'settings', label: t({ message: 'Settings', context: 'detail' }) },
  { value: 'low', label: t`Low` },
  { value: 'medium', label: t`Medium` },
  { value: 'high', label: t`High` },
]

/** The budget of a level in pixels of one frame, as a family counts its tokens; null: that of the settings. */
export function clipBudget(detail: Exclude<ClipDetail, 'custom'>, family: ModelFamily | null): PictureBudget | null {
  return detail === 'settings' ? null : levelBudget(detail, pictureUnits(family).pixels)
}

const levelBudget = (level: keyof typeof levels, pixels: number): PictureBudget => ({
  minPixels: LEAST_TOKENS * pixels,
  maxPixels: levels[level] * pixels,
})

/** The level that a budget stands for, whichever family's tokens it was chosen in. */
export function clipDetailOf(budget: PictureBudget | null): ClipDetail {
  if (!budget) return 'settings'
  const isIt = ({ minPixels, maxPixels }: PictureBudget) =>
    budget.minPixels === minPixels && budget.maxPixels === maxPixels
  const level = (Object.keys(levels) as (keyof typeof levels)[]).find((one) =>
    TOKEN_SIDES.some((side) => isIt(levelBudget(one, side ** 2))),
  )
  return level ?? 'custom'
}
