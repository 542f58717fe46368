import { Check, ChevronLeft, ChevronRight, Info, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { MarkOutlines } from '../../components/pictures/MarkOutlines.tsx'
import { NumberBadge } from '../../components/primitives/Badge.tsx'
import { cx } from '../../lib/cx.ts'
import { budgetOf, detailLevels, detailOf, type Detail } from '../../lib/detail.ts'
import { count, tokens } from '../../lib/format.ts'
import type { PictureBudget } from '#contract'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { useHost } from '../../lib/host.ts'
import type { Picture } from './draft.ts'
import { addressOf, tileProps, tileTool } from './tile.ts'

/** What a pointer resting on the tile is told. */
function hint(picture: Picture): string {
  const size = picture.attachment ? ` · ${picture.attachment.width} × ${picture.attachment.height}` : ''
  return [
    `${picture.name}${size}${picture.tokens === null ? '' : ` · ${tokens(picture.tokens)}`}`,
    ...notesOf(picture),
  ].join('\n')
}

/** What must be known of the picture: that a part is missing, that there are more in its file. */
const notesOf = ({ attachment }: Picture): readonly string[] =>
  attachment?.kind === 'image' ? (attachment.notes ?? []) : []

/** One picture of the question: whole, numbered when there are several, with its cost, and tools to move and remove it. */
export function PictureTile({
  picture,
  index,
  total,
  working,
  dragged,
  onMove,
  onRemove,
  onDetail,
  onDrag,
  onOpen,
}: {
  picture: Picture
  index: number
  total: number
  working: boolean
  dragged: boolean
  onMove: (to: number) => void
  onRemove: () => void
  onDetail: (budget: PictureBudget | null) => void
  onDrag: (active: boolean) => void
  onOpen: () => void
}): ReactNode {
  const number = index + 1
  const busy = picture.attachment === null || working
  const host = useHost((state) => state.host)
  const notes = notesOf(picture)
  return (
    <li
      {...tileProps(picture.key, { index, total, onMove, onRemove, onDrag })}
      aria-label={`Picture ${number} of ${total}: ${picture.name}${total > 1 ? '. Arrow keys move it, Delete removes it' : '. Delete removes it'}`}
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
        {total > 1 ? <NumberBadge number={number} /> : null}
        <button
          type="button"
          className={cx(tileTool, 'absolute top-1 right-1 border border-hairline bg-raised')}
          aria-label={`Remove picture ${number}`}
          onClick={onRemove}
        >
          <X />
        </button>
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
        <DetailMenu picture={picture} number={number} onDetail={onDetail} />
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
}: {
  picture: Picture
  number: number
  onDetail: (budget: PictureBudget | null) => void
}): ReactNode {
  const chosen = detailOf(picture.budget)
  const levels: readonly (readonly [Detail, string, PictureBudget | null])[] = [
    ['model', 'As in the settings', null],
    ...(Object.keys(detailLevels) as (keyof typeof detailLevels)[]).map(
      (level): readonly [Detail, string, PictureBudget] => {
        const { label, maxTokens } = detailLevels[level]
        return [level, `${label} · up to ${count(maxTokens)} tokens`, budgetOf(level)]
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
    </Menu>
  )
}
