import { Popover } from '@base-ui/react/popover'
import { Info } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { iconButtonClass } from '../../components/IconButton.tsx'
import { count, duration, speed } from '../../lib/format.ts'

/** The figures of an answer as label and value, in the order in which they happened. */
function figures({ model, timings, usage }: Message): [string, string][] {
  const lines: [string, string][] = []
  if (model) lines.push(['Model', model])
  if (timings) {
    if (timings.loadMs >= 1) lines.push(['Loading the model', duration(timings.loadMs)])
    if (timings.encodeMs >= 1) lines.push(['Reading pictures', duration(timings.encodeMs)])
    lines.push(['Reading the prompt', duration(timings.prefillMs)], ['First word after', duration(timings.ttftMs)])
    if (timings.tokensPerSecond > 0) lines.push(['Speed', speed(timings.tokensPerSecond)])
  }
  if (usage) {
    lines.push(['Prompt tokens', count(usage.promptTokens)])
    if (usage.imageTokens > 0) lines.push(['– in pictures', count(usage.imageTokens)])
    if (usage.cachedTokens > 0) lines.push(['– remembered', count(usage.cachedTokens)])
    lines.push(['Answer tokens', count(usage.completionTokens)], ['Context', count(usage.contextTokens)])
  }
  return lines
}

/** A small popover with the model, times and token counts of an answer; nothing when there are none. */
export function AnswerDetails({ message }: { message: Message }): ReactNode {
  const lines = figures(message)
  if (lines.length === 0) return null
  return (
    <Popover.Root>
      <Popover.Trigger className={iconButtonClass('small')} aria-label="Answer details">
        <Info />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start">
          <Popover.Popup className="float-motion w-72 rounded-lg border border-hairline bg-raised p-3 text-ui text-ink shadow-float outline-none">
            <Popover.Title className="sr-only">Answer details</Popover.Title>
            <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1">
              {lines.map(([label, value]) => (
                <div key={label} className="contents">
                  <dt className="whitespace-nowrap text-muted">{label}</dt>
                  <dd className="text-right [overflow-wrap:anywhere] tabular-nums">{value}</dd>
                </div>
              ))}
            </dl>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
