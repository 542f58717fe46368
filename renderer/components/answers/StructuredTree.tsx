import { ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { isObject, type Json } from '../../lib/structured/partialJson.ts'
import { Value } from './StructuredTable.tsx'

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
      aria-label="Tree of the answer"
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
  const size = isList
    ? `${inside.length} ${inside.length === 1 ? 'item' : 'items'}`
    : `${inside.length} ${inside.length === 1 ? 'field' : 'fields'}`
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
            >
              Show all {inside.length}
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}
