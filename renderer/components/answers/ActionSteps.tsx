import { t } from '@lingui/core/macro'
import {
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  Check,
  Clock,
  CornerDownRight,
  Globe,
  Hand,
  House,
  Keyboard,
  MessageSquare,
  Mouse,
  MousePointerClick,
  Move,
  RotateCcw,
  Search,
  StickyNote,
  Type,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { actionWords } from '../../lib/grounding/index.ts'
import type { Action, ActionAnswer, ActionKind, Direction } from '../../lib/grounding/index.ts'
import { MarkLink } from '../marks/MarkLink.tsx'
import { Disclosure } from '../primitives/Disclosure.tsx'
import { Markdown } from './Markdown.tsx'

const ICONS: Readonly<Partial<Record<ActionKind, LucideIcon>>> = {
  move: Mouse,
  drag: Move,
  type: Type,
  key: Keyboard,
  open: Globe,
  back: ArrowLeft,
  home: House,
  refresh: RotateCcw,
  restart: RotateCcw,
  search: Search,
  wait: Clock,
  note: StickyNote,
  answer: MessageSquare,
  ask: Hand,
  done: Check,
  other: CornerDownRight,
}
const WAYS: Readonly<Record<Direction, LucideIcon>> = {
  up: ArrowUp,
  down: ArrowDown,
  left: ArrowLeft,
  right: ArrowRight,
}

const iconOf = ({ kind, direction }: Action): LucideIcon =>
  direction ? WAYS[direction] : (ICONS[kind] ?? MousePointerClick)

/**
 * The answer of a screen model: its thought, folded, its words, and a quiet line for each thing that it would do, lighting
 * its place on the picture. Nothing of it is ever done. `numbers`: of each action the mark at its place; null or missing: it
 * has none here. `partial`: the text ends where it was cut; `streaming`: more is coming.
 */
export function ActionSteps({
  answer: { thought, words, actions },
  numbers,
  partial,
  streaming,
}: {
  answer: ActionAnswer
  numbers: readonly (number | null)[]
  partial: boolean
  streaming: boolean
}): ReactNode {
  const isThinking = streaming && actions.length === 0 && words === ''
  return (
    <div className="flex flex-col gap-2">
      {thought === null ? null : (
        <Disclosure className="text-ui text-muted" label={isThinking ? t`Thinking…` : t`Thought`}>
          <div
            data-testid="thought"
            dir="auto"
            className="ml-1.5 border-l border-hairline py-0.5 pl-3.5 whitespace-pre-wrap [overflow-wrap:anywhere]"
          >
            {thought}
          </div>
        </Disclosure>
      )}
      {words === '' ? null : <Markdown text={words} partial={partial} streaming={streaming} />}
      {actions.length === 0 ? null : (
        <ul aria-label={t`What the model would do`} className="flex flex-col gap-0.5">
          {actions.map((action, i) => {
            const Icon = iconOf(action)
            const number = numbers[i] ?? null
            return (
              <li key={action.start} className="flex min-h-7 items-center gap-2 text-read">
                <Icon className="size-4 shrink-0 text-muted" aria-hidden />
                <span className="min-w-0 [overflow-wrap:anywhere]">
                  {number === null ? actionWords(action) : <MarkLink index={number}>{actionWords(action)}</MarkLink>}
                </span>
              </li>
            )
          })}
        </ul>
      )}
      {actions.length === 0 || streaming ? null : (
        <p className="text-small text-muted">{t`Only shown: Sightline does none of it.`}</p>
      )}
    </div>
  )
}
