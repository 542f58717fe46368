import { t } from '@lingui/core/macro'
import { pageTitle } from '#contract'
import { Check, FileX } from 'lucide-react'
import { useCallback, useEffect, useId, useRef, useState } from 'react'
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'
import { cx } from '../../../lib/cx.ts'
import { pageUrl, useHost } from '../../../lib/host.ts'
import { columnsIn, placeOfTile, rowsInSight, scrollToTile, tileAfter } from '../../../lib/tileGrid.ts'
import { labelOf } from './choosing.ts'
import { extended, grid, toggled } from './selection.ts'
import type { Selection } from './selection.ts'

/** How long a page has to be in sight before its picture is asked for, in ms: what only flies past is never drawn. */
const STAY_MS = 90

/** The pages of a file as small pictures, of which any number is chosen; only those in sight are there. */
export function PageGrid({
  sha,
  count,
  labels,
  selection,
  onSelect,
  onEnter,
}: {
  sha: string
  count: number
  labels: readonly string[] | undefined
  selection: Selection
  onSelect: (selection: Selection) => void
  onEnter: () => void
}): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const [sight, setSight] = useState({ top: 0, width: 0, height: 0 })
  const [active, setActive] = useState(1)
  const [anchor, setAnchor] = useState(1)
  const columns = columnsIn(sight.width, grid)
  const rows = Math.ceil(count / columns)
  const { first, end } = rowsInSight(sight.top, sight.height, rows, grid)

  const look = useCallback(() => {
    const { current } = box
    if (current) setSight({ top: current.scrollTop, width: current.clientWidth, height: current.clientHeight })
  }, [])
  useEffect(() => {
    const observer = new ResizeObserver(look)
    if (box.current) observer.observe(box.current)
    return () => observer.disconnect()
  }, [look])

  const go = (page: number): void => {
    setActive(page)
    if (box.current) scrollToTile(page, columns, box.current, grid)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault()
      return onEnter()
    }
    if (event.key === ' ') {
      event.preventDefault()
      setAnchor(active)
      return onSelect(toggled(selection, active))
    }
    if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      return onSelect(extended([], 1, count))
    }
    const next = tileAfter(event.key, active, count, columns)
    if (next === null) return
    event.preventDefault()
    go(next)
    if (event.shiftKey) onSelect(extended(selection, anchor, next))
    else setAnchor(next)
  }
  const onClick = (event: MouseEvent, page: number): void => {
    setActive(page)
    if (event.shiftKey) return onSelect(extended(selection, anchor, page))
    setAnchor(page)
    onSelect(toggled(selection, page))
  }

  const pages = Array.from(
    { length: Math.max(0, Math.min(count, end * columns) - first * columns) },
    (_, i) => first * columns + i + 1,
  )
  return (
    <div
      ref={box}
      role="listbox"
      aria-label={t`Pages`}
      aria-multiselectable
      aria-activedescendant={pages.includes(active) ? `${id}-${active}` : undefined}
      tabIndex={0}
      onScroll={look}
      onKeyDown={onKeyDown}
      className="group h-[min(22.5rem,44dvh)] overflow-y-auto rounded-md p-1 outline-none select-none"
    >
      <div role="presentation" className="relative" style={{ height: rows * grid.row - grid.gap }}>
        {pages.map((page) => (
          <div
            key={page}
            id={`${id}-${page}`}
            role="option"
            aria-label={t`Page ${pageTitle(page, labelOf(page, labels))}`}
            aria-selected={selection.includes(page)}
            aria-posinset={page}
            aria-setsize={count}
            onClick={(event) => onClick(event, page)}
            className="absolute cursor-default"
            style={placeOfTile(page - 1, columns, grid)}
          >
            <PageTile
              sha={sha}
              page={page}
              label={labelOf(page, labels)}
              isChosen={selection.includes(page)}
              isActive={page === active}
            />
          </div>
        ))}
      </div>
    </div>
  )
}

/** The small picture of a page, its number, and whether it is chosen. */
function PageTile({
  sha,
  page,
  label,
  isChosen,
  isActive,
}: {
  sha: string
  page: number
  label: string | undefined
  isChosen: boolean
  isActive: boolean
}): ReactNode {
  const host = useHost((state) => state.host)
  const [stays, setStays] = useState(false)
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setStays(true), STAY_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <>
      <div
        className={cx(
          'relative flex items-center justify-center overflow-hidden rounded-md border bg-mat p-1.5',
          isChosen ? 'border-accent ring-1 ring-accent' : 'border-hairline hover:border-control',
          isActive &&
            'group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-accent',
        )}
        style={{ height: grid.picture }}
      >
        {isBroken ? (
          <span className="flex flex-col items-center gap-1 text-small text-muted">
            <FileX className="size-4" aria-hidden />
            {t`Not readable`}
          </span>
        ) : stays && host ? (
          <img
            src={pageUrl(host, sha, page)}
            alt=""
            draggable={false}
            onError={() => setBroken(true)}
            className="max-h-full max-w-full object-contain"
          />
        ) : null}
        {isChosen ? (
          <span className="absolute top-1 right-1 flex size-5 items-center justify-center rounded-full bg-accent text-on-accent">
            <Check className="size-3.5" aria-hidden />
          </span>
        ) : null}
      </div>
      <p className={cx('truncate pt-1 text-center text-small tabular-nums', isChosen ? 'font-semibold' : 'text-muted')}>
        {pageTitle(page, label)}
      </p>
    </>
  )
}
