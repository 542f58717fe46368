import { plural, t } from '@lingui/core/macro'
import { MAX_PAGES_TEXT, readPages, Said, writePages } from '#contract'
import { useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { DialogFrame } from '../../../components/primitives/Dialog.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError, told } from '../../../lib/errors.ts'
import { counted } from '../../../lib/format.ts'
import { MAX_PICTURES, useDraft } from '../draft.ts'
import { PageGrid } from './PageGrid.tsx'
import { askEveryPage } from './everyPage.ts'
import { endChoice, takePages, unlock, usePageChoices } from './choosing.ts'
import type { PageChoice } from './choosing.ts'
import { extended } from './selection.ts'
import type { Selection } from './selection.ts'

/** Asks which pages of a file that was added are to be asked about, one file after the other. */
export function PageDialog({ onBegun }: { onBegun: (conversationId: string) => void }): ReactNode {
  const choice = usePageChoices(({ choices }) => choices[0])
  if (!choice) return null
  const { file, pages } = choice
  return (
    <DialogFrame
      open
      onOpenChange={(open) => {
        if (!open) endChoice(choice)
      }}
      title={file.name}
      description={pages === null ? t`Protected by a password` : counted(pages, 'page')}
    >
      {pages === null ? (
        <Unlocking key={choice.key} choice={choice} />
      ) : (
        <Choosing key={choice.key} choice={choice} pages={pages} onBegun={onBegun} />
      )}
    </DialogFrame>
  )
}

function Unlocking({ choice }: { choice: PageChoice }): ReactNode {
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    try {
      await unlock(choice, password)
    } catch (thrown) {
      setProblem(toAppError(thrown).message)
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <label className="flex flex-col gap-1.5">
        {t`Password`}
        <TextField
          type="password"
          autoFocus
          autoComplete="off"
          value={password}
          aria-invalid={problem !== null}
          aria-describedby="pdf-password-problem"
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      <p id="pdf-password-problem" role="alert" className="-mt-2 text-danger empty:hidden [overflow-wrap:anywhere]">
        {problem}
      </p>
      <footer className="flex justify-end gap-2">
        <Button onClick={() => endChoice(choice)}>{t`Cancel`}</Button>
        <Button kind="primary" type="submit" disabled={busy || password === ''}>
          {t`Open`}
        </Button>
      </footer>
    </form>
  )
}

function Choosing({
  choice,
  pages,
  onBegun,
}: {
  choice: PageChoice
  pages: number
  onBegun: (conversationId: string) => void
}): ReactNode {
  const [selection, setSelection] = useState<Selection>([])
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const { pictures, text: drafted } = useDraft(choice.conversationId)
  /** What is asked about each page on its own; null: the pages go into one question. */
  const [question, setQuestion] = useState<string | null>(null)
  const free = Math.max(0, MAX_PICTURES - pictures.length)
  const excess =
    question === null && selection.length > free
      ? plural(free, {
          one: 'A question takes # more picture. Choose fewer pages.',
          other: 'A question takes # more pictures. Choose fewer pages.',
        })
      : null
  const isAsked = question === null || question.trim() !== ''
  const canAdd = problem === null && excess === null && selection.length > 0 && isAsked

  const choose = (next: Selection): void => {
    setSelection(next)
    setText(writePages(next, choice.labels))
    setProblem(null)
  }
  const type = (typed: string): void => {
    setText(typed)
    const read = readPages(typed, pages, choice.labels)
    if (read instanceof Said) return setProblem(told({ message: read.english, text: read.text ?? undefined }))
    setProblem(null)
    setSelection(read)
  }
  const add = (): void => {
    if (!canAdd) return
    endChoice(choice)
    if (question === null) void takePages(choice, selection)
    else void askEveryPage(choice, selection, question.trim(), onBegun)
  }
  const isAll = selection.length === pages
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <div className="flex items-center gap-2">
        <TextField
          autoFocus
          aria-label={t`Pages to ask about`}
          placeholder={t`Pages, as in ${choice.labels ? writePages([1, 2], choice.labels) : '1-3, 7'}`}
          maxLength={MAX_PAGES_TEXT}
          value={text}
          aria-invalid={problem !== null}
          aria-describedby="pages-problem"
          onChange={(event) => type(event.target.value)}
          className="min-w-0 flex-1"
        />
        <Button kind="quiet" onClick={() => choose(isAll ? [] : extended([], 1, pages))}>
          {isAll ? t({ message: 'None', context: 'selection' }) : t({ message: 'All', context: 'selection' })}
        </Button>
      </div>
      <PageGrid
        sha={choice.file.sha}
        count={pages}
        labels={choice.labels}
        selection={selection}
        onSelect={choose}
        onEnter={add}
      />
      {question === null ? null : (
        <TextField
          autoFocus
          aria-label={t`Question about each page`}
          placeholder={t`What to ask about each page`}
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
        />
      )}
      <footer className="flex flex-wrap items-center justify-end gap-x-2 gap-y-3">
        <p
          id="pages-problem"
          role="status"
          className={cx(
            'min-w-0 flex-[1_1_10rem] empty:hidden',
            (problem ?? excess) === null ? 'text-muted' : 'text-danger',
          )}
        >
          {problem ??
            excess ??
            (question !== null
              ? t`One question for each page, one after the other.`
              : selection.length === 0
                ? t`Each page becomes a picture of the question.`
                : '')}
        </p>
        <div className="flex gap-2">
          {question === null ? (
            <Button disabled={selection.length < 2} onClick={() => setQuestion(drafted)}>
              {t`Ask each…`}
            </Button>
          ) : null}
          <Button onClick={() => (question === null ? endChoice(choice) : setQuestion(null))}>
            {question === null ? t`Cancel` : t`Back`}
          </Button>
          <Button kind="primary" type="submit" disabled={!canAdd}>
            {selection.length === 0
              ? t`Add`
              : question === null
                ? plural(selection.length, { one: 'Add # page', other: 'Add # pages' })
                : plural(selection.length, { one: 'Ask # page', other: 'Ask # pages' })}
          </Button>
        </div>
      </footer>
    </form>
  )
}
