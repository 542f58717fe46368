import { fileOfPage, pageTitle } from '#contract'
import type { Attachment, PictureMark } from '#contract'
import { ImageOff, Info, ScanEye } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { MarkOutlines } from '../../components/pictures/MarkOutlines.tsx'
import { NumberBadge } from '../../components/primitives/Badge.tsx'
import { IconButton } from '../../components/primitives/Button.tsx'
import { bytes } from '../../lib/format.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'

/** Size in px at which a picture is shown within `max`, keeping its shape; its long side is never below 96. */
function shownSize({ width, height }: Attachment, max: number): { width: number; height: number } {
  const scale = Math.min(max / width, max / height, Math.max(1, 96 / Math.max(width, height)))
  return { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) }
}

/**
 * A picture of a message, with what was drawn on it, as a block that opens the viewer; its space is kept while it
 * loads. `onInput`: shows what the model got of it; unset: no model did.
 */
export function PictureBlock({
  attachment,
  marks,
  number,
  small,
  onOpen,
  onInput,
}: {
  attachment: Attachment
  marks: readonly PictureMark[]
  number: number | null
  small: boolean
  onOpen: () => void
  onInput?: () => void
}): ReactNode {
  const host = useHost((state) => state.host)
  const [missing, setMissing] = useState(false)
  const page =
    attachment.kind === 'image' && fileOfPage(attachment.name) !== attachment.name ? attachment.page : undefined
  const notes = attachment.kind === 'image' ? (attachment.notes ?? []) : []
  const size = shownSize(attachment, small ? 200 : 320)
  const block = (
    <button
      type="button"
      onClick={onOpen}
      disabled={missing}
      data-file={attachment.name}
      aria-label={`Open picture${number === null ? '' : ` ${number}`}: ${attachment.name}${marks.length === 0 ? '' : `, with ${marks.map(({ label }) => label || 'a mark').join(', ')}`}`}
      title={`${attachment.name} · ${attachment.width} × ${attachment.height} · ${bytes(attachment.bytes)}${notes.map((note) => `\n${note}`).join('')}`}
      className="relative flex flex-col self-start overflow-hidden rounded-lg border border-hairline bg-mat"
    >
      {missing ? (
        <span className="flex flex-col items-center justify-center gap-1 p-4 text-small text-muted" style={size}>
          <ImageOff className="size-5" aria-hidden />
          The file is missing
        </span>
      ) : (
        <span className="relative self-center">
          <img
            src={pictureUrl(host, attachment.sha, 'thumb')}
            alt={attachment.name}
            width={size.width}
            height={size.height}
            className="block max-w-full object-contain"
            decoding="async"
            onError={() => setMissing(host !== null)}
          />
          <MarkOutlines marks={marks} labels />
        </span>
      )}
      {missing || notes.length === 0 ? null : (
        <span
          className="flex w-0 min-w-full items-start gap-1 border-t border-hairline bg-raised px-1.5 py-1 text-left text-small text-muted [&>svg]:mt-0.5 [&>svg]:size-3 [&>svg]:shrink-0"
          data-testid="picture-notes"
        >
          <Info aria-hidden />
          <span className="min-w-0">{notes.join(' ')}</span>
        </span>
      )}
      {number === null ? null : <NumberBadge>{number}</NumberBadge>}
      {page && !missing ? (
        <span className="pointer-events-none absolute bottom-1 left-1 rounded border border-hairline bg-raised px-1 text-small tabular-nums">
          Page {pageTitle(page.number, page.label)}
        </span>
      ) : null}
    </button>
  )
  if (!onInput) return block
  return (
    <div className="group/picture relative flex self-start">
      {block}
      {missing ? null : (
        <IconButton
          label="What the model saw"
          size="small"
          onClick={onInput}
          className="absolute right-1.5 bottom-1.5 border border-hairline bg-raised opacity-0 group-focus-within/picture:opacity-100 group-hover/picture:opacity-100 pointer-coarse:opacity-100 print:hidden"
        >
          <ScanEye />
        </IconButton>
      )}
    </div>
  )
}
