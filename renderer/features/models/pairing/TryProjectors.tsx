import { t } from '@lingui/core/macro'
import type { Model, ProjectorChoice } from '#contract'
import { ImagePlus } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import fourShapes from '../../../../resources/samples/four-shapes.png'
import { Button } from '../../../components/primitives/Button.tsx'
import { DialogFrame } from '../../../components/primitives/Dialog.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { announce } from '../../../lib/announce.ts'
import { cx } from '../../../lib/cx.ts'
import { projectorsOf, setProjector } from '../library/store.ts'
import { useAttempt } from '../library/useAttempt.ts'
import { untried, useTrial } from './trial.ts'
import type { Reading } from './trial.ts'
import { told } from '../../../lib/errors.ts'

const QUESTION = t`What is in the picture?`
const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path

interface Pairing {
  readonly name: string
  readonly textPath: string
  readonly choices: readonly ProjectorChoice[]
  /** Path of the projector that it has now; null: none, or it is not in the library yet. */
  readonly current?: string | null
  /** Takes a choice; null: no projector. Rejects with `AppError`. */
  readonly onChoose: (choice: ProjectorChoice | null) => Promise<void>
}

/**
 * Asks which projector belongs to a model when no header says so: the model answers one question on one picture with
 * each, and the user takes the one that sees.
 */
export function TryProjectors({
  open,
  onOpenChange,
  ...pairing
}: Pairing & { open: boolean; onOpenChange: (open: boolean) => void }): ReactNode {
  return (
    <DialogFrame
      open={open}
      onOpenChange={onOpenChange}
      title={t`Which projector sees?`}
      description={sentence(pairing)}
    >
      <Trial {...pairing} onDone={() => onOpenChange(false)} />
    </DialogFrame>
  )
}

function sentence({ name, choices, current }: Pairing): string {
  if (current !== undefined)
    return t`${name} answers about the same picture with each projector. Keep the one that describes what is there.`
  if (choices.length === 1)
    return t`Nothing in the header of ${name} tells whether this projector is its own. See whether it describes what is there.`
  return t`Nothing in the header of ${name} tells which projector is its own. With the wrong one it describes what is not there.`
}

function Trial({ name, textPath, choices, current, onChoose, onDone }: Pairing & { onDone: () => void }): ReactNode {
  const trial = useTrial(
    textPath,
    choices.map(({ projectorPath }) => projectorPath),
  )
  const [question, setQuestion] = useState(QUESTION)
  const [own, setOwn] = useState<{ file: File; url: string } | null>(null)
  const { busy, error, attempt } = useAttempt()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => () => void (own && URL.revokeObjectURL(own.url)), [own])
  const run = (): void =>
    void attempt(async () => {
      const file =
        own?.file ?? new File([await (await fetch(fourShapes)).blob()], 'four-shapes.png', { type: 'image/png' })
      void trial.run(file, question.trim() || QUESTION)
    })
  const choose = async (choice: ProjectorChoice | null): Promise<void> => {
    trial.stop()
    if (await attempt(() => onChoose(choice))) onDone()
  }
  const wasRun = Object.keys(trial.readings).length > 0
  const failure = error ?? trial.error
  return (
    <>
      <div className="flex items-start gap-4">
        <img
          src={own?.url ?? fourShapes}
          alt={t`The picture that is asked about`}
          className="size-24 shrink-0 rounded-md border border-hairline bg-sunken object-cover mid:size-28"
        />
        <div className="flex min-w-0 flex-1 flex-col gap-2">
          <label htmlFor={id}>{t`Question`}</label>
          <TextField
            id={id}
            value={question}
            maxLength={500}
            autoComplete="off"
            onChange={(event) => setQuestion(event.target.value)}
            className="h-8"
          />
          <Button className="self-start" disabled={trial.isRunning} onClick={() => input.current?.click()}>
            <ImagePlus aria-hidden />
            {t`Another picture`}
          </Button>
          <input
            ref={input}
            type="file"
            accept="image/*"
            hidden
            aria-label={t`Picture to try on`}
            onChange={({ target }) => {
              const file = target.files?.[0]
              if (file) setOwn({ file, url: URL.createObjectURL(file) })
              target.value = ''
            }}
          />
        </div>
      </div>
      <ul aria-label={t`Readings`} className={cx('mt-4 grid gap-3', choices.length > 1 && 'mid:grid-cols-2')}>
        {choices.map((choice) => (
          <Answer
            key={choice.projectorPath}
            choice={choice}
            reading={trial.readings[choice.projectorPath] ?? untried}
            isRunning={trial.isRunning}
            isCurrent={choice.projectorPath === current}
            isDisabled={busy}
            onChoose={() => void choose(choice)}
          />
        ))}
      </ul>
      {failure ? <ErrorNote message={told(failure)} className="mt-3" /> : null}
      <div className="mt-4 flex flex-wrap items-center justify-between gap-2">
        <Button disabled={busy} onClick={() => void choose(null)}>{t`None, answer text only`}</Button>
        {trial.isRunning ? (
          <Button onClick={trial.stop}>{t`Stop`}</Button>
        ) : (
          <Button
            kind={wasRun ? 'plain' : 'primary'}
            disabled={busy}
            onClick={run}
            aria-label={t`Ask ${name} about the picture`}
          >
            {wasRun ? t`Ask again` : choices.length > 1 ? t`Ask with each` : t`Ask`}
          </Button>
        )}
      </div>
    </>
  )
}

function Answer({
  choice: { projectorPath, label },
  reading: { state, text, error },
  isRunning,
  isCurrent,
  isDisabled,
  onChoose,
}: {
  choice: ProjectorChoice
  reading: Reading
  isRunning: boolean
  isCurrent: boolean
  isDisabled: boolean
  onChoose: () => void
}): ReactNode {
  return (
    <li
      aria-label={label}
      aria-busy={state === 'loading' || state === 'answering'}
      className="flex min-w-0 flex-col rounded-lg border border-hairline p-3"
    >
      <p className="font-medium">
        {t`As ${label}`}
        {isCurrent ? <span className="font-normal text-muted"> {t`· in use now`}</span> : null}
      </p>
      <p className="truncate font-mono text-small text-subtle" title={projectorPath}>
        {fileName(projectorPath)}
      </p>
      <div aria-live="polite" className="mt-2 min-h-12 flex-1 mid:min-h-24">
        {state === 'loading' ? (
          <>
            <p className="mb-2 text-muted">{t`Loading the model…`}</p>
            <ProgressBar label={t`Loading it as ${label}`} share={null} />
          </>
        ) : state === 'failed' ? (
          <p className="text-danger [overflow-wrap:anywhere]">{error ? told(error) : null}</p>
        ) : text !== '' ? (
          <p data-testid="reading" className="max-h-40 overflow-y-auto whitespace-pre-wrap [overflow-wrap:anywhere]">
            {text}
          </p>
        ) : (
          <p className="text-subtle">
            {state === 'done' ? t`It said nothing.` : isRunning ? t`Waits for its turn.` : t`Not asked yet.`}
          </p>
        )}
      </div>
      <Button
        className="mt-3 w-full"
        disabled={isDisabled || state === 'failed'}
        onClick={onChoose}
        aria-label={t`Use the projector of ${label}`}
      >
        {state === 'done' ? t`This one sees` : t`Use this one`}
      </Button>
    </li>
  )
}

/**
 * The way from a model of the library to the projectors of this computer that it could have, and to another one of
 * them.
 */
export function TryOthers({ model, label }: { model: Model; label: string }): ReactNode {
  const [choices, setChoices] = useState<readonly ProjectorChoice[] | null>(null)
  const [open, setOpen] = useState(false)
  const { busy, error, attempt } = useAttempt()
  const look = (): void =>
    void attempt(async () => {
      const found = await projectorsOf(model.id)
      setChoices(found)
      setOpen(found.length > 0)
    })
  const choose = async (choice: ProjectorChoice | null): Promise<void> => {
    await setProjector(model.id, choice?.projectorPath ?? null)
    announce(choice ? t`${model.name} sees with the projector of ${choice.label}` : t`${model.name} answers text only`)
  }
  return (
    <>
      {choices?.length === 0 ? (
        <p className="mt-2 text-muted">{t`No projector of its width was found near its file or where other programs keep theirs.`}</p>
      ) : null}
      {error ? <ErrorNote message={error.message} className="mt-2" /> : null}
      <Button className="mt-3" disabled={busy} onClick={look}>
        {busy ? t`Looking…` : label}
      </Button>
      {choices && choices.length > 0 ? (
        <TryProjectors
          open={open}
          onOpenChange={setOpen}
          name={model.name}
          textPath={model.textPath}
          choices={choices}
          current={model.projectorPath}
          onChoose={choose}
        />
      ) : null}
    </>
  )
}
