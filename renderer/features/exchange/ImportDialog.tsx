import { plural, t } from '@lingui/core/macro'
import type { ImportReport } from '#contract'
import { FileUp, FolderUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ChangeEvent, ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { Disclosure } from '../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../components/primitives/Feedback.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { count, counted, listed } from '../../lib/format.ts'
import { LeftOutList } from './LeftOutList.tsx'
import { importFiles } from './exchange.ts'
import type { ImportProgress } from './exchange.ts'

/** Where each program keeps conversations or gives them. */
const places: readonly { program: string; place: string }[] = [
  { program: 'Sightline', place: t`The zip of “Everything, as JSON”.` },
  { program: 'ChatGPT', place: t`The zip of Settings, Data controls, Export data.` },
  { program: 'Open WebUI', place: t`The file of Settings, Data controls, Export chats. Newer ones hold no pictures.` },
  {
    program: 'LM Studio',
    place: t`The folder .lmstudio in your home folder, or conversations and user-files of it together.`,
  },
  { program: 'Jan', place: t`The folder threads of its data folder.` },
  { program: 'Cherry Studio', place: t`The zip of a legacy backup, in its data settings.` },
  { program: 'llama.cpp', place: t`The files of Export in its web page.` },
]

/** Imports conversations of files and folders that the user picks, and tells what came of it. */
export function ImportDialog({
  open,
  onOpenChange,
  onOpenConversation,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  onOpenConversation: (id: string) => void
}): ReactNode {
  return (
    <DialogFrame
      open={open}
      onOpenChange={onOpenChange}
      title={t`Import conversations`}
      description={t`With their pictures and all of their versions. What is here already does not come twice.`}
    >
      {open ? <Import onDone={() => onOpenChange(false)} onOpenConversation={onOpenConversation} /> : null}
    </DialogFrame>
  )
}

type State =
  | { readonly is: 'choosing' }
  | { readonly is: 'working'; readonly progress: ImportProgress }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'done'; readonly report: ImportReport }

function Import({
  onDone,
  onOpenConversation,
}: {
  onDone: () => void
  onOpenConversation: (id: string) => void
}): ReactNode {
  const [state, setState] = useState<State>({ is: 'choosing' })
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])

  const run = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return
    const round = new AbortController()
    abort.current = round
    setState({ is: 'working', progress: { sent: 0, files: files.length, conversations: 0 } })
    try {
      const report = await importFiles(files, round.signal, (progress) => {
        if (!round.signal.aborted) setState({ is: 'working', progress })
      })
      announce(summary(report))
      setState({ is: 'done', report })
    } catch (thrown) {
      setState(round.signal.aborted ? { is: 'choosing' } : { is: 'failed', message: toAppError(thrown).message })
    }
  }

  if (state.is === 'working') return <Working progress={state.progress} onCancel={() => abort.current?.abort()} />
  if (state.is === 'done')
    return (
      <Done
        report={state.report}
        onMore={() => setState({ is: 'choosing' })}
        onDone={onDone}
        onOpen={(id) => {
          onDone()
          onOpenConversation(id)
        }}
      />
    )
  return (
    <div className="flex flex-col gap-4">
      {state.is === 'failed' ? <ErrorNote message={state.message} /> : null}
      <div className="flex flex-wrap gap-2">
        <Picker
          label={t`Choose files…`}
          icon={<FileUp aria-hidden />}
          onPicked={(files) => void run(files)}
          isPrimary
        />
        <Picker
          label={t`Choose a folder…`}
          icon={<FolderUp aria-hidden />}
          onPicked={(files) => void run(files)}
          isFolder
        />
      </div>
      <Disclosure label={t`Where programs keep them`}>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 pt-1 pl-5 max-[480px]:grid-cols-1">
          {places.map(({ program, place }) => (
            <div key={program} className="contents">
              <dt>{program}</dt>
              <dd className="text-muted max-[480px]:mb-1">{place}</dd>
            </div>
          ))}
        </dl>
      </Disclosure>
    </div>
  )
}

/** A button that opens the system's dialog for files, or for a folder. */
function Picker({
  label,
  icon,
  onPicked,
  isFolder = false,
  isPrimary = false,
}: {
  label: string
  icon: ReactNode
  onPicked: (files: readonly File[]) => void
  isFolder?: boolean
  isPrimary?: boolean
}): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  const onChange = (event: ChangeEvent<HTMLInputElement>): void => {
    const files = [...(event.target.files ?? [])]
    // the same file may be picked again
    event.target.value = ''
    onPicked(files)
  }
  return (
    <>
      <Button kind={isPrimary ? 'primary' : 'plain'} onClick={() => input.current?.click()}>
        {icon}
        {label}
      </Button>
      <input ref={input} type="file" multiple hidden {...(isFolder && { webkitdirectory: '' })} onChange={onChange} />
    </>
  )
}

function Working({ progress, onCancel }: { progress: ImportProgress; onCancel: () => void }): ReactNode {
  const { sent, files, conversations } = progress
  const isSending = sent < files
  const words = isSending
    ? t`Reading file ${count(sent + 1)} of ${count(files)}`
    : conversations > 0
      ? t`${counted(conversations, 'conversation')} so far`
      : t`Looking for conversations`
  return (
    <div className="flex flex-col gap-3">
      <p role="status">{words}</p>
      <ProgressBar label={t`Import`} share={isSending ? sent / files : null} />
      <div className="flex justify-end">
        <Button onClick={onCancel}>{t`Cancel`}</Button>
      </div>
    </div>
  )
}

/** So many titles are shown. */
const SHOWN = 8

function Done({
  report,
  onMore,
  onDone,
  onOpen,
}: {
  report: ImportReport
  onMore: () => void
  onDone: () => void
  onOpen: (id: string) => void
}): ReactNode {
  const { imported, count: all, leftOut } = report
  return (
    <div className="flex flex-col gap-4">
      <p role="status">{summary(report)}</p>
      {imported.length > 0 ? (
        <ul aria-label={t`Imported conversations`} className="-mx-2 flex flex-col">
          {imported.slice(0, SHOWN).map(({ id, title }) => (
            <li key={id}>
              <button
                type="button"
                onClick={() => onOpen(id)}
                className="h-8 w-full truncate rounded-md px-2 text-left hover:bg-hover"
              >
                {title}
              </button>
            </li>
          ))}
          {all > SHOWN ? (
            <li className="px-2 py-1 text-muted">{t`and ${count(all - SHOWN)} more, in the list of conversations`}</li>
          ) : null}
        </ul>
      ) : null}
      <LeftOutList leftOut={leftOut} />
      <div className="flex justify-end gap-2">
        <Button kind="quiet" onClick={onMore}>{t`Import more`}</Button>
        <Button onClick={onDone}>{t`Done`}</Button>
      </div>
    </div>
  )
}

/** What came of an import, in a sentence or two. */
export function summary({ programs, count: all, messages, pictures, alreadyHere, grown }: ImportReport): string {
  const from = listed(programs)
  const messagesText = counted(messages, 'message')
  const with_ =
    pictures > 0
      ? plural(pictures, {
          one: `${messagesText} and # picture or video`,
          other: `${messagesText} and # pictures and videos`,
        })
      : messagesText
  const sentences = [
    ...(all > 0 ? [added(counted(all, 'conversation'), from, with_)] : []),
    ...(grown > 0
      ? [
          all > 0
            ? t`${counted(grown, 'conversation')} got what was new.`
            : t`${counted(grown, 'conversation')} got what was new: ${with_}.`,
        ]
      : []),
    ...(alreadyHere > 0 ? [all > 0 || grown > 0 ? alsoHere(alreadyHere) : nothingNew(alreadyHere, from)] : []),
  ]
  if (sentences.length > 0) return sentences.join(' ')
  return from === ''
    ? t`There was no conversation with a message.`
    : t`There was no conversation with a message from ${from}.`
}

const added = (conversations: string, from: string, with_: string): string =>
  from === '' ? t`${conversations}: ${with_}.` : t`${conversations} from ${from}: ${with_}.`

const alsoHere = (number: number): string =>
  plural(number, { one: '# conversation was here already.', other: '# conversations were here already.' })

const nothingNew = (number: number, from: string): string =>
  from === ''
    ? plural(number, {
        one: 'Nothing new: its conversation is here already.',
        other: 'Nothing new: all # conversations are here already.',
      })
    : plural(number, {
        one: `Nothing new from ${from}: its conversation is here already.`,
        other: `Nothing new from ${from}: all # conversations are here already.`,
      })
