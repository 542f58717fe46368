import { t } from '@lingui/core/macro'
import { places } from '#contract'
import type {
  ErrorInfo,
  Message,
  Preset,
  Profile,
  ProfileJob,
  Progress,
  QuestionPart,
  ScreenPlace,
  Size,
} from '#contract'
import { ArrowUp, Copy, Crosshair, Square, SquareArrowOutUpRight, X } from 'lucide-react'
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { ActionSteps } from '../../components/answers/ActionSteps.tsx'
import { Markdown } from '../../components/answers/Markdown.tsx'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { fieldClass } from '../../components/primitives/TextField.tsx'
import { announce } from '../../lib/announce.ts'
import { documentParser } from '../../lib/conversation/documentParser.ts'
import { readingText } from '../../lib/conversation/readingText.ts'
import { nothingOpen, reasoningOf, textOf } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { watchConversation } from '../../lib/conversation/watch.ts'
import { toAppError } from '../../lib/errors.ts'
import { count } from '../../lib/format.ts'
import { actionMarks, clickPosition, linkAnswer, readActions, spaceOf, toOriginal } from '../../lib/grounding/index.ts'
import { whenHost } from '../../lib/host.ts'
import { formatLocale, i18n } from '../../lib/i18n.ts'
import { appliedOf } from '../../lib/presets.ts'
import { useCurrentProfile } from '../../lib/profiles.ts'
import { call, connection } from '../../lib/rpc.ts'
import { upload } from '../../lib/upload.ts'
import { PanelPreset } from './PanelPreset.tsx'

/** A question that the panel has sent: the ids of its conversation and of its answer. */
interface PanelQuestion {
  readonly conversationId: string
  readonly answerId: string
}

/**
 * Asks about a captured picture and shows the answer as it comes. Nothing is stored before the first question; from
 * then on it is a conversation like any other. `progressText`: what the engine is doing, in words.
 */
export function AskPanel({
  png,
  size,
  screen,
  isWindow,
  progressText,
  onOpen,
  onClose,
}: {
  png: Blob
  /** In pixels. */
  size: Size
  /** Where the picture was on its screen; null: that is not told. */
  screen: ScreenPlace | null
  /** It fills a window of its own, which is moved by its header. */
  isWindow: boolean
  progressText: (progress: Progress | undefined) => string
  onOpen: (conversationId: string) => void
  onClose: () => void
}): ReactNode {
  const [asking, setAsking] = useState(() => createAsking(png, screen))
  const [text, setText] = useState('')
  const [sent, setSent] = useState<(PanelQuestion & { question: string }) | null>(null)
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const profile = useCurrentProfile()
  /** undefined: nothing was chosen yet. */
  const [chosenJob, setChosenJob] = useState<string | null | undefined>(undefined)
  const job = jobOf(profile, chosenJob)
  const [preset, setPreset] = useState<Preset | null>(null)
  const answer = usePanelAnswer(sent)
  const current = answer.isGone ? null : sent
  const streaming = current !== null && (answer.message === null || answer.message.status === 'streaming')
  const steps = stepsOf(answer, size, screen)
  const page = pageOf(answer)
  const canAsk =
    !sending && !streaming && (text.trim() !== '' || (current === null && job !== null && !wantsWords(job)))
  const failure = error ?? answer.message?.error ?? null

  const preview = useCallback(
    (image: HTMLImageElement) => {
      image.src = URL.createObjectURL(png)
      return () => URL.revokeObjectURL(image.src)
    },
    [png],
  )
  useEffect(() => field.current?.focus(), [])

  const ask = async (question: string, job: ProfileJob | null): Promise<void> => {
    setSending(true)
    setError(null)
    // a conversation that was removed is not gone on with: the picture begins another
    const send = answer.isGone ? createAsking(png, screen) : asking
    if (send !== asking) setAsking(() => send)
    try {
      setSent({ ...(await send(question.trim(), job, preset)), question: question.trim() || (job?.label ?? '') })
      setText('')
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
    }
    setSending(false)
  }
  const copy = (text: string): void => {
    navigator.clipboard.writeText(text).then(onClose, () => announce(t`Copying is not allowed here`))
  }
  const stop = (): void => {
    if (current) call((core) => core.ask.stop({ messageId: current.answerId })).catch(() => {})
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (canAsk) void ask(text, job)
  }
  const onEscape = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing) return
    event.preventDefault()
    event.stopPropagation()
    onClose()
  })
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent): void => onEscape(event)
    window.addEventListener('keydown', listen, { capture: true })
    return () => window.removeEventListener('keydown', listen, { capture: true })
  }, [])

  return (
    <section
      role="dialog"
      aria-label={t`Ask about this`}
      className="flex flex-col gap-2.5 p-3 text-ui text-ink"
      data-testid="ask-panel"
    >
      <header className={isWindow ? 'flex items-center gap-3 [-webkit-app-region:drag]' : 'flex items-center gap-3'}>
        <span className="flex h-14 w-20 shrink-0 items-center justify-center overflow-hidden rounded-md border border-hairline bg-mat">
          <img ref={preview} alt={t`The chosen part of the screen`} className="max-h-full max-w-full object-contain" />
        </span>
        <div className="min-w-0 flex-1">
          <p className="truncate font-semibold">{current ? current.question : t`Ask about this`}</p>
          <p className="text-small text-muted tabular-nums">{t`${count(size.width)} × ${count(size.height)} pixels`}</p>
        </div>
        <IconButton
          label={t`Close`}
          hint="Esc"
          size="small"
          onClick={onClose}
          className="self-start [-webkit-app-region:no-drag]"
        >
          <X />
        </IconButton>
      </header>
      {answer.isGone ? (
        <p role="status" className="text-muted">
          {t`This conversation was removed. Ask again to begin another.`}
        </p>
      ) : null}
      {current ? (
        <div aria-busy={streaming} className="flex flex-col gap-2">
          {answer.text === '' && streaming ? (
            <p role="status" className="flex h-6 items-center gap-2.5 text-muted tabular-nums">
              <span className="relative block h-0.5 w-8 overflow-hidden rounded-full">
                <span className="work-edge" />
              </span>
              {answer.isThinking ? t`Thinking…` : progressText(answer.progress)}
            </p>
          ) : (
            <div className="max-h-72 overflow-y-auto" data-testid="panel-answer" onCopy={() => setTimeout(onClose)}>
              {steps ? (
                <ActionSteps
                  answer={steps}
                  numbers={[]}
                  partial={answer.message?.status !== 'complete'}
                  streaming={streaming}
                />
              ) : page === null ? (
                <Markdown
                  text={linkAnswer(answer.text, [], [], streaming)}
                  partial={answer.message?.status !== 'complete'}
                  streaming={streaming}
                />
              ) : (
                <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{page}</p>
              )}
            </div>
          )}
        </div>
      ) : (
        <div className="flex flex-wrap gap-1.5" role="group" aria-label={t`Ready questions`}>
          {readyQuestions(ownLanguage()).map(({ label, question }) => (
            <Button key={label} disabled={sending} onClick={() => void ask(question, null)}>
              {label}
            </Button>
          ))}
        </div>
      )}
      {failure ? <ErrorNote message={failure.message} /> : null}
      {profile && profile.jobs.length > 0 ? (
        // of the system's own, which is not cut off by a small window
        <select
          aria-label={t`Job of ${profile.name}`}
          value={job?.id ?? ''}
          disabled={sending}
          onChange={(event) => setChosenJob(event.target.value || null)}
          className={fieldClass}
        >
          <option value="">{t`No job`}</option>
          {profile.jobs.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      ) : null}
      {current ? null : (
        <PanelPreset
          chosen={preset}
          disabled={sending}
          onChoose={(chosen) => {
            // words of one's own stay
            if (text.trim() === '' || text === preset?.prompt) setText(chosen?.prompt ?? '')
            setPreset(chosen)
            field.current?.focus()
          }}
        />
      )}
      <div className="flex items-end gap-1 rounded-md border border-control bg-raised p-1 focus-within:border-accent">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={t`Question about the picture`}
          placeholder={
            job && wantsWords(job) ? t`What it is to look for or to do` : current ? t`Ask more` : t`Ask something`
          }
          value={text}
          readOnly={sending}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-24 min-w-0 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none placeholder:text-subtle"
        />
        {streaming ? (
          <IconButton label={t`Stop`} onClick={stop}>
            <Square fill="currentColor" strokeWidth={0} className="size-3!" />
          </IconButton>
        ) : (
          <IconButton label={t`Ask`} hint="Enter" disabled={!canAsk} onClick={() => void ask(text, job)}>
            <ArrowUp />
          </IconButton>
        )}
      </div>
      {current ? (
        <div className="flex items-center justify-between gap-2">
          {steps?.position ? (
            <Button onClick={() => copy(steps.position)} title={pixelsOf(steps.position, screen)}>
              <Crosshair aria-hidden />
              {t`Copy click position`}
            </Button>
          ) : (
            <Button disabled={answer.text === ''} onClick={() => copy(page ?? answer.text)}>
              <Copy aria-hidden />
              {t`Copy`}
            </Button>
          )}
          <Button kind="primary" onClick={() => onOpen(current.conversationId)}>
            <SquareArrowOutUpRight aria-hidden />
            {t`Open in Sightline`}
          </Button>
        </div>
      ) : null}
    </section>
  )
}

/**
 * Asks about a captured picture, which is stored with the first question; later ones go on with the same conversation.
 * Rejects with AppError.
 */
function createAsking(
  png: Blob,
  screen: ScreenPlace | null,
): (question: string, job: ProfileJob | null, preset: Preset | null) => Promise<PanelQuestion> {
  let conversationId: string | null = null
  return async (question, job, chosen) => {
    const parts: QuestionPart[] = question === '' ? [] : [{ type: 'text', text: question }]
    if (conversationId === null) {
      const { sha, name } = await upload(await whenHost(), new File([png], t`Screenshot.png`, { type: 'image/png' }))
      parts.unshift({ type: 'image', sha, name, ...(screen && { screen }) })
    }
    const preset = chosen && appliedOf(chosen, {})
    const sent = await call((core) =>
      core.ask.send({
        ...{ conversationId, parts },
        ...(job && { job: job.id }),
        ...(preset && { preset }),
        ...(chosen?.format && { format: chosen.format }),
        ...(chosen?.thinking && { thinking: chosen.thinking }),
      }),
    )
    conversationId = sent.conversationId
    return { conversationId: sent.conversationId, answerId: sent.answerId }
  }
}

/** Whether a job says nothing without words of the user's. */
const wantsWords = ({ prompt }: ProfileJob): boolean => prompt.includes(places.text)

/**
 * The job that is asked for: the one with the chosen id; where nothing was chosen, the first that finds a place on the screen by
 * the user's words, as screen models know their task by it alone. null: none.
 */
function jobOf(profile: Profile | null, chosen: string | null | undefined): ProfileJob | null {
  const isFirst = (job: ProfileJob): boolean => (job.parser ?? profile?.parser) === 'action' && wantsWords(job)
  const find = (job: ProfileJob): boolean => (chosen === undefined ? isFirst(job) : job.id === chosen)
  return profile?.jobs.find(find) ?? null
}

/** The words of an answer that is a document; null for all others. */
const pageOf = ({ message, text }: PanelAnswer): string | null =>
  message && documentParser(message) ? readingText(message, text) : null

/** The answer of a screen model in its parts, and where its first place is clicked; null for all others. */
function stepsOf({ message, text }: PanelAnswer, size: Size, screen: ScreenPlace | null) {
  const { seen } = message ?? {}
  const [model] = seen?.media ?? []
  if (seen?.profile?.parser !== 'action' || !model) return null
  const answer = readActions(text, message?.status === 'streaming')
  const [mark] = actionMarks(answer.actions).marks
  const shape = mark && toOriginal(mark.shape, spaceOf(seen.family, seen.profile), { original: size, model })
  return { ...answer, position: (shape && clickPosition(shape, size, screen ?? undefined)) ?? '' }
}

/** What a click position counts in. */
const pixelsOf = (position: string, screen: ScreenPlace | null): string =>
  screen ? t`${position} in pixels of the screen` : t`${position} in pixels of the picture`

/** A question that is asked with one click: its words on the button, and those that are sent. */
interface ReadyQuestion {
  readonly label: string
  readonly question: string
}

/** The language that the user reads, as a BCP 47 tag: the window's; in English, which it also speaks for want of theirs, the system's. */
const ownLanguage = (): string => (i18n.locale === 'en' ? navigator.language : formatLocale())

function languageName(language: string): string {
  const names = new Intl.DisplayNames([formatLocale()], { type: 'language' })
  return names.of(language.split('-')[0]!) ?? language
}

/** Common questions about a part of the screen. `language`: a BCP 47 tag. */
const readyQuestions = (language: string): readonly ReadyQuestion[] => [
  { label: t`Read the text`, question: t`Read the text in this picture. Answer with the text only.` },
  { label: t`Explain this`, question: t`Explain what this picture shows.` },
  { label: t`Translate`, question: t`Translate the text in this picture into ${languageName(language)}.` },
]

/** The answer that the panel shows. `isGone` says that its conversation has been removed. */
interface PanelAnswer {
  readonly message: Message | null
  readonly text: string
  readonly progress: Progress | undefined
  /** Whether it is being thought about. */
  readonly isThinking: boolean
  readonly isGone: boolean
}

/** The answer to a question of the panel as it is written, whichever conversation the main window shows. */
function usePanelAnswer(sent: PanelQuestion | null): PanelAnswer {
  const [store] = useState(() => createStore<OpenConversation>(() => nothingOpen))
  const { conversationId, answerId = '' } = sent ?? {}
  useEffect(() => {
    if (conversationId === undefined) return
    const stop = new AbortController()
    void watchConversation({ connection, id: conversationId, store, signal: stop.signal })
    return () => stop.abort()
  }, [conversationId, store])
  const { status, messages, drafts, thoughts, progress } = useStore(store)
  const message = messages[answerId] ?? null
  return {
    message,
    text: drafts[answerId] ?? (message ? textOf(message) : ''),
    progress: progress[answerId],
    isThinking: thoughts[answerId] !== undefined || (message !== null && reasoningOf(message) !== null),
    isGone: sent !== null && status === 'missing',
  }
}
