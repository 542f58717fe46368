import { t } from '@lingui/core/macro'
import type { GalleryItem } from '#contract'
import { Ellipsis, FileX, MessageSquare, Play, ScanText } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuSeparator, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { clock } from '../../lib/format.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { describe, useGallery } from './store.ts'
import type { OpenShown } from './store.ts'

/** Sizes of the tiles, in pixels: a picture, two lines below it, and the gap. */
export const tiles = { gap: 16, least: 160, picture: 152, row: 152 + 46 + 16 } as const

/** A picture or video with where it stands: a click opens it there, its menu has the other places. */
export function GalleryTile({
  item: { attachment, places, description },
  place,
  isActive,
  onOpen,
}: {
  item: GalleryItem
  place: number
  isActive: boolean
  onOpen: OpenShown
}): ReactNode {
  const { sha, kind, name } = attachment
  const isDescribing = useGallery((state) => state.describing.has(sha))
  const [first, ...others] = places
  const open = ({ conversationId, messageId }: GalleryItem['places'][number]): void =>
    onOpen(conversationId, { query: name.slice(0, 200), messageId, picture: name })
  if (!first) return null
  return (
    <div aria-busy={isDescribing}>
      <button
        type="button"
        data-tile={place}
        tabIndex={isActive ? 0 : -1}
        aria-label={t`${name}, in ${first.title}`}
        title={name}
        onClick={() => open(first)}
        className="relative flex w-full items-center justify-center overflow-hidden rounded-md border border-hairline bg-mat p-1.5 hover:border-control"
        style={{ height: tiles.picture }}
      >
        <Thumbnail key={sha} sha={sha} />
        {kind === 'video' ? (
          <span className="absolute bottom-1.5 left-1.5 flex items-center gap-1 rounded-md bg-raised/90 px-1.5 py-0.5 text-small tabular-nums [&>svg]:size-3">
            <Play aria-hidden />
            {clock(attachment.durationMs)}
          </span>
        ) : null}
        {isDescribing ? <span className="work-edge" /> : null}
      </button>
      <div className="flex items-start gap-1 pt-1.5">
        <div className="min-w-0 flex-1">
          <p className="truncate" title={first.title}>
            {first.title}
          </p>
          <p className="truncate text-small text-muted" title={description ?? name}>
            {isDescribing ? t`Describing…` : (description ?? name)}
          </p>
        </div>
        <Menu
          align="end"
          trigger={
            <MenuTrigger
              aria-label={t`Options for ${name}`}
              tabIndex={isActive ? 0 : -1}
              className={cx(
                iconButtonClass('small'),
                'opacity-0 group-focus-within/tile:opacity-100 group-hover/tile:opacity-100 data-[popup-open]:opacity-100 pointer-coarse:opacity-100',
              )}
            >
              <Ellipsis />
            </MenuTrigger>
          }
        >
          {[first, ...others].map((one) => (
            <MenuItem key={one.messageId} onSelect={() => open(one)}>
              <MessageSquare aria-hidden />
              <span className="max-w-60 truncate">{one.title}</span>
            </MenuItem>
          ))}
          {kind === 'image' ? (
            <>
              <MenuSeparator />
              <MenuItem onSelect={() => void describe(sha)}>
                <ScanText aria-hidden />
                {description === null ? t`Describe for search` : t`Describe again`}
              </MenuItem>
            </>
          ) : null}
        </Menu>
      </div>
    </div>
  )
}

/** The small picture of a file. */
function Thumbnail({ sha }: { sha: string }): ReactNode {
  const host = useHost((state) => state.host)
  const [isBroken, setBroken] = useState(false)
  if (isBroken)
    return (
      <span className="flex flex-col items-center gap-1 text-small text-muted">
        <FileX className="size-4" aria-hidden />
        {t`Not stored any more`}
      </span>
    )
  return (
    <img
      src={pictureUrl(host, sha, 'thumb')}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setBroken(true)}
      className="max-h-full max-w-full object-contain"
    />
  )
}
