import { Clapperboard } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { PictureViewer } from '../../components/pictures/PictureViewer.tsx'
import { announce } from '../../lib/announce.ts'
import { useHost } from '../../lib/host.ts'
import { chooseDetail, drawOn, makeVideo, reorder, takeOut } from './actions.ts'
import type { Draft } from './draft.ts'
import { PictureTile } from './PictureTile.tsx'
import { addressOf } from './tile.ts'
import { ClipTile } from './video/ClipTile.tsx'

/** The pictures of the question in the order in which they are sent; they are moved by dragging or with the arrow keys. */
export function PictureTray({ conversationId, draft }: { conversationId: string | null; draft: Draft }): ReactNode {
  const list = useRef<HTMLUListElement>(null)
  const [dragged, setDragged] = useState<string | null>(null)
  const [viewed, setViewed] = useState<string | null>(null)
  const host = useHost((state) => state.host)
  const { pictures } = draft
  if (pictures.length === 0) return null
  const stills = pictures.filter(({ clip }) => !clip)
  const opened = stills.flatMap((picture) => {
    const { key, attachment, name, marks } = picture
    return attachment
      ? [{ key, url: addressOf(picture, host), name, width: attachment.width, height: attachment.height, marks }]
      : []
  })
  const openedAt = opened.findIndex(({ key }) => key === viewed)
  const canBeVideo = stills.length > 1 && stills.every(({ attachment }) => attachment !== null)

  const move = (key: string, to: number): void => {
    reorder(conversationId, key, to)
    announce(`Picture moved to position ${Math.min(pictures.length, Math.max(1, to + 1))} of ${pictures.length}`)
  }
  const remove = (key: string, index: number): void => {
    takeOut(conversationId, key)
    announce('Picture taken out')
    const next =
      list.current?.querySelectorAll<HTMLElement>('[data-picture]')[
        index === pictures.length - 1 ? index - 1 : index + 1
      ]
    if (next) next.focus()
    else list.current?.closest('form')?.querySelector('textarea')?.focus()
  }
  return (
    <>
      <ul
        ref={list}
        aria-label="Pictures to send"
        className="flex flex-wrap items-start gap-2 px-3 pt-3"
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
        {pictures.map((picture, index) =>
          picture.clip ? (
            <ClipTile
              key={picture.key}
              conversationId={conversationId}
              picture={picture}
              clip={picture.clip}
              index={index}
              total={pictures.length}
              working={draft.preparing}
              dragged={dragged === picture.key}
              onMove={(to) => move(picture.key, to)}
              onRemove={() => remove(picture.key, index)}
              onDrag={(active) => setDragged(active ? picture.key : null)}
            />
          ) : (
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
              onOpen={() => setViewed(picture.key)}
            />
          ),
        )}
      </ul>
      {canBeVideo ? (
        <div className="px-3 pt-1.5">
          <Button
            kind="quiet"
            className="-ml-1.5 h-7! px-1.5!"
            title="The model sees them one after the other, as moments of one video"
            onClick={() => makeVideo(conversationId)}
          >
            <Clapperboard aria-hidden />
            {stills.length === 2 ? 'Use both as frames of a video' : `Use all ${stills.length} as frames of a video`}
          </Button>
        </div>
      ) : null}
      <PictureViewer
        pictures={opened}
        index={openedAt < 0 ? null : openedAt}
        onIndexChange={(index) => setViewed(index === null ? null : (opened[index]?.key ?? null))}
        onMarks={(index, marks) => drawOn(conversationId, opened[index]!.key, marks)}
      />
    </>
  )
}
