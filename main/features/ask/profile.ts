import { AppError, TOKEN_SIDE, places } from '#contract'
import type { Profile, ProfileJob, SeenProfile, SizeRule } from '#contract'
import type { ChatPart, SizeOptions } from '../../engine/index.ts'

/** The most and the fewest tokens of a picture whose side a profile sets, as pixels. */
const MOST_PIXELS = 16_384 * TOKEN_SIDE ** 2
const LEAST_PIXELS = 4 * TOKEN_SIDE ** 2

/** The job of a profile with this id; null: none is asked for, or the profile has none like it. */
export const jobOf = (profile: Profile | null, id: string | null | undefined): ProfileJob | null =>
  profile?.jobs.find((job) => job.id === id) ?? null

/** As `jobOf`. @throws AppError InvalidInput when the profile has no such job. */
export function wantedJob(profile: Profile | null, id: string | null | undefined): ProfileJob | null {
  const job = jobOf(profile, id)
  if (job || id === null || id === undefined) return job
  const known = profile?.jobs.map((one) => one.id).join(', ')
  const what = `${profile ? `${profile.name} has` : 'A model without a profile has'} no job "${id}".`
  throw new AppError('InvalidInput', `${what} ${known ? `It has: ${known}.` : 'Ask without a job.'}`)
}

/** Whether a job says nothing without words of the user's. */
export const wantsWords = (job: ProfileJob): boolean => job.prompt.includes(places.text)

/** What an answer to such a question is read with; null: no profile. */
export function seenProfile(profile: Profile | null, job: ProfileJob | null): SeenProfile | null {
  if (!profile) return null
  const { id, name, parser, space } = profile
  return { id, name, parser: job?.parser ?? parser, space: job?.space === undefined ? space : job.space }
}

/** The system prompt that a profile sends for a job; null: none of its own. */
export const systemOf = (profile: Profile | null, job: ProfileJob | null): string | null =>
  job?.system ?? profile?.system ?? null

/** A text of a profile's own, in which the size of a picture may be asked for. */
export const profileText = (text: string): ChatPart =>
  text.includes(places.width) || text.includes(places.height)
    ? { type: 'text', text, isSized: true }
    : { type: 'text', text }

/**
 * The parts of a question in the order and with the words in which a fine-tune expects them. `keepsSizes`: the user chose how large
 * pictures are seen, which goes before the profile's rule; an exact size stays.
 */
export function asAsked(
  content: readonly ChatPart[],
  profile: Profile | null,
  job: ProfileJob | null,
  keepsSizes = false,
): readonly ChatPart[] {
  if (!profile) return content
  const size = job?.size ?? profile.size
  const media = content.filter((part) => part.type !== 'text').map((part) => sized(part, size, keepsSizes))
  const texts = content.filter((part) => part.type === 'text')
  const order = job?.order ?? profile.order
  if (!job) {
    if (order === null) return content.map((part) => (part.type === 'text' ? part : sized(part, size, keepsSizes)))
    return order === 'media-first' ? [...media, ...texts] : [...texts, ...media]
  }
  const words = texts.map(({ text }) => text).join('\n')
  const isAdded = !wantsWords(job) && words.trim() !== ''
  const [before = '', ...rest] = job.prompt.split(places.media)
  const textOf = (prompt: string): ChatPart[] => (prompt === '' ? [] : filled(prompt, words))
  const after = rest.join('') + (isAdded ? `\n${words}` : '')
  if (rest.length > 0) return [...textOf(before), ...media, ...textOf(after)]
  const text = textOf(before + after)
  return order === 'text-first' ? [...text, ...media] : [...media, ...text]
}

/** A prompt with the user's words in it, in which nothing but the profile's own is replaced. */
function filled(prompt: string, words: string): ChatPart[] {
  const pieces = prompt.split(places.text)
  if (!prompt.includes(places.width) && !prompt.includes(places.height))
    return [{ type: 'text', text: pieces.join(words) }]
  const parts = pieces.flatMap((piece, i): ChatPart[] => [
    ...(i > 0 ? [{ type: 'text', text: words } as const] : []),
    profileText(piece),
  ])
  return parts.filter((part) => part.type !== 'text' || part.text !== '')
}

function sized<T extends ChatPart>(part: T, size: SizeRule, keepsSizes: boolean): T {
  if (part.type !== 'image') return part
  const { exact } = size
  if (exact) return { ...part, resizedWidth: exact.width, resizedHeight: exact.height }
  const isChosen = part.minPixels !== undefined || part.maxPixels !== undefined || part.resizedWidth !== undefined
  return keepsSizes || isChosen ? part : { ...part, ...limitsOf(size) }
}

function limitsOf({ longestSide, shortestSide, minPixels, maxPixels }: SizeRule): SizeOptions {
  const side = longestSide ? { longestSide } : shortestSide ? { shortestSide } : null
  const limits = side ? { minPixels: minPixels ?? LEAST_PIXELS, maxPixels: maxPixels ?? MOST_PIXELS } : null
  return {
    ...side,
    ...limits,
    ...(minPixels !== undefined && { minPixels }),
    ...(maxPixels !== undefined && { maxPixels }),
  }
}
