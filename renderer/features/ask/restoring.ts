import { codecName } from '#contract'
import type { Attachment, HostDescription, Message, SavedDraft, SavedMedium } from '#contract'
import { pictureUrl } from '../../lib/host.ts'
import { ofBlocks } from './blocks.ts'
import type { Block } from './blocks.ts'
import type { Draft, Picture } from './draft.ts'
import { clipOfPictures, storedClip } from './video/clip.ts'

/** What a saved draft holds, as the composer shows it. */
export function toPictures(
  media: SavedDraft['media'],
  attachments: readonly Attachment[],
  host: HostDescription,
): readonly Picture[] {
  const stored = new Map(attachments.map((attachment) => [attachment.sha, attachment]))
  const fileOf = (sha: string, name: string): Attachment | null => {
    const attachment = stored.get(sha)
    return attachment ? { ...attachment, name } : null
  }
  const nothing = { tokens: null, budget: null, marks: [] }
  const addressOf = (sha: string): string => pictureUrl(host, sha) ?? ''
  const toPicture = (medium: SavedMedium): Picture | null => {
    const key = crypto.randomUUID()
    const { name } = medium
    if (medium.type === 'frames') {
      const pictures = medium.pictures.map(({ sha, name }) => ({
        key: crypto.randomUUID(),
        name,
        preview: addressOf(sha),
        attachment: fileOf(sha, name),
      }))
      const wish = { range: null, fps: medium.fps ?? null, budget: medium.budget ?? null }
      const clip = { ...clipOfPictures(pictures), wish }
      return { ...nothing, key, name, preview: pictures[0]?.preview ?? '', attachment: null, clip }
    }
    const attachment = fileOf(medium.sha, name)
    if (!attachment) return null
    const preview = addressOf(medium.sha)
    if (medium.type === 'image')
      return { key, name, preview, attachment, tokens: null, budget: medium.budget ?? null, marks: medium.marks ?? [] }
    if (attachment.kind !== 'video') return null
    const clip = storedClip(preview, attachment, codecName(attachment.codec), medium.wish)
    return { ...nothing, key, name, preview: '', attachment, clip }
  }
  return media.flatMap((medium) => {
    const picture = toPicture(medium)
    return picture ? { ...picture, ...(medium.lead !== undefined && { lead: medium.lead }) } : []
  })
}

/** What a stored question holds and says, as the composer shows it. */
export function composedOf({ parts }: Pick<Message, 'parts'>, host: HostDescription): Pick<Draft, 'pictures' | 'text'> {
  const blocks: Block<Picture>[] = []
  for (const part of parts) {
    const before = blocks.at(-1)
    if (part.type !== 'text') blocks.push(...picturesOf([part], host))
    else if (typeof before === 'string') blocks[blocks.length - 1] = `${before}\n\n${part.text}`
    else blocks.push(part.text)
  }
  return ofBlocks<Picture, Pick<Draft, 'pictures' | 'text'>>({ pictures: [], text: '' }, blocks)
}

function picturesOf(parts: Message['parts'], host: HostDescription): readonly Picture[] {
  return parts.flatMap((part): readonly Picture[] => {
    const budget = 'budget' in part && part.budget ? { budget: part.budget } : {}
    if (part.type === 'image') {
      const { attachment, marks, screen } = part
      const { sha, name } = attachment
      const [picture] = toPictures(
        [{ type: 'image', sha, name, ...budget, ...(marks && { marks }) }],
        [attachment],
        host,
      )
      return picture ? [{ ...picture, ...(screen && { screen }) }] : []
    }
    if (part.type === 'video') {
      const { sha, name } = part.attachment
      const { range, wishedFps: fps } = part.sample
      return toPictures([{ type: 'video', sha, name, wish: { range, fps, ...budget } }], [part.attachment], host)
    }
    if (part.type !== 'frames') return []
    const { name, pictures, fps } = part
    const medium = {
      type: 'frames',
      name,
      pictures: pictures.map(({ sha, name }) => ({ sha, name })),
      fps,
      ...budget,
    } as const
    return toPictures([medium], pictures, host)
  })
}
