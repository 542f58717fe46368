import type { DragEvent } from 'react'
import { useState } from 'react'
import { cx } from '../../lib/cx.ts'

/** What is dragged is told by this: conversations, as a JSON array of their ids. */
const TYPE = 'application/x-sightline-conversations'

/** Begins to drag conversations. */
export function dragConversations(event: DragEvent, ids: readonly string[]): void {
  event.dataTransfer.setData(TYPE, JSON.stringify(ids))
  event.dataTransfer.effectAllowed = 'move'
}

/** What makes an element take conversations that are dropped on it; `onDrop` gets their ids. */
export function useDropOfConversations(onDrop: (ids: readonly string[]) => void) {
  const [isOver, setOver] = useState(false)
  const takes = (event: DragEvent): boolean => event.dataTransfer.types.includes(TYPE)
  return {
    onDragOver: (event: DragEvent) => {
      if (!takes(event)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'move'
      setOver(true)
    },
    onDragLeave: (event: DragEvent<HTMLElement>) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
    },
    onDrop: (event: DragEvent) => {
      setOver(false)
      if (!takes(event)) return
      event.preventDefault()
      onDrop(JSON.parse(event.dataTransfer.getData(TYPE)) as string[])
    },
    className: cx('rounded-md', isOver && 'bg-accent-soft outline-2 outline-accent'),
  }
}
