import { t } from '@lingui/core/macro'
import { sheetLines, verdictSentence } from '#contract'
import type { ErrorInfo, ModelCheck, ModelFileSheet } from '#contract'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { checkFiles } from './library/store.ts'

/** The result of reading the files: null while they are read, then their sheets or an error. */
type Read = { readonly check: ModelCheck } | { readonly error: ErrorInfo } | null

/**
 * A button that opens the sheet of some model files: what each is by its header, what goes with it, and whether it
 * runs.
 */
export function ModelSheet({
  name,
  paths,
  className,
}: {
  name: string
  paths: readonly string[]
  className?: string
}): ReactNode {
  const [open, setOpen] = useState(false)
  const [read, setRead] = useState<Read>(null)
  const show = async (): Promise<void> => {
    setOpen(true)
    setRead(null)
    try {
      setRead({ check: await checkFiles(paths) })
    } catch (thrown) {
      setRead({ error: toAppError(thrown).toInfo() })
    }
  }
  return (
    <>
      <Button
        kind="quiet"
        className={className}
        aria-label={t`What ${name} is`}
        onClick={() => void show()}
      >{t`What is it?`}</Button>
      <DialogFrame
        open={open}
        onOpenChange={setOpen}
        title={t`What ${name} is`}
        description={t`As far as the headers of its files tell.`}
      >
        {read === null ? (
          <p className="text-muted">{t`Reading the headers…`}</p>
        ) : 'error' in read ? (
          <ErrorNote message={read.error.message} />
        ) : (
          <Sheets check={read.check} />
        )}
      </DialogFrame>
    </>
  )
}

function Sheets({ check: { files, pairs } }: { check: ModelCheck }): ReactNode {
  return (
    <div className="flex flex-col gap-5">
      {files.map((file) => (
        <Sheet key={file.path} file={file} />
      ))}
      {pairs.length > 0 ? (
        <ul aria-label={t`What belongs together`} className="flex flex-col gap-1">
          {pairs.map((pair) => (
            <li
              key={`${pair.textPath} ${pair.projectorPath}`}
              className={cx('[overflow-wrap:anywhere]', pair.verdict === 'mismatch' && 'text-danger')}
            >
              {verdictSentence(pair)}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}

function Sheet({ file }: { file: ModelFileSheet }): ReactNode {
  const fileName = file.path.split(/[/\\]/).at(-1) ?? file.path
  return (
    <section aria-label={fileName}>
      <h3 className="mb-1.5 font-mono text-small [overflow-wrap:anywhere]" title={file.path}>
        {fileName}
      </h3>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        {sheetLines(file).map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-muted first-letter:uppercase">{label}</dt>
            <dd
              className={cx('tabular-nums [overflow-wrap:anywhere]', label === 'runs' && !file.runs && 'text-danger')}
            >
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
