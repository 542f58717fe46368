import type { ModelInput } from '#contract'
import type { ReactNode } from 'react'
import type { Cell } from './comparedView.ts'

/** Lines across a grid at every `step` cells, without its edge. */
function lines(rows: number, columns: number, step: number): string {
  const at = (count: number): number[] => Array.from({ length: Math.ceil(count / step) - 1 }, (_, i) => (i + 1) * step)
  return [...at(rows).map((y) => `M0 ${y}H${columns}`), ...at(columns).map((x) => `M${x} 0V${rows}`)].join('')
}

const amber = 'oklch(0.86 0.16 88)'

/** Below this many px a cell has no lines of its own any more, which would be a veil. */
const LEAST_CELL = 5

/** The tokens and the windows over a picture that is shown `width` px wide, and the cell that is pointed at. */
export function GridOverlay({
  input: { grid, windows },
  width,
  showsGrid,
  showsWindows,
  cell,
}: {
  input: ModelInput
  width: number
  showsGrid: boolean
  showsWindows: boolean
  cell: Cell | null
}): ReactNode {
  const { rows, columns } = grid
  const cellWidth = width / columns
  // the smaller the cells, the more of the picture lies under lines
  const weight = Math.min(1, Math.max(0.35, cellWidth / 28))
  const tokens = showsGrid && cellWidth >= LEAST_CELL ? lines(rows, columns, 1) : ''
  const frames = showsWindows && windows ? `${lines(rows, columns, windows.side)}M0 0H${columns}V${rows}H0Z` : ''
  return (
    <svg
      className="pointer-events-none absolute inset-0 size-full overflow-visible"
      viewBox={`0 0 ${columns} ${rows}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      {[
        { d: tokens, colour: 'white', thin: 0.75, opacity: 0.75, key: 'grid' },
        { d: frames, colour: amber, thin: 1.5, opacity: 1, key: 'windows' },
      ].map(({ d, colour, thin, opacity, key }) =>
        d === '' ? null : (
          <g key={key} fill="none" opacity={weight} data-testid={`overlay-${key}`}>
            {/* a dark line under a light one reads on any picture */}
            <path d={d} stroke="black" strokeOpacity={0.4} strokeWidth={thin + 1} vectorEffect="non-scaling-stroke" />
            <path d={d} stroke={colour} strokeOpacity={opacity} strokeWidth={thin} vectorEffect="non-scaling-stroke" />
          </g>
        ),
      )}
      {cell && showsWindows && windows ? (
        <rect
          x={Math.floor(cell.column / windows.side) * windows.side}
          y={Math.floor(cell.row / windows.side) * windows.side}
          width={Math.min(windows.side, columns - Math.floor(cell.column / windows.side) * windows.side)}
          height={Math.min(windows.side, rows - Math.floor(cell.row / windows.side) * windows.side)}
          fill={amber}
          fillOpacity={0.22}
        />
      ) : null}
      {cell ? (
        <g fill="none" data-testid="overlay-cell">
          {[
            ['black', 5],
            ['white', 3],
            ['var(--accent)', 1.5],
          ].map(([stroke, thick]) => (
            <rect
              key={stroke}
              x={cell.column}
              y={cell.row}
              width={1}
              height={1}
              stroke={stroke as string}
              strokeWidth={thick}
              vectorEffect="non-scaling-stroke"
            />
          ))}
        </g>
      ) : null}
    </svg>
  )
}
