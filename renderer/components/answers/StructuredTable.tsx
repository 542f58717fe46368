import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import type { Table } from '../../lib/structured/table.ts'
import type { CsvCell } from '../../lib/csv.ts'

/** The marks that are highlighted together with a row, by their numbers. */
export interface RowLights {
  readonly marksOf: (row: number) => readonly number[]
  readonly highlighted: number | null
  readonly onHighlight: (mark: number | null) => void
}

const isNumber = (value: CsvCell | undefined): boolean => typeof value === 'number' || typeof value === 'bigint'

/**
 * A table of an answer: a line for each row, or names and values one below the other. Resting on a row lights its
 * place.
 */
export function StructuredTable({ table, lights }: { table: Table; lights: RowLights }): ReactNode {
  if (table.kind === 'fields') return <Fields table={table} />
  if (table.rows.length === 0) return <p className="px-3 py-2 text-muted">No rows.</p>
  const isNumeric = table.columns.map(
    (_, column) =>
      table.rows.some((row) => isNumber(row[column])) &&
      table.rows.every((row) => isNumber(row[column]) || row[column] === null),
  )
  return (
    <div className="max-h-[28rem] overflow-auto" tabIndex={0} role="group" aria-label="Table of the answer">
      <table className="w-full border-collapse text-ui tabular-nums">
        <thead className="sticky top-0 bg-raised">
          <tr>
            {table.columns.map((name, column) => (
              <th
                key={column}
                scope="col"
                className={cx(
                  'border-b border-hairline px-3 py-1.5 font-medium text-muted',
                  isNumeric[column] ? 'text-right' : 'text-start',
                )}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <Row key={index} cells={row} isNumeric={isNumeric} marks={lights.marksOf(index)} lights={lights} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({
  cells,
  isNumeric,
  marks,
  lights,
}: {
  cells: readonly CsvCell[]
  isNumeric: readonly boolean[]
  marks: readonly number[]
  lights: RowLights
}): ReactNode {
  const [mark] = marks
  const light =
    mark === undefined
      ? {}
      : { onPointerEnter: () => lights.onHighlight(mark), onPointerLeave: () => lights.onHighlight(null) }
  const isLit = lights.highlighted !== null && marks.includes(lights.highlighted)
  return (
    <tr
      {...light}
      data-lit={isLit || undefined}
      className={cx('not-last:*:border-b *:border-hairline', isLit && 'bg-active')}
    >
      {cells.map((value, column) => (
        <td
          key={column}
          dir="auto"
          className={cx(
            'max-w-80 px-3 py-1.5 align-top [overflow-wrap:anywhere]',
            isNumeric[column] ? 'text-right' : 'text-start',
          )}
        >
          <Value value={value} />
        </td>
      ))}
    </tr>
  )
}

function Fields({ table: { columns, rows } }: { table: Table }): ReactNode {
  return (
    <dl className="grid grid-cols-[auto_1fr] text-ui">
      {columns.map((name, column) => (
        <div key={column} className="group/field contents">
          <dt className="border-hairline px-3 py-1.5 font-medium text-muted group-not-last/field:border-b">{name}</dt>
          <dd
            dir="auto"
            className="border-hairline px-3 py-1.5 [overflow-wrap:anywhere] tabular-nums group-not-last/field:border-b"
          >
            <Value value={rows[0]?.[column] ?? null} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** A plain value: what is not there reads as a dash, true and false as words. */
export function Value({ value }: { value: CsvCell }): ReactNode {
  if (value === null) return <span className="text-subtle">–</span>
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}
