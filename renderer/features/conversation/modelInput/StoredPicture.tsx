import { ImageOff } from 'lucide-react'
import { useState } from 'react'
import type { CSSProperties, ReactNode } from 'react'
import { cx } from '../../../lib/cx.ts'

/** From so many px on for each of its pixels a picture shows them as squares. */
const SQUARES = 3

/** A stored picture in its place, `scale` px for each of its pixels; where it cannot be had it is said so. */
export function StoredPicture({
  address,
  label,
  style,
  scale,
  isOriginal = false,
}: {
  address: string
  label: string
  style: CSSProperties
  scale: number
  /** Whether it is what came, which a comparison is drawn from. */
  isOriginal?: boolean
}): ReactNode {
  const [missing, setMissing] = useState<string | null>(null)
  if (missing === address)
    return <MissingNote style={style}>The file is not stored here any more, so its pixels cannot be shown.</MissingNote>
  return (
    <img
      src={address}
      alt={label}
      draggable={false}
      data-original={isOriginal ? '' : undefined}
      // what the model got has no transparent pixels, so that this is seen until they have come
      className={cx('absolute max-w-none select-none', !isOriginal && 'bg-active')}
      style={{ ...style, imageRendering: scale >= SQUARES ? 'pixelated' : 'auto' }}
      onError={() => setMissing(address)}
    />
  )
}

/** Said in the place of a picture that is not shown. */
export function MissingNote({ style, children }: { style: CSSProperties; children: ReactNode }): ReactNode {
  return (
    <p
      className="absolute flex flex-col items-center justify-center gap-2 p-4 text-center text-muted [&>svg]:size-5"
      style={style}
    >
      <ImageOff aria-hidden />
      {children}
    </p>
  )
}
