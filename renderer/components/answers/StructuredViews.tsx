import { t } from '@lingui/core/macro'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { CsvCell } from '../../lib/csv.ts'
import { cx } from '../../lib/cx.ts'
import { isObject } from '../../lib/structured.ts'
import type { Json, Table } from '../../lib/structured.ts'
import { counted } from '../../lib/format.ts'

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
  if (table.rows.length === 0) return <p className="px-3 py-2 text-muted">{t`No rows.`}</p>
  const isNumeric = table.columns.map(
    (_, column) =>
      table.rows.some((row) => isNumber(row[column])) &&
      table.rows.every((row) => isNumber(row[column]) || row[column] === null),
  )
  return (
    <div className="max-h-[28rem] overflow-auto" tabIndex={0} role="group" aria-label={t`Table of the answer`}>
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
function Value({ value }: { value: CsvCell }): ReactNode {
  if (value === null) return <span className="text-subtle">–</span>
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

/** Branches are open down to this depth. */
const OPEN_DEPTH = 2
/** Of longer lists the rest is shown when asked for. */
const FIRST = 100

/** A nested answer as lines that open. */
export function StructuredTree({ value }: { value: Json }): ReactNode {
  return (
    <div
      className="max-h-[28rem] overflow-auto px-2 py-1.5 text-ui"
      tabIndex={0}
      role="group"
      aria-label={t`Tree of the answer`}
    >
      <Node name={null} value={value} depth={0} />
    </div>
  )
}

function Node({ name, value, depth }: { name: string | null; value: Json; depth: number }): ReactNode {
  const [chosen, setOpen] = useState<boolean | null>(null)
  const [isWhole, setWhole] = useState(false)
  const label = name === null ? null : <span className="font-medium text-muted">{name}</span>
  if (typeof value !== 'object' || value === null)
    return (
      <div className="flex gap-2 py-0.5 pl-5 tabular-nums">
        {label}
        <span dir="auto" className="min-w-0 [overflow-wrap:anywhere]">
          <Value value={value} />
        </span>
      </div>
    )
  const isList = !isObject(value)
  const inside = isList ? value.map((item, i) => [String(i + 1), item] as const) : [...value]
  const open = chosen ?? depth < OPEN_DEPTH
  const size = isList ? counted(inside.length, 'item') : counted(inside.length, 'field')
  const shown = isWhole ? inside : inside.slice(0, FIRST)
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-1 rounded-md py-0.5 text-left hover:bg-hover"
      >
        <ChevronRight className={cx('size-3.5 shrink-0 text-muted', open && 'rotate-90')} aria-hidden />
        {label}
        <span className={label ? 'pl-1 text-subtle' : 'text-subtle'}>{size}</span>
      </button>
      {open ? (
        <div className="ml-[7px] border-l border-hairline pl-2">
          {shown.map(([key, item]) => (
            <Node key={key} name={key} value={item} depth={depth + 1} />
          ))}
          {shown.length < inside.length ? (
            <button
              type="button"
              onClick={() => setWhole(true)}
              className="py-0.5 pl-5 text-accent underline underline-offset-2"
            >{t`Show all ${inside.length}`}</button>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}
