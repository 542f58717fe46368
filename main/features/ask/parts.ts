import { AppError } from '#contract'
import type { Attachment, QuestionPart, ImageAttachment, Part, Sha256, VideoAttachment } from '#contract'
import type { AttachmentGateway, FrameSets } from '../../services/media/index.ts'

/** Where pictures and the frames of videos are. */
export interface StoredMedia {
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly frames: Pick<FrameSets, 'get' | 'paths'>
}

/**
 * A part of a question as it is stored; null for text without a character in it. Throws NotFound when the picture or video is not
 * stored, FramesMissing when the set of frames was never begun or is gone.
 */
export function toPart(part: QuestionPart, media: StoredMedia): Part | null {
  if (part.type === 'text') return part.text === '' ? null : { type: 'text', text: part.text }
  const { attachments, frames } = media
  const budget = 'budget' in part && part.budget ? { budget: part.budget } : {}
  if (part.type === 'image') {
    const attachment = pictureOf(attachments.get(part.sha), part.name, part.sha)
    const marks = part.marks?.length ? { marks: part.marks } : {}
    return { type: 'image', attachment: { ...attachment, name: part.name || attachment.name }, ...budget, ...marks }
  }
  if (part.type === 'frames') {
    const pictures = part.pictures.map((sha) => pictureOf(attachments.get(sha), part.name, sha))
    return { type: 'frames', name: part.name, pictures, fps: part.fps, ...budget }
  }
  const set = frames.get(part.key)
  if (!set) {
    const message = `The frames of ${part.name || 'the video'} are not stored here any more. Add the video again.`
    throw new AppError('FramesMissing', message, { key: part.key })
  }
  const attachment = videoOf(attachments.get(set.sha), part.name, set.sha)
  return {
    type: 'video',
    attachment: { ...attachment, name: part.name || attachment.name },
    key: part.key,
    sample: set.sample,
  }
}

/** The parts of a question as they are stored. Throws EmptyQuestion without words, pictures and videos, and as `toPart`. */
export function toQuestion(composed: readonly QuestionPart[], media: StoredMedia): Part[] {
  if (!composed.some((part) => part.type !== 'text' || part.text.trim() !== '')) {
    throw new AppError('EmptyQuestion', 'The question is empty. Type something or add a picture.')
  }
  return composed.map((part) => toPart(part, media)).filter((part) => part !== null)
}

function pictureOf(attachment: Attachment | null, name: string, sha: Sha256): ImageAttachment {
  if (!attachment)
    throw new AppError('NotFound', `${name || 'A picture'} is not stored here any more. Add it again.`, { sha })
  if (attachment.kind === 'image') return attachment
  throw new AppError('InvalidInput', `${attachment.name} is a video, not a picture. Add it as a video.`, { sha })
}

function videoOf(attachment: Attachment | null, name: string, sha: Sha256): VideoAttachment {
  if (attachment?.kind === 'video') return attachment
  throw new AppError('NotFound', `${name || 'A video'} is not stored here any more. Add it again.`, { sha })
}
