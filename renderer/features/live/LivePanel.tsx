import { t } from '@lingui/core/macro'
import type { ErrorInfo } from '#contract'
import { ArrowUp, Square, X } from 'lucide-react'
import { useCallback, useState } from 'react'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { Segmented } from '../../components/primitives/FormControls.tsx'
import { toAppError } from '../../lib/errors.ts'
import { counted } from '../../lib/format.ts'
import { askLive, lookEvery, startLive, stopLive } from './actions.ts'
import { INTERVALS, SPANS, off, useLive } from './store.ts'

const spans = [
  { value: 'now', label: t`Now` },
  ...SPANS.map((seconds) => ({ value: String(seconds), label: t`Last ${seconds} s` })),
]

/** The live view while it is on: that it is, what it sees, and a question about now or the last seconds. */
export function LivePanel({
  conversationId,
  onSent,
}: {
  conversationId: string | null
  onSent: (conversationId: string) => void
}): ReactNode {
  const { source, stream, error } = useLive()
  return (
    <>
      {error ? (
        <div className="mx-auto w-full max-w-[720px] px-4 pt-2 mid:px-6">
          <ErrorNote message={error.message}>
            <IconButton label={t`Dismiss`} size="small" onClick={() => useLive.setState({ error: null })}>
              <X />
            </IconButton>
          </ErrorNote>
        </div>
      ) : null}
      {source && stream ? (
        <Watching
          what={source === 'camera' ? t`the camera` : t`the screen`}
          stream={stream}
          conversationId={conversationId}
          onSent={onSent}
        />
      ) : null}
      <ChoiceDialog />
    </>
  )
}

function Watching({
  what,
  stream,
  conversationId,
  onSent,
}: {
  what: string
  stream: MediaStream
  conversationId: string | null
  onSent: (conversationId: string) => void
}): ReactNode {
  const intervalMs = useLive((state) => state.intervalMs)
  const moments = useLive((state) => state.moments.length)
  const [text, setText] = useState('')
  const [span, setSpan] = useState('now')
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const preview = useCallback(
    (video: HTMLVideoElement) => {
      video.srcObject = stream
      return () => {
        video.srcObject = null
      }
    },
    [stream],
  )
  const ask = async (): Promise<void> => {
    if (sending || text.trim() === '') return
    setSending(true)
    setError(null)
    try {
      const sent = await askLive(conversationId, text.trim(), span === 'now' ? null : Number(span))
      setText('')
      onSent(sent.conversationId)
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
    }
    setSending(false)
  }
  return (
    <div className="mx-auto w-full max-w-[720px] px-4 pt-2 mid:px-6">
      <section
        aria-label={t`Live view`}
        data-testid="live"
        className="flex gap-3 rounded-lg border border-danger bg-raised p-2.5 max-mid:flex-col"
      >
        <div className="relative h-28 w-44 shrink-0 overflow-hidden rounded-md bg-mat max-mid:w-full">
          <video
            ref={preview}
            autoPlay
            muted
            playsInline
            className="size-full object-contain"
            aria-label={t`What is seen of ${what}`}
          />
          <span
            className="absolute top-1.5 left-1.5 flex items-center gap-1.5 rounded-md bg-[rgb(0_0_0/0.75)] px-1.5 py-0.5 text-small font-medium text-[#fff]"
            role="status"
          >
            <span className="size-2 rounded-full bg-[oklch(0.66_0.22_25)]" aria-hidden />
            {t`Live`}
          </span>
        </div>
        <div className="flex min-w-0 flex-1 flex-col gap-2">
          <div className="flex items-center gap-2">
            <p className="min-w-0 flex-1 truncate">
              {t`Watching ${what}`}
              <span
                className="text-muted tabular-nums"
                title={t`Changes seen in the last minute`}
                data-testid="live-moments"
                data-moments={moments}
              >
                {' '}
                · {counted(moments, 'change')}
              </span>
            </p>
            <select
              aria-label={t`Look`}
              value={intervalMs}
              onChange={(event) => lookEvery(Number(event.target.value))}
              className="h-7 rounded-md border border-control bg-raised px-1.5 tabular-nums"
            >
              {INTERVALS.map((ms) => (
                <option key={ms} value={ms}>{t`every ${ms / 1_000} s`}</option>
              ))}
            </select>
            <IconButton label={t`Stop watching`} size="small" onClick={stopLive} className="text-danger!">
              <Square fill="currentColor" strokeWidth={0} className="size-3!" />
            </IconButton>
          </div>
          <div>
            <Segmented label={t`What the question is about`} value={span} options={spans} onChange={setSpan} />
          </div>
          <form
            className="flex items-center gap-1 rounded-md border border-control p-0.5 focus-within:border-accent"
            onSubmit={(event) => {
              event.preventDefault()
              void ask()
            }}
          >
            <input
              aria-label={t`Question about the live view`}
              placeholder={span === 'now' ? t`Ask about what is there now` : t`Ask about the last ${span} seconds`}
              value={text}
              readOnly={sending}
              onChange={(event) => setText(event.target.value)}
              className="h-7 min-w-0 flex-1 bg-transparent px-2 outline-none placeholder:text-subtle"
            />
            <IconButton
              label={t`Ask about the live view`}
              type="submit"
              size="small"
              disabled={sending || text.trim() === ''}
            >
              <ArrowUp />
            </IconButton>
          </form>
          {error ? <ErrorNote message={error.message} /> : null}
          <p className="text-small text-muted">{t`Kept in memory for a minute. Only what you ask about is stored.`}</p>
        </div>
      </section>
    </div>
  )
}

/** Screens and windows to watch, where the shell lists them. */
function ChoiceDialog(): ReactNode {
  const choices = useLive((state) => state.choices)
  return (
    <DialogFrame
      open={choices !== null}
      onOpenChange={(open) => open || useLive.setState(off)}
      title={t`Watch a screen or window`}
    >
      <ul className="flex flex-col gap-1">
        {choices?.map(({ id, name }) => (
          <li key={id}>
            <Button
              kind="quiet"
              className="w-full justify-start! overflow-hidden"
              onClick={() => void startLive('screen', id)}
            >
              <span className="truncate">{name}</span>
            </Button>
          </li>
        ))}
      </ul>
    </DialogFrame>
  )
}
