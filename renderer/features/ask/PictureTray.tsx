import { useRef, useState, type ReactNode } from 'react'
import { announce } from '../../lib/announce.ts'
import { chooseDetail, reorder, takeOut } from './actions.ts'
import { PictureTile } from './PictureTile.tsx'
import type { Draft } from './state.ts'

/** The pictures of the question in the order in which they are sent; they are moved by dragging or with the arrow keys. */
export function PictureTray({ conversationId, draft }: { conversationId: string | null; draft: Draft }): ReactNode {
  const list = useRef<HTMLUListElement>(null)
  const [dragged, setDragged] = useState<string | null>(null)
  const { pictures } = draft
  if (pictures.length === 0) return null

  const move = (key: string, to: number): void => {
    reorder(conversationId, key, to)
    announce(`Picture moved to position ${Math.min(pictures.length, Math.max(1, to + 1))} of ${pictures.length}`)
  }
  const remove = (key: string, index: number): void => {
    takeOut(conversationId, key)
    announce('Picture taken out')
    const next = list.current?.querySelectorAll<HTMLElement>('[data-picture]')[index === pictures.length - 1 ? index - 1 : index + 1]
    if (next) next.focus()
    else list.current?.closest('form')?.querySelector('textarea')?.focus()
  }
  return (
    <ul
      ref={list}
      aria-label="Pictures to send"
      className="flex flex-wrap gap-2 px-3 pt-3"
      onDragOver={(event) => {
        if (dragged === null) return
        event.preventDefault()
        event.dataTransfer.dropEffect = 'move'
        const over = (event.target as Element).closest<HTMLElement>('[data-picture]')?.dataset['picture']
        const to = pictures.findIndex((picture) => picture.key === over)
        if (over !== undefined && over !== dragged && to >= 0) reorder(conversationId, dragged, to)
      }}
      onDrop={(event) => {
        if (dragged !== null) event.preventDefault()
        setDragged(null)
      }}
    >
      {pictures.map((picture, index) => (
        <PictureTile
          key={picture.key}
          picture={picture}
          index={index}
          total={pictures.length}
          working={draft.preparing}
          dragged={dragged === picture.key}
          onMove={(to) => move(picture.key, to)}
          onRemove={() => remove(picture.key, index)}
          onDetail={(budget) => chooseDetail(conversationId, picture.key, budget)}
          onDrag={(active) => setDragged(active ? picture.key : null)}
        />
      ))}
    </ul>
  )
}
