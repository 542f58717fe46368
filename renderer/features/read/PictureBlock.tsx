import { ImageOff } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Attachment, PictureMark } from '#contract'
import { MarkOutlines } from '../../components/marking/MarkOutlines.tsx'
import { NumberBadge } from '../../components/NumberBadge.tsx'
import { bytes } from '../../lib/format.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'

/** Size in px at which a picture is shown within `max`, keeping its shape; its long side is never below 96. */
function shownSize({ width, height }: Attachment, max: number): { width: number; height: number } {
  const scale = Math.min(max / width, max / height, Math.max(1, 96 / Math.max(width, height)))
  return { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) }
}

/** A picture of a question, with what was drawn on it, as a block that opens the viewer; its space is kept while it loads. */
export function PictureBlock({
  attachment,
  marks,
  number,
  small,
  onOpen,
}: {
  attachment: Attachment
  marks: readonly PictureMark[]
  number: number | null
  small: boolean
  onOpen: () => void
}): ReactNode {
  const host = useHost((state) => state.host)
  const [missing, setMissing] = useState(false)
  const size = shownSize(attachment, small ? 200 : 320)
  return (
    <button
      type="button"
      onClick={onOpen}
      disabled={missing}
      aria-label={`Open picture${number === null ? '' : ` ${number}`}: ${attachment.name}${marks.length === 0 ? '' : `, with ${marks.map(({ label }) => label || 'a mark').join(', ')}`}`}
      title={`${attachment.name} · ${attachment.width} × ${attachment.height} · ${bytes(attachment.bytes)}`}
      className="relative overflow-hidden rounded-lg border border-hairline bg-mat"
    >
      {missing ? (
        <span className="flex flex-col items-center justify-center gap-1 p-4 text-small text-muted" style={size}>
          <ImageOff className="size-5" aria-hidden />
          The file is missing
        </span>
      ) : (
        <img
          src={pictureUrl(host, attachment.sha, 'thumb')}
          alt={attachment.name}
          width={size.width}
          height={size.height}
          className="block max-w-full object-contain"
          decoding="async"
          onError={() => setMissing(host !== null)}
        />
      )}
      {missing ? null : <MarkOutlines marks={marks} labels />}
      {number === null ? null : <NumberBadge number={number} />}
    </button>
  )
}
