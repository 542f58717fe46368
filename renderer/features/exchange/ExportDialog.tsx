import { t } from '@lingui/core/macro'
import type { ExportFormat, Exported } from '#contract'
import { Archive, FileText, Globe, Printer } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { Disclosure } from '../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../components/primitives/Feedback.tsx'
import { TextField } from '../../components/primitives/TextField.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { bytes, count } from '../../lib/format.ts'
import { LeftOutList } from './LeftOutList.tsx'
import { saveExport } from './exchange.ts'

/** A conversation that can be exported. */
export interface Exportable {
  readonly id: string
  readonly title: string
}

/** What is offered to be exported: one conversation, or all of which some may be chosen. */
export type ExportWish = { readonly one: Exportable } | { readonly all: readonly Exportable[] }

const forms: readonly { format: ExportFormat; icon: typeof Globe; label: string; note: string; noteOfMany?: string }[] =
  [
    {
      ...{ format: 'html', icon: Globe, label: t`Web page` },
      note: t`One file with its pictures in it, which any browser opens.`,
      noteOfMany: t`A page for each, with its pictures in it, in a zip.`,
    },
    {
      format: 'markdown',
      icon: FileText,
      label: 'Markdown',
      note: t`Text with its pictures and videos beside it, in a zip.`,
    },
    {
      ...{ format: 'json', icon: Archive, label: t`Everything, as JSON` },
      note: t`All versions, media and figures, in a zip that Sightline imports again.`,
    },
  ]

/** Chooses the form of an export, saves it, and says what is not in it. null: closed. */
export function ExportDialog({
  wish,
  onClose,
  onPrint,
}: {
  wish: ExportWish | null
  onClose: () => void
  /** Prints a conversation. */
  onPrint: (id: string) => void
}): ReactNode {
  // what was asked for last stays while the dialog goes
  const [last, setLast] = useState(wish)
  if (wish !== null && wish !== last) setLast(wish)
  const title = last !== null && 'one' in last ? t`Export “${last.one.title}”` : t`Export conversations`
  return (
    <DialogFrame open={wish !== null} onOpenChange={(open) => !open && onClose()} title={title}>
      {wish ? <Choice wish={wish} onClose={onClose} onPrint={onPrint} /> : null}
    </DialogFrame>
  )
}

type State =
  | { readonly is: 'choosing' }
  | { readonly is: 'working' }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'saved'; readonly exported: Exported }

function Choice({
  wish,
  onClose,
  onPrint,
}: {
  wish: ExportWish
  onClose: () => void
  onPrint: (id: string) => void
}): ReactNode {
  const [state, setState] = useState<State>({ is: 'choosing' })
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set())
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])
  const isOne = 'one' in wish
  const chosen = isOne ? [wish.one] : wish.all.filter(({ id }) => !without.has(id))

  const save = async (format: ExportFormat): Promise<void> => {
    const round = new AbortController()
    abort.current = round
    setState({ is: 'working' })
    try {
      const ids = !isOne && without.size === 0 ? null : chosen.map(({ id }) => id)
      const exported = await saveExport(ids, format, round.signal)
      announce(t`${exported.name} is saved`)
      if (exported.leftOut.length === 0) onClose()
      else setState({ is: 'saved', exported })
    } catch (thrown) {
      if (!round.signal.aborted) setState({ is: 'failed', message: toAppError(thrown).message })
    }
  }

  if (state.is === 'saved') {
    const { exported } = state
    return (
      <div className="flex flex-col gap-4">
        <p
          role="status"
          className="[overflow-wrap:anywhere]"
        >{t`${exported.name} is saved, ${bytes(exported.bytes)}.`}</p>
        <LeftOutList leftOut={exported.leftOut} />
      </div>
    )
  }
  const isBusy = state.is === 'working'
  return (
    <div className="flex flex-col gap-3">
      {state.is === 'failed' ? <ErrorNote message={state.message} /> : null}
      {isOne ? null : <Chooser all={wish.all} without={without} onWithout={setWithout} />}
      <div className="-mx-2 flex flex-col gap-0.5">
        {forms.map(({ format, icon: Icon, label, note, noteOfMany }) => (
          <Form
            key={format}
            icon={<Icon aria-hidden />}
            label={label}
            note={chosen.length === 1 ? note : (noteOfMany ?? note)}
            disabled={isBusy || chosen.length === 0}
            onChoose={() => void save(format)}
          />
        ))}
        {isOne ? (
          <Form
            icon={<Printer aria-hidden />}
            label={t`Print, or save as PDF`}
            note={t`What is shown of it, by the system’s own dialog.`}
            disabled={isBusy}
            onChoose={() => onPrint(wish.one.id)}
          />
        ) : null}
      </div>
      {isBusy ? <ProgressBar label={t`Writing the export`} share={null} /> : null}
    </div>
  )
}

/** One form: what it is called and what it is good for. */
function Form({
  icon,
  label,
  note,
  disabled,
  onChoose,
}: {
  icon: ReactNode
  label: string
  note: string
  disabled: boolean
  onChoose: () => void
}): ReactNode {
  return (
    <button
      type="button"
      disabled={disabled}
      onClick={onChoose}
      className="grid w-full grid-cols-[1rem_1fr] items-start gap-x-3 rounded-md px-2 py-2 text-left enabled:hover:bg-hover disabled:opacity-50 [&>svg]:mt-px [&>svg]:size-4 [&>svg]:text-muted"
    >
      {icon}
      <span>
        <span className="block font-medium">{label}</span>
        <span className="block text-muted">{note}</span>
      </span>
    </button>
  )
}

/** So many conversations are listed at once; words find the others. */
const LISTED = 200

/** Which conversations are exported: all of them, unless some are left out. */
function Chooser({
  all,
  without,
  onWithout,
}: {
  all: readonly Exportable[]
  without: ReadonlySet<string>
  onWithout: (without: ReadonlySet<string>) => void
}): ReactNode {
  const [words, setWords] = useState('')
  const wanted = words.trim().toLowerCase()
  const found = all.filter(({ title }) => title.toLowerCase().includes(wanted))
  const number = all.length - without.size
  const toggle = (id: string): void => {
    const next = new Set(without)
    if (!next.delete(id)) next.add(id)
    onWithout(next)
  }
  const isAll = without.size === 0
  return (
    <Disclosure
      label={
        isAll ? t`All ${count(all.length)} conversations` : t`${count(number)} of ${count(all.length)} conversations`
      }
      note={t`Choose`}
    >
      <div className="flex flex-col gap-1 pt-1 pl-5">
        <div className="flex items-center gap-3">
          <TextField
            aria-label={t`Find a conversation`}
            placeholder={t`Find`}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            className="h-8"
          />
          <button
            type="button"
            onClick={() => onWithout(isAll ? new Set(all.map(({ id }) => id)) : new Set())}
            className="shrink-0 text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
          >
            {isAll ? t({ message: 'None', context: 'selection' }) : t({ message: 'All', context: 'selection' })}
          </button>
        </div>
        <ul aria-label={t`Conversations to export`} className="max-h-52 overflow-y-auto">
          {found.slice(0, LISTED).map(({ id, title }) => (
            <li key={id}>
              <label className="flex min-h-7 items-center gap-2 rounded-md px-1 hover:bg-hover">
                <input
                  type="checkbox"
                  checked={!without.has(id)}
                  onChange={() => toggle(id)}
                  className="size-3.5 shrink-0 accent-accent"
                />
                <span className="truncate">{title}</span>
              </label>
            </li>
          ))}
        </ul>
        {found.length > LISTED ? (
          <p className="text-small text-subtle">{t`${count(found.length - LISTED)} more; type words of their titles.`}</p>
        ) : null}
      </div>
    </Disclosure>
  )
}
