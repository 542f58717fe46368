import { t } from '@lingui/core/macro'
import type { Size } from '#contract'
import { useEffect, useState } from 'react'
import type { ReactNode, RefObject } from 'react'
import { cx } from '../../lib/cx.ts'
import { toShares } from '../../lib/grounding/index.ts'
import type { Direction, Shape } from '../../lib/grounding/index.ts'
import { labelWidth, markColour, placeLabels } from './markStyle.ts'
import type { Area } from './markStyle.ts'

/** Width and height in px at which an element is shown, as they change; 0 before it is. */
export function useShownSize(element: RefObject<HTMLElement | null>): {
  readonly width: number
  readonly height: number
} {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const shown = element.current
    if (!shown) return
    const observer = new ResizeObserver(() => setSize({ width: shown.clientWidth, height: shown.clientHeight }))
    observer.observe(shown)
    return () => observer.disconnect()
  }, [element])
  return size
}

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
 * Boxes, points and arrows over a picture that is shown `shown` px wide and high. The highlighted one stands out and the others
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
          <Arrow shape={marks[i]!.shape} colour={markColour(mark.number)} original={original} shown={shown} />
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
  if (shape.type !== 'box') {
    const [x, y] = shape.type === 'point' ? [shape.x, shape.y] : [shape.x1, shape.y1]
    return { x: x * width - POINT / 2, y: y * height - POINT / 2, width: POINT, height: POINT }
  }
  return {
    x: shape.x1 * width,
    y: shape.y1 * height,
    width: (shape.x2 - shape.x1) * width,
    height: (shape.y2 - shape.y1) * height,
  }
}

/** Length of a scroll's arrow and of the strokes of an arrow's head, in px, and half the angle between these. */
const SCROLL = 44
const HEAD = 9
const SPREAD = Math.PI / 6

const WAYS: Readonly<Record<Direction, readonly [number, number]>> = {
  up: [0, -1],
  down: [0, 1],
  left: [-1, 0],
  right: [1, 0],
}

/**
 * The line of an arrow, from the ring around its first place to its second, or the way of a scroll; nothing for others. A
 * scroll's length means nothing: it is as long at any size.
 */
function Arrow({
  shape,
  colour,
  original,
  shown,
}: {
  shape: Shape
  colour: string
  original: Size
  shown: Size
}): ReactNode {
  const [across, down] = [shown.width / original.width, shown.height / original.height]
  const ends = arrowEnds(shape, { across, down, scroll: SCROLL })
  if (!ends) return null
  const path = arrowPath(ends[0], ends[1], { ring: POINT / 2, head: HEAD })
  return (
    <svg
      className="absolute inset-0 size-full overflow-visible transition-opacity"
      style={{ zIndex: 4000 }}
      aria-hidden
    >
      <path
        d={path}
        fill="none"
        stroke="rgb(0 0 0 / 0.65)"
        strokeWidth={5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path
        d={path}
        data-arrow
        fill="none"
        stroke={colour}
        strokeWidth={2.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}

interface Spot {
  readonly x: number
  readonly y: number
}

/**
 * Where an arrow of a shape begins and ends, in pixels of which one of the shape is `across` wide and `down` high; a scroll's
 * is `scroll` of them long. null for shapes without an arrow.
 */
export function arrowEnds(
  shape: Shape,
  { across, down, scroll }: { across: number; down: number; scroll: number },
): readonly [Spot, Spot] | null {
  const at = (x: number, y: number): Spot => ({ x: x * across, y: y * down })
  if (shape.type === 'arrow') return [at(shape.x1, shape.y1), at(shape.x2, shape.y2)]
  if (shape.type !== 'point' || !shape.toward) return null
  const from = at(shape.x, shape.y)
  const [right, below] = WAYS[shape.toward]
  return [from, { x: from.x + right * scroll, y: from.y + below * scroll }]
}

/** An arrow as the path of an SVG, from a ring around `from`; a line that is shorter than the ring has its head alone. */
export function arrowPath(from: Spot, to: Spot, { ring, head }: { ring: number; head: number }): string {
  const angle = Math.atan2(to.y - from.y, to.x - from.x)
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const begin = Math.min(ring, length)
  const point = (x: number, y: number) => `${Number(x.toFixed(2))} ${Number(y.toFixed(2))}`
  const wing = (turn: number) => point(to.x - head * Math.cos(angle + turn), to.y - head * Math.sin(angle + turn))
  const start = point(from.x + begin * Math.cos(angle), from.y + begin * Math.sin(angle))
  return `M ${start} L ${point(to.x, to.y)} M ${wing(SPREAD)} L ${point(to.x, to.y)} L ${wing(-SPREAD)}`
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
      shape.type === 'box' ? 'rounded-[3px]' : 'rounded-full',
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
      aria-label={nameOf({ shape, label, number })}
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

/** The name of a mark: its label, else its kind and number. */
export const nameOf = ({ shape, label, number }: DrawnMark): string => label || `${KINDS[shape.type]} ${number + 1}`

const KINDS: Readonly<Record<Shape['type'], string>> = { box: t`Box`, point: t`Point`, arrow: t`Arrow` }

/**
 * The marks of a picture by name: resting on one lights it, its colour hides and shows it where it can be, its name
 * chooses it.
 */
export function MarkLegend({
  marks,
  hidden,
  highlighted,
  onHighlight,
  onSelect,
  onToggle,
}: {
  marks: readonly DrawnMark[]
  hidden: ReadonlySet<number>
  highlighted: number | null
  onHighlight: (number: number | null) => void
  onSelect: (number: number) => void
  onToggle?: (number: number) => void
}): ReactNode {
  return (
    <ul
      aria-label={t`Marks`}
      className="flex max-h-36 w-0 min-w-full flex-wrap gap-1 overflow-y-auto border-t border-hairline bg-raised p-1.5"
    >
      {marks.map((mark) => {
        const { number } = mark
        const isHidden = hidden.has(number)
        return (
          <li
            key={number}
            onPointerEnter={() => onHighlight(number)}
            onPointerLeave={() => onHighlight(null)}
            onFocus={() => onHighlight(number)}
            onBlur={() => onHighlight(null)}
            className={cx(
              'flex h-6 max-w-56 items-center rounded-md',
              highlighted === number ? 'bg-active' : 'bg-sunken',
            )}
          >
            <button
              type="button"
              disabled={!onToggle}
              aria-pressed={!isHidden}
              aria-label={t`Show ${nameOf(mark)} on the picture`}
              title={isHidden ? t`Show on the picture` : t`Hide on the picture`}
              onClick={() => onToggle?.(number)}
              className="flex size-6 shrink-0 items-center justify-center"
            >
              <span
                aria-hidden
                className="size-2.5 rounded-[3px] ring-1 ring-[#0006]"
                style={
                  isHidden ? { boxShadow: `inset 0 0 0 2px ${markColour(number)}` } : { background: markColour(number) }
                }
              />
            </button>
            <button
              type="button"
              data-legend={number}
              onClick={() => onSelect(number)}
              className={cx(
                'h-full min-w-0 truncate rounded-md pr-2 text-small',
                isHidden && 'text-subtle line-through',
              )}
            >
              {nameOf(mark)}
            </button>
          </li>
        )
      })}
    </ul>
  )
}
