import { t } from '@lingui/core/macro'
import { Download } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { announce } from '../../lib/announce.ts'
import { saveFile } from '../../lib/copyAndSave.ts'
import { cx } from '../../lib/cx.ts'
import { readPartialJson, tableOf, valueToCsv, valueToJson } from '../../lib/structured.ts'
import type { Json } from '../../lib/structured.ts'
import { iconButtonClass } from '../primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../primitives/Menu.tsx'
import { CodeBlock } from './CodeBlock.tsx'
import { StructuredTable, StructuredTree } from './StructuredViews.tsx'
import type { RowLights } from './StructuredViews.tsx'
import { counted } from '../../lib/format.ts'

/**
 * An answer of a chosen format: as a table or tree while it grows, or as the text that the model wrote. `name`: of the
 * format, for the files that it is saved to. `marks`: where its places begin in the text, by their numbers.
 */
export function StructuredAnswer({
  text,
  name,
  streaming,
  marks,
  highlighted,
  onHighlight,
}: {
  text: string
  name: string
  streaming: boolean
  marks: readonly { readonly start: number }[]
  highlighted: number | null
  onHighlight: (mark: number | null) => void
}): ReactNode {
  const [asText, setAsText] = useState(false)
  const { value, isWhole, spans } = useMemo(() => readPartialJson(text), [text])
  const table = useMemo(() => (value === undefined ? null : tableOf(value)), [value])
  const isBegun = value !== undefined && !(streaming && table?.columns.length === 0)
  if (!isBegun)
    return streaming ? <p className="text-read text-muted">{t`Writing…`}</p> : <CodeBlock language={null} code={text} />
  const lights: RowLights = {
    marksOf: (row) => {
      const source = table?.sources[row]
      const span = typeof source === 'object' && source !== null ? spans.get(source) : undefined
      return span ? marks.flatMap(({ start }, number) => (start >= span.start && start < span.end ? [number] : [])) : []
    },
    highlighted,
    onHighlight,
  }
  return (
    <div
      className="overflow-hidden rounded-lg border border-hairline bg-raised"
      data-structured={isWhole ? 'whole' : 'partial'}
    >
      <div className="flex h-9 items-center gap-2 border-b border-hairline bg-sunken pr-1.5 pl-3 text-small">
        <span className="min-w-0 flex-1 truncate text-muted">{summary(value, table?.rows.length)}</span>
        <ViewSwitch kind={table ? 'Table' : 'Tree'} asText={asText} onChange={setAsText} />
        <ExportMenu value={value} name={name} />
      </div>
      {asText ? (
        <pre
          className="max-h-[28rem] overflow-auto p-3 font-mono text-ui leading-5 whitespace-pre-wrap [overflow-wrap:anywhere]"
          tabIndex={0}
          aria-label={t`Text of the answer`}
          dir="ltr"
        >
          {text}
        </pre>
      ) : table ? (
        <StructuredTable table={table} lights={lights} />
      ) : (
        <StructuredTree value={value} />
      )}
      {isWhole || streaming ? null : (
        <p className="border-t border-hairline px-3 py-1.5 text-small text-muted">{t`The answer ended before its form was complete. What is there is shown.`}</p>
      )}
    </div>
  )
}

function summary(value: Json, rows: number | undefined): string {
  if (rows !== undefined && !(typeof value === 'object' && value !== null && !Array.isArray(value) && rows === 1))
    return counted(rows, 'row')
  return ''
}

function ExportMenu({ value, name }: { value: Json; name: string }): ReactNode {
  const stem =
    name
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase() || 'answer'
  const save = (kind: 'csv' | 'json'): void => {
    const file =
      kind === 'csv'
        ? { text: valueToCsv(value), mime: 'text/csv' }
        : { text: valueToJson(value), mime: 'application/json' }
    saveFile(`${stem}.${kind}`, new Blob([file.text], { type: file.mime }))
    announce(t`Saved as ${stem}.${kind}`)
  }
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label={t`Export the answer`}>
          <Download />
        </MenuTrigger>
      }
    >
      <MenuItem onSelect={() => save('csv')}>CSV</MenuItem>
      <MenuItem onSelect={() => save('json')}>JSON</MenuItem>
    </Menu>
  )
}

const choice = 'h-6 rounded-md px-2 select-none'

/** Chooses between the table or tree of an answer and its text. */
function ViewSwitch({
  kind,
  asText,
  onChange,
}: {
  kind: 'Table' | 'Tree'
  asText: boolean
  onChange: (asText: boolean) => void
}): ReactNode {
  return (
    <div role="group" aria-label={t`Shown as`} className="flex gap-0.5">
      {[kind, t`Text`].map((label) => {
        const pressed = (label === 'Text') === asText
        return (
          <button
            key={label}
            type="button"
            aria-pressed={pressed}
            onClick={() => onChange(label === 'Text')}
            className={cx(
              choice,
              pressed ? 'bg-active font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
            )}
          >
            {label}
          </button>
        )
      })}
    </div>
  )
}
