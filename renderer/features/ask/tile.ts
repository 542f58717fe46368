import { isShownByBrowsers } from '#contract'
import type { HostDescription } from '#contract'
import type { DragEvent, KeyboardEvent } from 'react'
import { pictureUrl } from '../../lib/host.ts'
import type { Picture } from './draft.ts'

/** Look of the small buttons under a tile. */
export const tileTool =
  'flex size-6 shrink-0 items-center justify-center rounded-md text-muted enabled:hover:bg-hover enabled:hover:text-ink disabled:opacity-40 [&>svg]:size-3.5'

/** What the keys and the pointer do with a picture or video of the composer. */
export interface TileActions {
  readonly index: number
  readonly total: number
  readonly onMove: (to: number) => void
  readonly onRemove: () => void
  readonly onDrag: (active: boolean) => void
  /** Moves it over one word of the question, forward or back. */
  readonly onStep: (by: 1 | -1) => void
  /** What Enter does; nothing when left out. */
  readonly onEnter?: () => void
}

/** Properties of the list item of a tile: it is dragged to its place, and moved or removed by keys. */
export function tileProps(key: string, { index, total, onMove, onStep, onRemove, onDrag, onEnter }: TileActions) {
  const actions: Readonly<Record<string, (() => void) | undefined>> = {
    ArrowLeft: () => onMove(index - 1),
    ArrowRight: () => onMove(index + 1),
    Home: () => onMove(0),
    End: () => onMove(total - 1),
    Delete: onRemove,
    Backspace: onRemove,
    Enter: onEnter,
  }
  const steps: typeof actions = { ArrowLeft: () => onStep(-1), ArrowRight: () => onStep(1) }
  return {
    'data-picture': key,
    draggable: true,
    tabIndex: 0,
    onKeyDown: (event: KeyboardEvent) => {
      const keys = event.altKey ? steps : actions
      const action = event.target === event.currentTarget ? keys[event.key] : undefined
      if (!action) return
      event.preventDefault()
      action()
    },
    onDragStart: (event: DragEvent) => {
      event.dataTransfer.effectAllowed = 'move'
      event.dataTransfer.setData('application/x-sightline-picture', key)
      onDrag(true)
    },
    onDragEnd: () => onDrag(false),
  }
}

/** Where the window finds a picture of the composer: the file as it was dropped, or what the core makes of one that is not shown. */
export function addressOf(
  { preview, attachment }: Picture,
  host: HostDescription | null,
  size: 'full' | 'thumb' = 'full',
): string {
  return attachment && !isShownByBrowsers(attachment) ? (pictureUrl(host, attachment.sha, size) ?? preview) : preview
}
