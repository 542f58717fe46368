/** Kinds of pictures that may move and that a browser decodes: how they begin, what people call them, their MIME type. */
export const movingKinds: readonly { readonly begins: RegExp; readonly name: string; readonly mime: string }[] = [
  { begins: /^GIF8[79]a/, name: 'GIF', mime: 'image/gif' },
  { begins: /^RIFF[^]{4}WEBP/, name: 'WebP', mime: 'image/webp' },
  { begins: /^\x89PNG\r\n\x1a\n/, name: 'APNG', mime: 'image/png' },
  { begins: /^[^]{4}ftyp[^]*avi[fs]/, name: 'AVIF', mime: 'image/avif' },
]

/** Kinds of which the core makes a WebP that moves, as no browser decodes them. */
const madeMoving: readonly string[] = ['image/jxl']

/** Whether a stored picture is a video too. `pages`: how many pictures there are in its file; unset: one. */
export const isMoving = ({
  mime,
  pages = 1,
}: {
  readonly mime: string
  readonly pages?: number | undefined
}): boolean => pages > 1 && (madeMoving.includes(mime) || movingKinds.some((kind) => kind.mime === mime))

/**
 * What is put at the end of a moving picture that is stored as a video: a stored file is either, by its bytes, and this makes them
 * others. Every decoder passes over it; it is a box of its own for those that read on.
 */
export const VIDEO_MARK: Uint8Array<ArrayBuffer> = Uint8Array.from(
  [0, 0, 0, 16, ...'freeas-video'].map((one) => (typeof one === 'string' ? one.charCodeAt(0) : one)),
)
