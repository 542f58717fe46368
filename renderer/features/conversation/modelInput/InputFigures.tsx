import type { ModelInput, SeenBy } from '#contract'
import { ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { buttonClass } from '../../../components/primitives/Button.tsx'
import { Menu, MenuTrigger } from '../../../components/primitives/Menu.tsx'
import { MenuChoice } from '../../../components/primitives/MenuChoices.tsx'
import { cx } from '../../../lib/cx.ts'
import { figuresOf } from './figures.ts'

const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
/** With its sizes and durations on one line each. */
const unbroken = (text: string): string => text.replaceAll(/ (?=×|px|ms|s\b)|(?<=×) /g, '\u00a0')
const nameOf = ({ model }: SeenBy): string => model ?? 'A model without a name'

/** What is told of an input, in a quiet list; which answer it was for can be chosen where there are several. */
export function InputFigures({
  input,
  slice,
  onAnswer,
}: {
  input: ModelInput
  slice: number
  onAnswer: (answerId: string) => void
}): ReactNode {
  const { seenBy, answers } = input
  return (
    <section
      aria-label="Figures"
      tabIndex={0}
      className="max-h-[30dvh] min-h-0 shrink-0 overflow-y-auto border-t border-hairline bg-canvas px-4 py-3 wide:py-4 -outline-offset-2 wide:max-h-none wide:w-72 wide:shrink-0 wide:border-t-0 wide:border-l"
    >
      <h2 className="text-read font-semibold [overflow-wrap:anywhere]">{nameOf(seenBy)}</h2>
      {answers.length > 1 ? (
        <Menu
          trigger={
            <MenuTrigger className={cx(buttonClass('quiet'), '-ml-3 tabular-nums')} aria-label="Which answer">
              {times.format(seenBy.createdAt)}
              <ChevronDown aria-hidden />
            </MenuTrigger>
          }
        >
          <MenuChoice
            label="Seen for the answer"
            value={seenBy.answerId}
            options={answers.map((answer) => ({
              value: answer.answerId,
              label: `${nameOf(answer)}, ${times.format(answer.createdAt)}`,
            }))}
            onChange={onAnswer}
          />
        </Menu>
      ) : (
        <p className="text-muted tabular-nums">{times.format(seenBy.createdAt)}</p>
      )}
      {seenBy.isThere ? null : (
        <p className="mt-2 text-small text-muted">
          This model is not in the library any more. What is shown here was kept with its answer.
        </p>
      )}
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 wide:mt-4 wide:grid-cols-1 wide:gap-y-2.5">
        {figuresOf(input, slice).map(([name, value]) => (
          <div key={name} className="contents wide:block">
            <dt className="text-small leading-[1.125rem] text-muted">{name}</dt>
            <dd className="tabular-nums">{unbroken(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
