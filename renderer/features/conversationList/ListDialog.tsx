import { t } from '@lingui/core/macro'
import type { ErrorInfo } from '#contract'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { TextField } from '../../components/primitives/TextField.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { counted } from '../../lib/format.ts'
import { createFolder, renameFolder, tag } from './actions.ts'
import type { ListQuestion } from './doing.ts'
import { tagsOf } from './shelves.ts'
import { useConversationList } from './store.ts'

/** Asks what has to be typed for folders and tags. `question` stays while the dialog closes. */
export function ListDialog({
  open,
  question,
  onOpenChange,
}: {
  open: boolean
  question: ListQuestion
  onOpenChange: (open: boolean) => void
}): ReactNode {
  const close = (): void => onOpenChange(false)
  const title = { folder: t`New folder`, rename: t`Rename the folder`, tags: t`Tags` }[question.kind]
  return (
    <DialogFrame open={open} onOpenChange={onOpenChange} title={title}>
      {question.kind === 'tags' ? (
        <Tags ids={question.ids} onDone={close} />
      ) : (
        <FolderName
          name={question.kind === 'rename' ? question.folder.name : ''}
          action={question.kind === 'rename' ? t`Rename` : t`Create`}
          onDone={close}
          save={(name) =>
            question.kind === 'rename' ? renameFolder({ ...question.folder, name }) : createFolder(name, question.ids)
          }
        />
      )}
    </DialogFrame>
  )
}

/** Runs something that may fail, and says why it did. */
function useAttempt() {
  const [error, setError] = useState<ErrorInfo | null>(null)
  const attempt = async (run: () => Promise<unknown>): Promise<boolean> => {
    try {
      await run()
      setError(null)
      return true
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
      return false
    }
  }
  return { attempt, note: error ? <ErrorNote message={error.message} /> : null }
}

function FolderName({
  name: before,
  action,
  save,
  onDone,
}: {
  name: string
  action: string
  save: (name: string) => Promise<unknown>
  onDone: () => void
}): ReactNode {
  const [name, setName] = useState(before)
  const { attempt, note } = useAttempt()
  const wanted = name.trim()
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (wanted !== '') void attempt(() => save(wanted)).then((isDone) => isDone && onDone())
      }}
    >
      <TextField
        aria-label={t`Name of the folder`}
        placeholder={t`Name`}
        maxLength={80}
        autoFocus
        value={name}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setName(event.target.value)}
      />
      {note}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={wanted === ''}>
          {action}
        </Button>
      </div>
    </form>
  )
}

/** The tags of some conversations: every tag that there is, those pressed that all of them have, and a field for another. */
function Tags({ ids, onDone }: { ids: readonly string[]; onDone: () => void }): ReactNode {
  const byId = useConversationList((state) => state.byId)
  const [text, setText] = useState('')
  const { attempt, note } = useAttempt()
  const all = tagsOf(byId)
  const has = (name: string): boolean => ids.every((id) => byId[id]?.tags?.includes(name))
  const give = (name: string): Promise<boolean> => attempt(() => tag(ids, [name], []))
  const wanted = text.trim()
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted">
        {ids.length === 1 ? (byId[ids[0]!]?.title ?? '') : t`Of ${counted(ids.length, 'conversation')}`}
      </p>
      {all.length === 0 ? null : (
        <ul aria-label={t`Tags`} className="flex max-h-48 flex-wrap gap-1.5 overflow-y-auto p-0.5">
          {all.map((name) => (
            <li key={name} className="max-w-full">
              <button
                type="button"
                aria-pressed={has(name)}
                onClick={() => void (has(name) ? attempt(() => tag(ids, [], [name])) : give(name))}
                className={cx(
                  'h-7 max-w-full truncate rounded-full border px-3',
                  has(name)
                    ? 'border-accent bg-accent-soft font-medium text-ink'
                    : 'border-control text-muted hover:bg-hover hover:text-ink',
                )}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (wanted !== '') void give(wanted).then((isDone) => isDone && setText(''))
        }}
      >
        <TextField
          aria-label={t`New tag`}
          placeholder={t`New tag`}
          maxLength={40}
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" disabled={wanted === ''}>
          {t`Add`}
        </Button>
      </form>
      {note}
      <div className="flex justify-end">
        <Button kind="primary" onClick={onDone}>
          {t`Done`}
        </Button>
      </div>
    </div>
  )
}
