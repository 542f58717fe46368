import { ArrowUp, ImagePlus, Square } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, type ClipboardEvent, type KeyboardEvent, type ReactNode } from 'react'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { RereadingNote } from '../../components/video/RereadingNote.tsx'
import { prepareVideo } from '../../lib/video/index.ts'
import { addFiles, cancelSending, dismissRefusal, send, setText } from './actions.ts'
import { CompareMenu } from './CompareMenu.tsx'
import { FormatMenu } from './FormatMenu.tsx'
import { PictureTray } from './PictureTray.tsx'
import { Refusals } from './Refusals.tsx'
import { canSend, type Draft } from './draft.ts'
import { useDraft } from './drafts.ts'
import { restoreDraft } from './saving.ts'
import { TokenLine } from './TokenLine.tsx'

const MAX_HEIGHT_PX = 240

/** By the number of pictures: none, one, several. */
const placeholders = ['Drop a picture or a video, or ask something', 'Ask about the picture', 'Ask about the pictures']
const placeholder = ({ pictures }: Draft): string | undefined => {
  const videos = pictures.filter(({ clip }) => clip).length
  if (videos === 0) return placeholders[Math.min(2, pictures.length)]
  if (videos < pictures.length) return 'Ask about the pictures and videos'
  return videos === 1 ? 'Ask about the video' : 'Ask about the videos'
}

/** Where a question is put together: pictures in order, then the text. Enter sends, Shift+Enter starts a line. */
export function Composer({
  conversationId,
  answering,
  tools,
  onSent,
  onStop,
}: {
  conversationId: string | null
  answering: boolean
  /** More ways to bring something to ask about, beside the pictures. */
  tools?: ReactNode
  onSent: (conversationId: string) => void
  onStop: () => void
}): ReactNode {
  const draft = useDraft(conversationId)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)

  useEffect(() => field.current?.focus(), [conversationId])
  useEffect(prepareVideo, [])
  useEffect(() => void restoreDraft(conversationId), [conversationId])

  useLayoutEffect(() => {
    const element = field.current
    if (!element) return
    element.style.height = '0'
    element.style.height = `${Math.min(MAX_HEIGHT_PX, element.scrollHeight)}px`
  }, [draft.text])

  const submit = async (): Promise<void> => {
    if (answering) return
    const sent = await send(conversationId)
    if (sent) onSent(sent.conversationId)
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter belongs to it (229 is what older ones report).
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return
    event.preventDefault()
    void submit()
  }
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files]
    if (files.length === 0) return
    event.preventDefault()
    void addFiles(conversationId, files)
  }
  return (
    <div className="mx-auto w-full max-w-[720px] px-4 pt-2 pb-3 mid:px-6">
      {draft.reading ? <RereadingNote reading={draft.reading} onCancel={() => cancelSending(conversationId)} /> : null}
      {draft.error ? <ErrorNote message={draft.error.message} className="mb-2" /> : null}
      <Refusals
        refusals={draft.refusals}
        onDismiss={(key) => dismissRefusal(conversationId, key)}
        onUse={(cover) => void addFiles(conversationId, [cover])}
      />
      <form
        aria-label="Ask"
        className="rounded-lg border border-control bg-raised focus-within:border-accent"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <PictureTray conversationId={conversationId} draft={draft} />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label="Question"
          placeholder={placeholder(draft)}
          value={draft.text}
          readOnly={draft.sending}
          onChange={(event) => setText(conversationId, event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          className="block w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-read outline-none placeholder:text-subtle"
        />
        <div className="flex items-center gap-2 p-1.5">
          <IconButton label="Add pictures or videos" onClick={() => picker.current?.click()}>
            <ImagePlus />
          </IconButton>
          <input
            ref={picker}
            type="file"
            accept="image/*,video/*,.heic,.heif,.avif,.bmp,.ico,.cur,.tif,.tiff,.mkv,.mov,.ts,.mts,.m2ts,.avi,.asf,.wmv,.flv,.ogv"
            multiple
            hidden
            tabIndex={-1}
            aria-label="Pictures or videos"
            data-testid="file-input"
            onChange={(event) => {
              void addFiles(conversationId, [...(event.target.files ?? [])])
              event.target.value = ''
            }}
          />
          {tools}
          <CompareMenu conversationId={conversationId} />
          <FormatMenu conversationId={conversationId} format={draft.format} />
          <TokenLine draft={draft} />
          {answering ? (
            <IconButton label="Stop" hint="Esc" onClick={onStop} className="bg-ink! text-canvas! hover:opacity-85">
              <Square fill="currentColor" strokeWidth={0} className="size-3!" />
            </IconButton>
          ) : (
            <IconButton
              label="Send"
              hint="Enter"
              type="submit"
              disabled={!canSend(draft)}
              className="bg-accent! text-on-accent! enabled:hover:bg-accent-strong! disabled:bg-active! disabled:text-muted! disabled:opacity-100"
            >
              <ArrowUp />
            </IconButton>
          )}
        </div>
      </form>
    </div>
  )
}
