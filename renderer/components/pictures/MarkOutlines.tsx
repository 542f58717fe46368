import type { ReactNode } from 'react'
import type { PictureMark } from '#contract'
import { cx } from '../../lib/cx.ts'
import { markColour } from '../marks/markStyle.ts'

const share = (value: number): string => `${value * 100}%`

/**
 * Outlines of the marks that a user drew, over a picture that fills the positioned parent. `labels` shows their names.
 */
export function MarkOutlines({
  marks,
  labels = false,
}: {
  marks: readonly PictureMark[]
  labels?: boolean
}): ReactNode {
  return (
    <span aria-hidden data-testid="drawn-marks" className="pointer-events-none absolute inset-0 overflow-hidden">
      {marks.map((mark, index) => {
        const isBox = mark.type === 'box'
        const colour = markColour(index)
        const place = isBox
          ? {
              left: share(mark.x1),
              top: share(mark.y1),
              width: share(mark.x2 - mark.x1),
              height: share(mark.y2 - mark.y1),
            }
          : { left: share(mark.x), top: share(mark.y) }
        return (
          <span
            key={index}
            data-drawn={index}
            className={cx('absolute border-2', isBox ? 'rounded-[3px]' : 'size-3 -translate-1/2 rounded-full')}
            style={{
              ...place,
              borderColor: colour,
              boxShadow: '0 0 0 1px rgb(0 0 0 / 0.65), inset 0 0 0 1px rgb(255 255 255 / 0.7)',
            }}
          >
            {labels && mark.label !== '' ? (
              <span
                className={cx(
                  'absolute max-w-32 truncate rounded-[3px] px-1 text-[11px] leading-4 font-medium whitespace-nowrap text-[#111]',
                  isBox ? 'top-0 left-0 rounded-tl-none' : 'top-1/2 left-full ml-1 -translate-y-1/2',
                )}
                style={{ background: colour }}
              >
                {mark.label}
              </span>
            ) : null}
          </span>
        )
      })}
    </span>
  )
}
