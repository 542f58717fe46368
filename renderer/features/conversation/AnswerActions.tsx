import type { Message, Variation } from '#contract'
import { Popover } from '@base-ui/react/popover'
import { Check, Copy, Info, RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton, iconButtonClass } from '../../components/primitives/Button.tsx'
import { textOf } from '../../lib/conversation/state.ts'
import { useCopied } from '../../lib/copyAndSave.ts'
import { cx } from '../../lib/cx.ts'
import { plainAnswer } from '../../lib/grounding/index.ts'
import { AnswerMenu } from './AnswerMenu.tsx'
import { Branches } from './Branches.tsx'
import { figures } from './answerText.ts'
import { documentParser } from '../../lib/conversation/documentParser.ts'

/** The actions on a finished answer. */
export function AnswerActions({
  message,
  onAgain,
  onEdit,
}: {
  message: Message
  /** Answers again; as the variation says. */
  onAgain: (variation?: Variation) => void
  onEdit: () => void
}): ReactNode {
  return (
    <div className="-ml-1.5 flex h-6 items-center gap-0.5" role="group" aria-label="Answer actions">
      <CopyAnswer message={message} />
      <IconButton label="Answer again" size="small" onClick={() => onAgain()}>
        <RotateCcw />
      </IconButton>
      <AnswerDetails answers={[message]} />
      <AnswerMenu message={message} onAgain={onAgain} onEdit={onEdit} />
      <Branches message={message} />
    </div>
  )
}

/** Copies an answer's text; nothing when it has none. */
export function CopyAnswer({ message }: { message: Message }): ReactNode {
  const [copied, copy] = useCopied()
  const text = plainAnswer(textOf(message))
  // a document has a menu of its own, with the forms in which it is copied
  if (text === '' || documentParser(message)) return null
  return (
    <IconButton label={copied ? 'Copied' : 'Copy answer'} size="small" onClick={() => copy(text)}>
      {copied ? <Check /> : <Copy />}
    </IconButton>
  )
}

/**
 * A small popover with the model, times and token counts of an answer, or of a pair side by side; nothing when there
 * are none.
 */
export function AnswerDetails({ answers }: { answers: readonly Message[] }): ReactNode {
  const lines = figures(answers)
  if (lines.length === 0) return null
  const isPair = answers.length > 1
  return (
    <Popover.Root>
      <Popover.Trigger className={iconButtonClass('small')} aria-label="Answer details">
        <Info />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" collisionPadding={8}>
          <Popover.Popup
            className={cx(
              'float-motion max-w-[calc(100vw-1rem)] rounded-lg border border-hairline bg-raised p-3 text-ui text-ink shadow-float outline-none',
              isPair ? 'w-[26rem]' : 'w-72',
            )}
          >
            <Popover.Title className="sr-only">Answer details</Popover.Title>
            <dl className={cx('grid gap-x-6 gap-y-1', isPair ? 'grid-cols-[auto_1fr_1fr]' : 'grid-cols-[auto_1fr]')}>
              {lines.map(({ label, values }) => (
                <div key={label} className="contents">
                  <dt className="whitespace-nowrap text-muted">{label}</dt>
                  {values.map((value, index) => (
                    <dd key={index} className="text-right [overflow-wrap:anywhere] tabular-nums">
                      {value}
                    </dd>
                  ))}
                </div>
              ))}
            </dl>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
