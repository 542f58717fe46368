import { AppError } from '#contract'
import type { DraftPart, Part } from '#contract'
import type { AttachmentGateway } from '../../services/attachments/index.ts'

/** A draft part as it is stored; null for text without a character in it. Throws NotFound when the picture is not stored. */
export function toPart(part: DraftPart, attachments: Pick<AttachmentGateway, 'get'>): Part | null {
  if (part.type === 'text') return part.text === '' ? null : { type: 'text', text: part.text }
  const attachment = attachments.get(part.sha)
  if (!attachment) throw new AppError('NotFound', `${part.name || 'A picture'} is not stored here any more. Add it again.`, { sha: part.sha })
  return { type: 'image', attachment: { ...attachment, name: part.name || attachment.name }, ...(part.budget && { budget: part.budget }) }
}

/** The parts of a question as they are stored. Throws EmptyQuestion without words and pictures, NotFound for unknown pictures. */
export function toQuestion(draft: readonly DraftPart[], attachments: Pick<AttachmentGateway, 'get'>): Part[] {
  if (!draft.some((part) => part.type === 'image' || part.text.trim() !== '')) {
    throw new AppError('EmptyQuestion', 'The question is empty. Type something or add a picture.')
  }
  return draft.map((part) => toPart(part, attachments)).filter((part) => part !== null)
}
