import type { Attachment, Part } from '#contract'

const endings: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'image/gif': '.gif',
  'image/avif': '.avif',
  'image/heic': '.heic',
  'image/tiff': '.tiff',
  'image/bmp': '.bmp',
  'image/x-icon': '.ico',
  'image/vnd.microsoft.icon': '.ico',
  'video/mp4': '.mp4',
  'video/webm': '.webm',
  'video/quicktime': '.mov',
  'video/x-matroska': '.mkv',
  'video/x-msvideo': '.avi',
}

/** The ending of a file of a kind, with its dot; none for kinds that have no usual one. */
export const endingOf = (mime: string): string => endings[mime] ?? ''

/** The stored files that a part shows. */
export const mediaOf = (part: Part): readonly Attachment[] =>
  part.type === 'text' || part.type === 'reasoning' ? [] : part.type === 'frames' ? part.pictures : [part.attachment]
