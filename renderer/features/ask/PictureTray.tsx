import { fileOfPage, pageTitle } from '#contract'
import type { Attachment, MediaCount, PictureBudget } from '#contract'
import { Check, ChevronLeft, ChevronRight, Clapperboard, Info, TextCursorInput, TextQuote, X } from 'lucide-react'
import { Fragment, useRef, useState } from 'react'
import type { ClipboardEvent, KeyboardEvent, ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { MarkOutlines } from '../../components/pictures/MarkOutlines.tsx'
import { textOf } from '../../components/pictures/viewerGeometry.ts'
import { NumberBadge } from '../../components/primitives/Badge.tsx'
import { Button } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { announce } from '../../lib/announce.ts'
import { isNumbered, mediumName } from '../../lib/conversation/numbers.ts'
import { later } from '../../components/primitives/later.tsx'
import { cx } from '../../lib/cx.ts'
import { budgetOf, detailLevels, detailOf, useFamily } from '../../lib/detail.ts'
import type { Detail } from '../../lib/detail.ts'
import { count, tokens } from '../../lib/format.ts'
import { useHost } from '../../lib/host.ts'
import { questionField } from '../../lib/questionField.ts'
import { isMoving } from '../../lib/video/index.ts'
import {
  chooseDetail,
  dropEmptyLeads,
  drawOn,
  makeVideo,
  moveInWords,
  putAtCaret,
  reorder,
  setLead,
  takeOut,
} from './actions.ts'
import { hasLeads } from './blocks.ts'
import { draftKey, draftOf, numbersIn } from './draft.ts'
import type { Draft, Picture } from './draft.ts'
import { quote, quotePage } from './editing.ts'
import { undoable } from './history.ts'
import { makeMoving } from './moving.ts'
import { addressOf, tileProps, tileTool } from './tile.ts'
import { ClipTile } from './video/ClipTile.tsx'

const PictureViewer = later(
  () => import('../../components/pictures/PictureViewer.tsx').then(({ PictureViewer }) => PictureViewer),
  ({ index }) => index !== null,
)

/** What a pointer resting on the tile is told. */
function hint(picture: Picture): string {
  const size = picture.attachment ? ` · ${picture.attachment.width} × ${picture.attachment.height}` : ''
  return [
    `${picture.name}${size}${picture.tokens === null ? '' : ` · ${tokens(picture.tokens)}`}`,
    ...notesOf(picture),
  ].join('\n')
}

const sizeOf = ({ width, height }: Attachment) => ({ width, height })

/** What must be known of the picture: that a part is missing, that there are more in its file. */
const notesOf = ({ attachment }: Picture): readonly string[] =>
  attachment?.kind === 'image' ? (attachment.notes ?? []) : []

/** One picture of the question: whole, numbered when there are several, with its cost, and tools to move and remove it. */
export function PictureTile({
  picture,
  index,
  number,
  isNumbered,
  total,
  working,
  dragged,
  onMove,
  onStep,
  onRemove,
  onDetail,
  onPlace,
  onDrag,
  onOpen,
  onMoving,
  onPageText,
}: {
  picture: Picture
  index: number
  /** By which the model will know it. */
  number: number
  isNumbered: boolean
  total: number
  working: boolean
  dragged: boolean
  onMove: (to: number) => void
  onStep: (by: 1 | -1) => void
  onRemove: () => void
  onDetail: (budget: PictureBudget | null) => void
  /** Puts it among the words; null: there are none. */
  onPlace: (() => void) | null
  onDrag: (active: boolean) => void
  onOpen: () => void
  onMoving: () => void
  onPageText: () => void
}): ReactNode {
  const busy = picture.attachment === null || picture.drawing === true || working
  const host = useHost((state) => state.host)
  const notes = notesOf(picture)
  const canMove = picture.attachment?.kind === 'image' && isMoving(picture.attachment)
  // a drawing is a page that has no number
  const isOfFile = fileOfPage(picture.name) !== picture.name
  const page = isOfFile && picture.attachment?.kind === 'image' ? picture.attachment.page : undefined
  return (
    <li
      {...tileProps(picture.key, { index, total, onMove, onStep, onRemove, onDrag })}
      aria-label={`Picture ${number}${total > 1 ? `, ${index + 1} of ${total}` : ''}: ${picture.name}${total > 1 ? '. Arrow keys move it, Delete removes it' : '. Delete removes it'}`}
      aria-busy={busy}
      title={hint(picture)}
      className={cx(
        'flex flex-col overflow-hidden rounded-md border bg-mat',
        dragged ? 'border-accent opacity-60' : 'border-hairline',
      )}
    >
      <div className="relative flex h-24 max-w-44 min-w-28 items-center justify-center">
        <button
          type="button"
          disabled={picture.attachment === null}
          aria-label={`Mark a place on picture ${number}`}
          title="Open, to look closer or mark a place"
          onClick={onOpen}
          className="relative flex focus-visible:-outline-offset-2"
        >
          <img
            src={addressOf(picture, host, 'thumb')}
            alt=""
            draggable={false}
            className="max-h-24 max-w-44 object-contain"
          />
          <MarkOutlines marks={picture.marks} />
        </button>
        {isNumbered ? <NumberBadge>{number}</NumberBadge> : null}
        <button
          type="button"
          className={cx(tileTool, 'absolute top-1 right-1 border border-hairline bg-raised')}
          aria-label={`Remove picture ${number}`}
          onClick={onRemove}
        >
          <X />
        </button>
        {page ? (
          <span className="pointer-events-none absolute bottom-1 left-1 rounded border border-hairline bg-raised px-1 text-small tabular-nums">
            Page {pageTitle(page.number, page.label)}
          </span>
        ) : null}
        {busy ? <span className="work-edge" role="progressbar" aria-label={`Working on picture ${number}`} /> : null}
      </div>
      {notes.length > 0 ? (
        <p
          className="flex max-w-44 items-start gap-1 border-t border-hairline bg-raised px-1.5 py-1 text-small text-muted [&>svg]:mt-0.5 [&>svg]:size-3 [&>svg]:shrink-0"
          data-testid="picture-notes"
        >
          <Info aria-hidden />
          <span className="min-w-0">{notes.join(' ')}</span>
        </p>
      ) : null}
      {canMove ? (
        <button
          type="button"
          title="The model sees its pictures one after the other, each at its time"
          className="flex h-6 items-center justify-center gap-1 border-t border-hairline bg-raised px-1.5 text-small hover:bg-hover"
          onClick={onMoving}
        >
          <Clapperboard className="size-3.5 shrink-0" aria-hidden />
          Use as a video
        </button>
      ) : null}
      <div className="flex h-6 items-center justify-between border-t border-hairline bg-raised">
        {total > 1 ? (
          <button
            type="button"
            className={tileTool}
            aria-label={`Move picture ${number} earlier`}
            disabled={index === 0}
            onClick={() => onMove(index - 1)}
          >
            <ChevronLeft />
          </button>
        ) : null}
        <DetailMenu picture={picture} number={number} onDetail={onDetail} onPlace={onPlace} onPageText={onPageText} />
        {total > 1 ? (
          <button
            type="button"
            className={tileTool}
            aria-label={`Move picture ${number} later`}
            disabled={index === total - 1}
            onClick={() => onMove(index + 1)}
          >
            <ChevronRight />
          </button>
        ) : null}
      </div>
    </li>
  )
}

/** What the picture costs; opens the choice of how closely the model looks at it. */
function DetailMenu({
  picture,
  number,
  onDetail,
  onPlace,
  onPageText,
}: {
  picture: Picture
  number: number
  onDetail: (budget: PictureBudget | null) => void
  onPlace: (() => void) | null
  onPageText: () => void
}): ReactNode {
  const { family } = useFamily()
  const chosen = detailOf(picture.budget)
  const levels: readonly (readonly [Detail, string, PictureBudget | null])[] = [
    ['model', 'As in the settings', null],
    ...(Object.keys(detailLevels) as (keyof typeof detailLevels)[]).map(
      (level): readonly [Detail, string, PictureBudget] => {
        const { label, maxTokens } = detailLevels[level]
        return [level, `${label} · up to ${count(maxTokens)} tokens`, budgetOf(level, family)]
      },
    ),
  ]
  const cost = picture.tokens === null ? '' : tokens(picture.tokens)
  return (
    <Menu
      align="start"
      trigger={
        <MenuTrigger
          className="min-w-0 flex-1 self-stretch truncate px-1 text-center text-small text-muted tabular-nums hover:bg-hover hover:text-ink"
          aria-label={`Detail of picture ${number}${cost === '' ? '' : `, ${cost}`}`}
        >
          {cost}
          {picture.budget
            ? ` · ${chosen in detailLevels ? detailLevels[chosen as keyof typeof detailLevels].label : 'Custom'}`
            : ''}
        </MenuTrigger>
      }
    >
      {levels.map(([level, label, budget]) => (
        <MenuItem key={level} onSelect={() => onDetail(budget)}>
          {level === chosen ? <Check aria-label="Chosen" /> : <span className="size-4" />}
          {label}
        </MenuItem>
      ))}
      {onPlace ? (
        <MenuItem onSelect={onPlace}>
          <TextCursorInput aria-hidden />
          Put it in the text, at the caret
        </MenuItem>
      ) : null}
      {picture.attachment && textOf(picture.attachment).textOf !== undefined ? (
        <div className="mt-1 border-t border-hairline pt-1">
          <MenuItem onSelect={onPageText}>
            <TextQuote aria-hidden />
            Send the page’s text too
          </MenuItem>
        </div>
      ) : null}
    </Menu>
  )
}

const EARSHOT = 30

/** Where a picture or video stands among the words, for those who hear it. */
function placeInWords({ pictures, text }: Draft, key: string): string {
  const index = pictures.findIndex((picture) => picture.key === key)
  const before = (pictures[index]?.lead ?? '').trim()
  const after = (pictures[index + 1] ? (pictures[index + 1]?.lead ?? '') : text).trim()
  const ends = [before && `after “${before.slice(-EARSHOT)}”`, after && `before “${after.slice(0, EARSHOT)}”`]
  return `Moved ${ends.filter(Boolean).join(', ') || `to position ${index + 1} of ${pictures.length}`}`
}

/** The pictures of the question in the order in which they are sent; they are moved by dragging or with the arrow keys. */
export function PictureTray({
  conversationId,
  draft,
  before,
  onPaste,
  onKeyDown,
}: {
  conversationId: string | null
  draft: Draft
  before: MediaCount
  onPaste: (event: ClipboardEvent<HTMLTextAreaElement>) => void
  onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void
}): ReactNode {
  const list = useRef<HTMLUListElement>(null)
  const [dragged, setDragged] = useState<string | null>(null)
  const [viewed, setViewed] = useState<string | null>(null)
  const host = useHost((state) => state.host)
  const { pictures } = draft
  if (pictures.length === 0) return null
  const numbers = numbersIn(draft, before)
  const numbered = isNumbered({ ...before, pictures: before.pictures + pictures.length })
  const hasWords = draft.text.trim() !== '' || hasLeads(draft)
  const stills = pictures.filter(({ clip }) => !clip)
  const opened = stills.flatMap((picture) => {
    const { key, attachment, name, marks } = picture
    const number = numbered ? numbers[pictures.indexOf(picture)]! : null
    return attachment
      ? [{ key, url: addressOf(picture, host), name, ...sizeOf(attachment), marks, number, ...textOf(attachment) }]
      : []
  })
  const openedAt = opened.findIndex(({ key }) => key === viewed)
  const canBeVideo = !hasLeads(draft) && stills.length > 1 && stills.every(({ attachment }) => attachment !== null)

  const move = (key: string, to: number): void => {
    undoable(conversationId, () => reorder(conversationId, key, to))
    announce(`Picture moved to position ${Math.min(pictures.length, Math.max(1, to + 1))} of ${pictures.length}`)
  }
  const step = (key: string, by: 1 | -1): void => {
    flushSync(() => undoable(conversationId, () => moveInWords(conversationId, key, by)))
    const moved = list.current?.querySelector<HTMLElement>(`[data-picture="${key}"]`)
    moved?.focus()
    announce(placeInWords(draftOf(draftKey(conversationId)), key))
  }
  const remove = (key: string, index: number): void => {
    undoable(conversationId, () => takeOut(conversationId, key))
    announce('Picture taken out')
    const next =
      list.current?.querySelectorAll<HTMLElement>('[data-picture]')[
        index === pictures.length - 1 ? index - 1 : index + 1
      ]
    if (next) next.focus()
    else questionField()?.focus()
  }
  return (
    <>
      <ul
        ref={list}
        aria-label="Pictures to send"
        className={cx(
          hasLeads(draft) ? 'max-h-[min(26rem,50vh)]' : 'max-h-[min(18.5rem,38vh)]',
          'flex flex-wrap items-start gap-2 overflow-y-auto px-3 pt-3 pb-1',
        )}
        onDragOver={(event) => {
          if (dragged === null) return
          event.preventDefault()
          event.dataTransfer.dropEffect = 'move'
          const over = (event.target as Element).closest<HTMLElement>('[data-picture]')?.dataset['picture']
          const to = pictures.findIndex((picture) => picture.key === over)
          if (over !== undefined && over !== dragged && to >= 0)
            undoable(conversationId, () => reorder(conversationId, dragged, to))
        }}
        onDrop={(event) => {
          if (dragged !== null) event.preventDefault()
          setDragged(null)
        }}
      >
        {pictures.map((picture, index) => (
          <Fragment key={picture.key}>
            {picture.lead === undefined ? null : (
              <li className="basis-full">
                <textarea
                  rows={1}
                  dir="auto"
                  data-lead={picture.key}
                  aria-label={`Words before ${mediumName(picture.clip ? 'video' : 'picture', numbers[index]!)}`}
                  value={picture.lead}
                  readOnly={draft.sending}
                  onChange={(event) => setLead(conversationId, picture.key, event.target.value)}
                  onBlur={() => dropEmptyLeads(conversationId)}
                  onPaste={onPaste}
                  onKeyDown={onKeyDown}
                  className="block w-full resize-none bg-transparent px-0.5 text-read outline-none [field-sizing:content]"
                />
              </li>
            )}
            {picture.clip ? (
              <ClipTile
                conversationId={conversationId}
                picture={picture}
                clip={picture.clip}
                index={index}
                number={numbers[index]!}
                isNumbered={numbered}
                total={pictures.length}
                working={draft.preparing}
                dragged={dragged === picture.key}
                onMove={(to) => move(picture.key, to)}
                onStep={(by) => step(picture.key, by)}
                onRemove={() => remove(picture.key, index)}
                onDrag={(active) => setDragged(active ? picture.key : null)}
              />
            ) : (
              <PictureTile
                picture={picture}
                index={index}
                number={numbers[index]!}
                isNumbered={numbered}
                total={pictures.length}
                working={draft.preparing}
                dragged={dragged === picture.key}
                onMove={(to) => move(picture.key, to)}
                onStep={(by) => step(picture.key, by)}
                onRemove={() => remove(picture.key, index)}
                onDetail={(budget) => undoable(conversationId, () => chooseDetail(conversationId, picture.key, budget))}
                onPlace={
                  hasWords ? () => undoable(conversationId, () => putAtCaret(conversationId, [picture.key])) : null
                }
                onDrag={(active) => setDragged(active ? picture.key : null)}
                onOpen={() => setViewed(picture.key)}
                onMoving={() => void makeMoving(conversationId, picture.key)}
                onPageText={() => picture.attachment && void quotePage(conversationId, picture.attachment)}
              />
            )}
          </Fragment>
        ))}
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
        onQuote={(text) => quote(conversationId, text)}
      />
    </>
  )
}
