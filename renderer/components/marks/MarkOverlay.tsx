import type { Size } from '#contract'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { toShares, type Shape } from '../../lib/grounding/index.ts'
import { markColour, labelWidth, placeLabels, type Area } from './markStyle.ts'

/** Something drawn over a picture: its place in pixels of the original, and what it is called. */
export interface DrawnMark {
  readonly shape: Shape
  readonly label: string
  /** Its number in the answer, which gives its colour. */
  readonly number: number
}

/** Side of a point's ring, in px. */
const POINT = 16

/**
 * Boxes and points over a picture that is shown `shown` px wide and high. The highlighted one stands out and the others
 * step back. `onHighlight`: one is rested on; `onSelect`: one is chosen. Without them the marks are only shown.
 */
export function MarkOverlay({
  marks,
  original,
  shown,
  highlighted = null,
  onHighlight,
  onSelect,
}: {
  marks: readonly DrawnMark[]
  original: Size
  shown: Size
  highlighted?: number | null
  onHighlight?: (index: number | null) => void
  onSelect?: (index: number) => void
}): ReactNode {
  const areas = marks.map(({ shape }) => areaOf(toShares(shape, original), shown))
  const spots = placeLabels(
    areas,
    marks.map(({ label }) => label),
    shown,
  )
  return (
    <div className="pointer-events-none absolute inset-0 overflow-hidden" data-testid="marks">
      {marks.map((mark, i) => (
        <div
          key={mark.number}
          className={cx('contents', highlighted !== null && highlighted !== mark.number && '[&>*]:opacity-25')}
        >
          <Outline
            area={areas[i]!}
            mark={mark}
            strong={highlighted === mark.number}
            onHighlight={onHighlight}
            onSelect={onSelect}
          />
          <Label spot={spots[i] ?? null} mark={mark} />
        </div>
      ))}
    </div>
  )
}

function areaOf(shape: Shape, { width, height }: Size): Area {
  if (shape.type === 'point')
    return { x: shape.x * width - POINT / 2, y: shape.y * height - POINT / 2, width: POINT, height: POINT }
  return {
    x: shape.x1 * width,
    y: shape.y1 * height,
    width: (shape.x2 - shape.x1) * width,
    height: (shape.y2 - shape.y1) * height,
  }
}

/** Smaller ones lie over larger ones, so that each can be pointed at. */
const level = ({ width, height }: Area): number => Math.max(1, 4000 - Math.round(Math.sqrt(width * height)))

function Outline({
  area,
  mark: { shape, label, number },
  strong,
  onHighlight,
  onSelect,
}: {
  area: Area
  mark: DrawnMark
  strong: boolean
  onHighlight: ((index: number | null) => void) | undefined
  onSelect: ((index: number) => void) | undefined
}): ReactNode {
  const look = {
    'data-mark': number,
    title: label,
    className: cx(
      'absolute box-border transition-opacity',
      shape.type === 'point' ? 'rounded-full' : 'rounded-[3px]',
      onSelect && 'pointer-events-auto',
    ),
    style: {
      left: area.x,
      top: area.y,
      width: Math.max(4, area.width),
      height: Math.max(4, area.height),
      zIndex: level(area),
      border: `${strong ? 3 : 2}px solid ${markColour(number)}`,
      // a dark edge outside and a light one inside: the line reads on any picture
      boxShadow: '0 0 0 1px rgb(0 0 0 / 0.65), inset 0 0 0 1px rgb(255 255 255 / 0.7)',
    },
  }
  if (!onSelect) return <div {...look} />
  return (
    <button
      type="button"
      {...look}
      aria-label={label || `${shape.type === 'point' ? 'Point' : 'Box'} ${number + 1}`}
      onPointerEnter={() => onHighlight?.(number)}
      onPointerLeave={() => onHighlight?.(null)}
      onFocus={() => onHighlight?.(number)}
      onBlur={() => onHighlight?.(null)}
      onClick={() => onSelect(number)}
    />
  )
}

function Label({
  spot,
  mark: { label, number },
}: {
  spot: { x: number; y: number } | null
  mark: DrawnMark
}): ReactNode {
  if (!spot) return null
  return (
    <span
      className="absolute truncate rounded-[3px] px-[5px] text-[11px] leading-[18px] font-medium whitespace-nowrap text-[#111] transition-opacity"
      style={{ left: spot.x, top: spot.y, maxWidth: labelWidth(label), background: markColour(number), zIndex: 4001 }}
    >
      {label}
    </span>
  )
}
