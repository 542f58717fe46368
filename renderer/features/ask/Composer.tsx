import { places } from '#contract'
import type { MediaCount, ProfileJob } from '#contract'
import { ArrowUp, Clock, FileX, Files, ImageDown, ImagePlus, Pencil, Square, X } from 'lucide-react'
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import type { ClipboardEvent, KeyboardEvent, ReactNode } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { later } from '../../components/primitives/later.tsx'
import { RereadingNote } from '../../components/video/RereadingNote.tsx'
import { noMedia } from '../../lib/conversation/numbers.ts'
import { cx } from '../../lib/cx.ts'
import { count, tokens } from '../../lib/format.ts'
import { useCurrentProfile, useJob } from '../../lib/profiles.ts'
import { prepareVideo } from '../../lib/video/index.ts'
import { CompareMenu } from './CompareMenu.tsx'
import { FormatMenu } from './FormatMenu.tsx'
import { ThinkingToggle } from './ThinkingToggle.tsx'
import { addFiles, addFilesAtCaret, cancelSending, dismissRefusal, send, setText } from './actions.ts'
import { noteField } from './caret.ts'
import { PresetMenu } from './presets/PresetMenu.tsx'
import { useSlashCommand } from './presets/slashCommand.ts'
import { usePageChoices } from './pages/choosing.ts'
import { endPageJob, usePageJob } from './pages/pageJob.ts'
import { canSend, canSendLater, excessOf, isEmpty, useDraft, useEdited, waitedFor, waitsFor } from './draft.ts'
import type { Draft, Refusal } from './draft.ts'
import { endEditing, quote } from './editing.ts'
import { undoMedia } from './history.ts'
import { leaveQueue, queue, useQueue } from './queue.ts'
import { restoreDraft } from './saving.ts'

const PictureTray = later(
  () => import('./PictureTray.tsx').then(({ PictureTray }) => PictureTray),
  ({ draft }) => draft.pictures.length > 0,
)
const JobMenu = later(
  () => import('./JobMenu.tsx').then(({ JobMenu }) => JobMenu),
  () => useCurrentProfile() !== null,
)
const SlashMenu = later(
  () => import('./presets/SlashMenu.tsx').then(({ SlashMenu }) => SlashMenu),
  ({ command }) => command !== null,
)
const PageDialog = later(
  () => import('./pages/PageDialog.tsx').then(({ PageDialog }) => PageDialog),
  () => usePageChoices(({ choices }) => choices.length > 0),
)

/** What the dialog for files offers: endings too, as systems know few of these kinds by type. */
const ACCEPTED = [
  'image/*,video/*,application/pdf,.pdf',
  '.heic,.heif,.avif,.jxl,.jp2,.j2k,.jpx,.bmp,.ico,.cur,.tif,.tiff,.psd,.psb,.svg,.svgz',
  '.dng,.cr2,.cr3,.nef,.arw,.raf,.orf,.rw2,.pef,.srw,.x3f,.mrw',
  '.mkv,.mov,.ts,.mts,.m2ts,.avi,.asf,.wmv,.flv,.ogv',
  '.doc,.docx,.odt,.rtf,.xls,.xlsx,.ods,.ppt,.pptx,.odp,.html,.htm',
].join()

/** Files that were not taken: each with its name and the reason, until dismissed; a sound recording's cover is offered, and the text of a page that cannot be drawn. */
export function Refusals({
  refusals,
  onDismiss,
  onUse,
  onQuote,
}: {
  refusals: readonly Refusal[]
  onDismiss: (key: string) => void
  onUse: (cover: File) => void
  onQuote: (text: string) => void
}): ReactNode {
  if (refusals.length === 0) return null
  return (
    <ul aria-label="Files not added" className="mb-2 flex flex-col gap-1.5">
      {refusals.map((refusal) => (
        <li key={refusal.key}>
          <div role="alert" className="flex items-start gap-2.5 rounded-lg bg-danger-soft py-1.5 pr-1.5 pl-3">
            <FileX className="mt-1 size-4 shrink-0 text-danger" aria-hidden />
            <div className="flex min-w-0 flex-1 flex-wrap items-start gap-x-2.5 gap-y-1">
              <p className="min-w-0 flex-[1_1_14rem] py-1 [overflow-wrap:anywhere]">
                {refusal.message.includes(refusal.name) ? null : (
                  <span className="font-semibold">{refusal.name}: </span>
                )}
                {refusal.message}
              </p>
              {refusal.cover ? (
                <Button
                  onClick={() => {
                    onDismiss(refusal.key)
                    if (refusal.cover) onUse(refusal.cover)
                  }}
                >
                  Use its cover picture
                </Button>
              ) : null}
              {refusal.text === undefined ? null : (
                <Button
                  onClick={() => {
                    onDismiss(refusal.key)
                    if (refusal.text !== undefined) onQuote(refusal.text)
                  }}
                >
                  Use its text instead
                </Button>
              )}
            </div>
            <IconButton
              label={`Dismiss the note about ${refusal.name}`}
              size="small"
              onClick={() => onDismiss(refusal.key)}
            >
              <X />
            </IconButton>
          </div>
        </li>
      ))}
    </ul>
  )
}

/** What the question costs: its tokens and the conversation's of the context; says so when they do not fit. */
export function TokenLine({ draft }: { draft: Draft }): ReactNode {
  const { totals, pictures, text } = draft
  const base = 'min-w-0 flex-[1_1_4rem] empty:hidden text-small tabular-nums'
  const waits = waitsFor(draft)
  if (waits !== null) {
    return (
      <p className={cx(base, 'text-subtle tabular-nums', waits.endsWith('…') && 'truncate')} data-testid="waits-for">
        {waits}
      </p>
    )
  }
  if (!totals || (pictures.length === 0 && text.trim() === '')) {
    return <p className={cx(base, 'truncate text-subtle')}>{draft.preparing ? 'Looking at the pictures…' : ''}</p>
  }
  const used = totals.conversation + totals.question
  const free = Math.max(0, totals.context - totals.conversation)
  if (totals.context > 0 && used > totals.context) {
    return (
      <p className={cx(base, 'basis-56 text-danger')} role="status">
        This needs {tokens(totals.question)}; {count(free)} are free.{' '}
        {pictures.length > 0 ? 'Take out a picture, lower the detail' : 'Shorten it'} or start a new conversation.
      </p>
    )
  }
  return (
    <p className={cx(base, 'truncate text-subtle')} data-testid="token-line">
      {tokens(totals.question)}
      {totals.context > 0 ? ` · ${count(used)} of ${count(totals.context)} used` : ''}
    </p>
  )
}

const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false

/** Makes the whole window take files; while some hover over it, says what dropping does. */
export function DropTarget({ onFiles }: { onFiles: (files: readonly File[]) => void }): ReactNode {
  const [over, setOver] = useState(false)
  const take = useEffectEvent(onFiles)

  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const onDragOver = (event: DragEvent): void => {
      if (!bringsFiles(event)) return
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
      setOver(true)
    }
    const onDrop = (event: DragEvent): void => {
      setOver(false)
      if (!bringsFiles(event)) return
      event.preventDefault()
      take([...(event.dataTransfer?.files ?? [])])
    }
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    window.addEventListener('dragenter', onDragOver, { signal })
    window.addEventListener('dragover', onDragOver, { signal })
    window.addEventListener('dragleave', onDragLeave, { signal })
    window.addEventListener('drop', onDrop, { signal })
    return () => stop.abort()
  }, [])

  if (!over) return null
  return (
    <div className="pointer-events-none fixed inset-0 z-50 bg-canvas/95 p-4" data-testid="drop-target">
      <div className="flex h-full flex-col items-center justify-center gap-3 rounded-lg border-2 border-dashed border-accent text-read font-medium">
        <ImageDown className="size-7 text-accent" aria-hidden />
        Drop pictures, videos or documents to add them to the question
      </div>
    </div>
  )
}

const MAX_HEIGHT_PX = 240
/** Whether a field is as high as its text by itself; measuring that lays the window out twice with each key. */
const growsByItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content')

/** By the number of pictures: none, one, several. */
const placeholders = ['Drop a picture, PDF or video, or ask', 'Ask about the picture', 'Ask about the pictures']
const placeholder = ({ pictures }: Draft): string | undefined => {
  const videos = pictures.filter(({ clip }) => clip).length
  if (videos === 0) return placeholders[Math.min(2, pictures.length)]
  if (videos < pictures.length) return 'Ask about the pictures and videos'
  return videos === 1 ? 'Ask about the video' : 'Ask about the videos'
}

/** A line at the top of the composer that says what is special about the question, and takes it back. */
function ComposerNote({
  icon,
  action,
  onAction,
  children,
}: {
  icon: ReactNode
  action: string
  onAction: () => void
  children: ReactNode
}): ReactNode {
  return (
    <div className="flex items-center gap-2 border-b border-hairline py-1 pr-1.5 pl-3.5 text-small text-muted [&>svg]:size-3.5 [&>svg]:shrink-0">
      {icon}
      <p className="min-w-0 flex-1">{children}</p>
      <Button kind="quiet" className="h-6 px-2" onClick={onAction}>
        {action}
      </Button>
    </div>
  )
}

/** Whether a job says nothing without words of the user's. */
const wantsWords = ({ prompt }: ProfileJob): boolean => prompt.includes(places.text)

/** Where a question is put together: pictures in order, then the text. Enter sends, Shift+Enter starts a line. */
export function Composer({
  conversationId,
  answering,
  tools,
  onPresets,
  onSent,
  onStop,
  onEditLast,
  before = noMedia,
}: {
  conversationId: string | null
  answering: boolean
  /** More ways to bring something to ask about, beside the pictures. */
  tools?: ReactNode
  /** Opens where presets are changed. */
  onPresets: () => void
  onSent: (conversationId: string) => void
  onStop: () => void
  /** Has the last question opened here to be edited, where there is one. */
  onEditLast?: () => void
  /** What the conversation shows before what is composed. Unset: nothing. */
  before?: MediaCount
}): ReactNode {
  const draft = useDraft(conversationId)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const excess = excessOf(draft)
  const job = useJob(conversationId)
  const edited = useEdited(conversationId)
  const pageJob = usePageJob(({ job }) => job)
  const queued = useQueue(({ waiting }) =>
    waiting?.id === conversationId && waiting.edited === edited ? waiting : null,
  )
  const isQueued = queued !== null
  const isReady = canSend(draft)
  const canWait = canSendLater(draft)
  // who goes elsewhere, or edits something else, finds it as a draft again
  useEffect(() => () => leaveQueue(), [conversationId, edited])
  const { command, onTyped, close } = useSlashCommand(draft.text)

  useEffect(() => field.current?.focus(), [conversationId])
  useEffect(() => {
    const element = field.current
    if (edited === null || !element) return
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  }, [edited])
  useEffect(prepareVideo, [])
  useEffect(() => void restoreDraft(conversationId), [conversationId])

  useLayoutEffect(() => {
    const element = field.current
    if (!element || growsByItself) return
    element.style.height = '0'
    element.style.height = `${Math.min(MAX_HEIGHT_PX, element.scrollHeight)}px`
  }, [draft.text])

  const submit = async (): Promise<void> => {
    if (answering || !isReady) {
      if (canWait) queue(conversationId, draft, answering)
      return
    }
    leaveQueue()
    const sent = await send(conversationId)
    if (sent) onSent(sent.conversationId)
    // who has gone elsewhere meanwhile stays there
    const { activeElement, body } = document
    if (activeElement === body || field.current?.form?.contains(activeElement)) field.current?.focus()
  }
  const cancelEditing = (): void => {
    if (conversationId !== null) endEditing(conversationId)
    field.current?.focus()
  }
  const choosesPages = usePageChoices(({ choices }) => choices.length > 0)
  const isRefused = queued !== null && (choosesPages || draft.refusals.length > queued.refused)
  const goOn = useEffectEvent(() => {
    // a question is not sent without what was to go with it
    if (isRefused || !canWait) leaveQueue()
    else void submit()
  })
  useEffect(() => {
    if (isQueued && !answering && (isReady || isRefused || !canWait)) goOn()
  }, [isQueued, answering, isReady, isRefused, canWait])
  /** The picture or video before the place of a field's words; Backspace goes there. */
  const tileBefore = (element: HTMLTextAreaElement): HTMLElement | undefined => {
    const { lead } = element.dataset
    const at = lead === undefined ? draft.pictures.length : draft.pictures.findIndex(({ key }) => key === lead)
    const key = draft.pictures[at - 1]?.key
    const tiles = [...(element.form?.querySelectorAll<HTMLElement>('[data-picture]') ?? [])]
    return tiles.find((tile) => tile.dataset['picture'] === key)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { selectionEnd } = event.currentTarget
    if (event.key === 'Backspace' && selectionEnd === 0 && !event.nativeEvent.isComposing) {
      const tile = tileBefore(event.currentTarget)
      if (!tile) return
      event.preventDefault()
      return tile.focus()
    }
    if (event.key === 'Escape' && edited !== null && !event.nativeEvent.isComposing) {
      event.preventDefault()
      return cancelEditing()
    }
    if (event.key === 'ArrowUp' && onEditLast && edited === null && isEmpty(draft)) {
      event.preventDefault()
      return onEditLast()
    }
    // While an input method composes, Enter belongs to it (229 is what older ones report).
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return
    event.preventDefault()
    void submit()
  }
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files]
    if (files.length === 0) return
    event.preventDefault()
    addFilesAtCaret(conversationId, files)
  }
  return (
    <div className="mx-auto w-full max-w-[720px] px-4 pt-2 pb-3 mid:px-6">
      {draft.reading ? <RereadingNote reading={draft.reading} onCancel={() => cancelSending(conversationId)} /> : null}
      {draft.error ? <ErrorNote message={draft.error.message} className="mb-2" /> : null}
      {excess ? <ErrorNote message={excess} className="mb-2" /> : null}
      <Refusals
        refusals={draft.refusals}
        onDismiss={(key) => dismissRefusal(conversationId, key)}
        onUse={(cover) => void addFiles(conversationId, [cover])}
        onQuote={(text) => quote(conversationId, text)}
      />
      <form
        aria-label="Ask"
        className="relative rounded-lg border border-control bg-raised focus-within:border-accent"
        onFocusCapture={(event) => {
          if (event.currentTarget.contains(event.target)) noteField(event.target)
        }}
        onKeyDown={(event) => {
          // dialogs that are opened from here have fields of their own
          if (!event.currentTarget.contains(event.target as Node)) return
          const pressed = (event.ctrlKey || event.metaKey) && !event.altKey ? event.key.toLowerCase() : ''
          const isRedo = pressed === 'y' || (pressed === 'z' && event.shiftKey)
          if ((isRedo || pressed === 'z') && undoMedia(conversationId, isRedo)) event.preventDefault()
        }}
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {isQueued && (answering || !isReady) ? (
          <ComposerNote icon={<Clock aria-hidden />} action="Don’t send" onAction={leaveQueue}>
            {answering
              ? 'Sent when the answer ends. Until then it can be changed.'
              : `Waiting for ${waitedFor(draft, before) ?? 'the pictures'}… Sent as soon as all of it is stored.`}
          </ComposerNote>
        ) : null}
        {pageJob && pageJob.conversationId === conversationId ? (
          <ComposerNote icon={<Files aria-hidden />} action="Stop" onAction={endPageJob}>
            Asking about page {pageJob.page}, {pageJob.nth} of {pageJob.total}
          </ComposerNote>
        ) : null}
        {edited === null ? null : (
          <ComposerNote icon={<Pencil aria-hidden />} action="Cancel" onAction={cancelEditing}>
            Editing a question. Sending it starts a new branch; the other one stays.
          </ComposerNote>
        )}
        <SlashMenu {...{ conversationId, command, field }} text={draft.text} onClose={close} />
        <PictureTray {...{ conversationId, draft, before, onPaste, onKeyDown }} />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          data-question
          aria-label="Question"
          placeholder={job && wantsWords(job) ? 'Type what it is to look for or to do' : placeholder(draft)}
          value={draft.text}
          readOnly={draft.sending}
          onChange={(event) => {
            setText(conversationId, event.target.value)
            onTyped(event.target)
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          style={{ maxHeight: MAX_HEIGHT_PX }}
          className="block w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-read outline-none [field-sizing:content] placeholder:text-subtle"
        />
        <div className="flex items-end gap-2 p-1.5">
          <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-1">
            <IconButton label="Add pictures or videos" onClick={() => picker.current?.click()}>
              <ImagePlus />
            </IconButton>
            <input
              ref={picker}
              type="file"
              accept={ACCEPTED}
              multiple
              hidden
              tabIndex={-1}
              aria-label="Pictures or videos"
              data-testid="file-input"
              onChange={(event) => {
                addFilesAtCaret(conversationId, [...(event.target.files ?? [])])
                event.target.value = ''
              }}
            />
            {tools}
            <PresetMenu conversationId={conversationId} onEdit={onPresets} />
            <CompareMenu conversationId={conversationId} />
            <JobMenu conversationId={conversationId} />
            <FormatMenu conversationId={conversationId} format={draft.format} />
            <ThinkingToggle conversationId={conversationId} />
            <TokenLine draft={draft} />
          </div>
          {answering && !isQueued && canWait ? (
            <IconButton
              label="Send after the answer"
              hint="Enter"
              onClick={() => queue(conversationId, draft, answering)}
            >
              <Clock />
            </IconButton>
          ) : null}
          {answering ? (
            <IconButton label="Stop" hint="Esc" onClick={onStop} className="bg-ink! text-canvas! hover:opacity-85">
              <Square fill="currentColor" strokeWidth={0} className="size-3!" />
            </IconButton>
          ) : (
            <IconButton
              label="Send"
              hint="Enter"
              type="submit"
              disabled={!isReady}
              className="bg-accent! text-on-accent! enabled:hover:bg-accent-strong! disabled:bg-active! disabled:text-muted! disabled:opacity-100"
            >
              <ArrowUp />
            </IconButton>
          )}
        </div>
      </form>
      <PageDialog onBegun={onSent} />
    </div>
  )
}
