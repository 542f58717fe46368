import type { ReactNode } from 'react'
import { TimeLink } from '../../../components/video/TimeLink.tsx'
import { clock } from '../../../lib/format.ts'
import type { TimeMark } from '../../../lib/grounding/index.ts'

/** The times of an answer that stand where no links can: in code and in tables. Each once, in their order. */
export function TimeRow({ text, times }: { text: string; times: readonly TimeMark[] }): ReactNode {
  const once = [...new Map(times.map((time) => [`${time.from}-${time.to}`, time])).values()].sort(
    (a, b) => a.from - b.from,
  )
  if (once.length === 0) return null
  return (
    <div className="flex flex-wrap items-center gap-1.5 text-ui" role="group" aria-label="Times in this answer">
      {once.map(({ from, to, start, end }) => {
        const written = text.slice(start, end)
        return (
          <TimeLink key={`${from}-${to}`} from={from} to={to}>
            {/^[\d.]+$/.test(written) ? clock(from * 1000, true) : written}
          </TimeLink>
        )
      })}
    </div>
  )
}
