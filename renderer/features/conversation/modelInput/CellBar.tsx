import type { ModelInput } from '#contract'
import type { ReactNode } from 'react'
import { count } from '../../../lib/format.ts'
import type { Cell } from './comparedView.ts'

/** Side of the enlarged cell, in px. */
const SIDE = 40

/** What the cell that is pointed at is: its pixels, its place, its token and its positions. */
export function CellBar({
  input,
  slice,
  address,
  cell,
}: {
  input: ModelInput
  /** Which of `input.slices` is shown. */
  slice: number
  /** Where the input is that is shown. */
  address: string
  cell: Cell | null
}): ReactNode {
  const { grid, windows, tokens } = input
  const { positions } = input.slices[slice]!
  const index = cell && slice * grid.rows * grid.columns + cell.row * grid.columns + cell.column
  return (
    <div className="flex min-h-14 shrink-0 items-center gap-3 border-t border-hairline bg-canvas px-4 py-1.5">
      <span
        className="shrink-0 rounded-[4px] border border-hairline bg-mat"
        style={
          cell
            ? {
                width: SIDE,
                height: SIDE,
                backgroundImage: `url("${address}")`,
                backgroundSize: `${grid.columns * SIDE}px ${grid.rows * SIDE}px`,
                backgroundPosition: `${-cell.column * SIDE}px ${-cell.row * SIDE}px`,
                imageRendering: 'pixelated',
              }
            : { width: SIDE, height: SIDE }
        }
        aria-hidden
      />
      <p
        role="status"
        className="flex min-w-0 flex-wrap gap-x-4 gap-y-0.5 text-ui text-muted tabular-nums [&_b]:font-medium [&_b]:text-ink"
        data-testid="cell"
      >
        {cell && index !== null ? (
          <>
            <span>
              Row <b>{cell.row + 1}</b> of {grid.rows}, column <b>{cell.column + 1}</b> of {grid.columns}
            </span>
            <span>
              Token <b>{count(index + 1)}</b> of {count(tokens)}
            </span>
            {windows ? (
              <span>
                Window{' '}
                <b>
                  {Math.floor(cell.row / windows.side) * windows.columns + Math.floor(cell.column / windows.side) + 1}
                </b>{' '}
                of {windows.rows * windows.columns}
              </span>
            ) : null}
            {positions ? (
              <span>
                Position t <b>{positions.t[0]}</b> h <b>{positions.h[0] + cell.row}</b> w{' '}
                <b>{positions.w[0] + cell.column}</b>
              </span>
            ) : null}
          </>
        ) : (
          <span>Point at a cell, or walk the cells with the arrow keys.</span>
        )}
      </p>
    </div>
  )
}
