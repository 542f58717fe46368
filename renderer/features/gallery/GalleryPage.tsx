import { t } from '@lingui/core/macro'
import type { GalleryItem } from '#contract'
import { X } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { Segmented } from '../../components/primitives/FormControls.tsx'
import { count, counted } from '../../lib/format.ts'
import { columnsIn, placeOfTile, rowsInSight, scrollToTile, tileAfter } from '../../lib/tileGrid.ts'
import { GalleryTile, tiles } from './GalleryTile.tsx'
import { need, readGallery, useGallery } from './store.ts'
import type { OpenShown } from './store.ts'

const kinds = [
  { value: 'all', label: t`All` },
  { value: 'picture', label: t`Pictures` },
  { value: 'page', label: t`Pages` },
  { value: 'video', label: t`Videos` },
] as const

/**
 * All pictures and videos of the conversations, what was shown last first; each leads to where it stands. `version`: another value
 * whenever conversations changed.
 */
export function GalleryPage({
  toggle,
  version,
  onOpen,
  onClose,
}: {
  /** Shows the sidebar where it is hidden. */
  toggle: ReactNode
  version: unknown
  onOpen: OpenShown
  onClose: () => void
}): ReactNode {
  const page = useRef<HTMLElement>(null)
  const { kind, total, error, described } = useGallery()
  useEffect(() => {
    document.title = t`Gallery · Sightline`
    page.current?.focus({ preventScroll: true })
  }, [])
  useEffect(() => readGallery(), [version])
  return (
    <section ref={page} tabIndex={-1} aria-label={t`Gallery`} className="flex min-h-0 flex-1 flex-col outline-none">
      <header className="flex h-12 shrink-0 items-center gap-3 pr-2 pl-4 has-[>button:first-child]:pl-2">
        {toggle}
        <h1 className="flex-1 font-medium">{t`Gallery`}</h1>
        <IconButton label={t`Close the gallery`} hint="Esc" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-hairline px-4 pb-3">
        <Segmented label={t`What is shown`} value={kind} options={kinds} onChange={readGallery} />
        <p className="min-w-0 text-muted tabular-nums" role="status">
          {total === null || total === 0 ? '' : sumOf(kind, total)}
          {kind === 'video' || !described || described.pictures === 0
            ? ''
            : `${total ? ' · ' : ''}${t`${count(described.described)} of ${counted(described.pictures, 'picture')} described for search`}`}
        </p>
      </div>
      {error ? (
        <ErrorNote message={error.message} className="mx-4 mt-3">
          <Button onClick={() => readGallery()}>{t`Try again`}</Button>
        </ErrorNote>
      ) : null}
      {total === 0 ? (
        <p className="m-auto max-w-[40ch] p-6 text-center text-muted">
          {kind === 'all'
            ? t`Nothing here yet. Pictures and videos that you ask about are shown here, with their conversations.`
            : t`There is nothing of this kind in your conversations.`}
        </p>
      ) : (
        <Grid key={kind} total={total ?? 0} onOpen={onOpen} />
      )}
    </section>
  )
}

const sumOf = (kind: (typeof kinds)[number]['value'], total: number): string =>
  kind === 'all' ? counted(total, 'item') : counted(total, kind)

/** The tiles, of which only those in sight are there. Arrow keys go through them. */
function Grid({ total, onOpen }: { total: number; onOpen: OpenShown }): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const items = useGallery((state) => state.items)
  const [sight, setSight] = useState({ top: 0, width: 0, height: 0 })
  const [active, setActive] = useState(1)
  /** The tile that is to have the focus once it is drawn. */
  const wanted = useRef<number | null>(null)
  const columns = columnsIn(sight.width, tiles)
  const rows = Math.ceil(total / columns)
  const { first, end } = rowsInSight(sight.top, sight.height, rows, tiles)
  const [from, to] = [first * columns, Math.min(total, end * columns)]
  const inReach = Math.min(active, Math.max(1, total))

  const look = useCallback(() => {
    const { current } = box
    if (current) setSight({ top: current.scrollTop, width: current.clientWidth, height: current.clientHeight })
  }, [])
  useEffect(() => {
    const observer = new ResizeObserver(look)
    if (box.current) observer.observe(box.current)
    return () => observer.disconnect()
  }, [look])
  // also after a change elsewhere, which reads all of it anew
  useEffect(() => need(from, to), [from, to, items])
  useEffect(() => {
    if (wanted.current === null) return
    const tile = box.current?.querySelector<HTMLElement>(`[data-tile="${wanted.current}"]`)
    if (!tile) return
    wanted.current = null
    tile.focus({ preventScroll: true })
  })

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!(event.target as Element).matches('[data-tile]')) return
    const next = tileAfter(event.key, inReach, total, columns)
    if (next === null) return
    event.preventDefault()
    wanted.current = next
    setActive(next)
    if (box.current) scrollToTile(next, columns, box.current, tiles)
  }
  return (
    <div ref={box} onScroll={look} onKeyDown={onKeyDown} className="min-h-0 flex-1 overflow-y-auto p-4">
      <ul
        aria-label={t`Pictures and videos`}
        className="relative"
        style={{ height: Math.max(0, rows * tiles.row - tiles.gap) }}
      >
        {Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n).map((place) => (
          <li
            key={place}
            aria-posinset={place + 1}
            aria-setsize={total}
            className="group/tile absolute"
            style={placeOfTile(place, columns, tiles)}
          >
            <Tile
              item={items.get(place)}
              place={place + 1}
              isActive={place + 1 === inReach}
              onOpen={onOpen}
              onFocus={setActive}
            />
          </li>
        ))}
      </ul>
    </div>
  )
}

function Tile({
  item,
  place,
  isActive,
  onOpen,
  onFocus,
}: {
  item: GalleryItem | undefined
  place: number
  isActive: boolean
  onOpen: OpenShown
  onFocus: (place: number) => void
}): ReactNode {
  if (!item) return <div className="rounded-md bg-sunken" style={{ height: tiles.picture }} />
  return (
    <div onFocus={() => onFocus(place)}>
      <GalleryTile item={item} place={place} isActive={isActive} onOpen={onOpen} />
    </div>
  )
}
