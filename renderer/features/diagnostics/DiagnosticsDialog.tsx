import { t } from '@lingui/core/macro'
import type { Diagnostics, DiagnosticsSection, ErrorInfo } from '#contract'
import { Check, Copy, FolderOpen, RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { Disclosure } from '../../components/primitives/Disclosure.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { announce } from '../../lib/announce.ts'
import { useCopied } from '../../lib/copyAndSave.ts'
import { toAppError } from '../../lib/errors.ts'
import { useHost } from '../../lib/host.ts'
import { call } from '../../lib/rpc.ts'

/** What the core tells of this installation, read anew each time it is opened, to look at and to copy. */
export function DiagnosticsDialog({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}): ReactNode {
  return (
    <DialogFrame
      open={open}
      onOpenChange={onOpenChange}
      title={t`Diagnostics`}
      description={t`For a report of a fault. It holds no messages and no names of your files.`}
    >
      {open ? <Report /> : null}
    </DialogFrame>
  )
}

function Report(): ReactNode {
  const [report, setReport] = useState<Diagnostics | null>(null)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const [round, setRound] = useState(0)
  const canReveal = useHost(({ host }) => host?.capabilities.reveal ?? false)
  const [copied, copy] = useCopied()
  useEffect(() => {
    let isShown = true
    call((core) => core.diagnostics.read()).then(
      (read) => isShown && (setReport(read), setError(null)),
      (thrown: unknown) => isShown && setError(toAppError(thrown).toInfo()),
    )
    return () => {
      isShown = false
    }
  }, [round])
  const showLogs = (): void => {
    call((core) => core.diagnostics.showLogs()).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }

  if (error) {
    return (
      <ErrorNote message={error.message}>
        <Button onClick={() => setRound(round + 1)}>{t`Try again`}</Button>
      </ErrorNote>
    )
  }
  if (!report) return <p className="text-muted">{t`Reading versions, devices and the log...`}</p>
  const { sections, errors, log, logFolder } = report
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" onClick={() => copy(diagnosticsText(report))}>
          {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          {copied ? t`Copied` : t`Copy all`}
        </Button>
        {canReveal ? (
          <Button onClick={showLogs}>
            <FolderOpen aria-hidden />
            {t`Show log folder`}
          </Button>
        ) : null}
        <Button kind="quiet" onClick={() => setRound(round + 1)}>
          <RefreshCw aria-hidden />
          {t`Read again`}
        </Button>
      </div>
      {sections.map((section) => (
        <Section key={section.title} section={section} />
      ))}
      <section aria-label={t`Last errors`}>
        <h3 className="mb-1 font-medium">{t`Last errors`}</h3>
        {errors.length > 0 ? (
          <Lines lines={errors} label={t`Last errors`} />
        ) : (
          <p className="text-muted">{t`None in the log.`}</p>
        )}
      </section>
      <Disclosure label={t`Log`} note={t`${log.length} lines`}>
        <Lines lines={log} label={t`Log`} />
        <p className="mt-1 [overflow-wrap:anywhere] text-muted">{t`Kept in ${logFolder}, 5 MB at most for each process.`}</p>
      </Disclosure>
    </div>
  )
}

function Section({ section: { title, rows } }: { section: DiagnosticsSection }): ReactNode {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 font-medium">{title}</h3>
      <dl className="grid grid-cols-[minmax(9rem,auto)_1fr] gap-x-4 gap-y-0.5 max-[480px]:grid-cols-1">
        {rows.map(({ name, value }) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="[overflow-wrap:anywhere] max-[480px]:mb-1">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Lines of the log in a box of their own that scrolls; the keyboard reaches it. */
function Lines({ lines, label }: { lines: readonly string[]; label: string }): ReactNode {
  return (
    <pre
      tabIndex={0}
      aria-label={label}
      className="max-h-56 overflow-auto rounded-md bg-sunken p-2 font-mono text-[0.6875rem] leading-4 whitespace-pre"
    >
      {lines.join('\n')}
    </pre>
  )
}

/** The whole of it as plain text, as it is copied into a report of a fault. */
export function diagnosticsText({ sections, errors, log }: Diagnostics): string {
  const blocks = sections.map(({ title, rows }) => [title, ...rows.map(({ name, value }) => `  ${name}: ${value}`)])
  const errorBlock = [t`Last errors`, ...(errors.length > 0 ? errors.map((line) => `  ${line}`) : [t`  none`])]
  return [...blocks, errorBlock, [t`Log`, ...log.map((line) => `  ${line}`)]]
    .map((block) => block.join('\n'))
    .join('\n\n')
}
