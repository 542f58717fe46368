import { Popover } from '@base-ui/react/popover'
import { Info } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { iconButtonClass } from '../../components/primitives/IconButton.tsx'
import { cx } from '../../lib/cx.ts'
import { figures } from './figures.ts'

/** A small popover with the model, times and token counts of an answer, or of a pair side by side; nothing when there are none. */
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
