import type { Message } from '#contract'
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { textOf } from '../../lib/conversation/state.ts'
import { toAppError } from '../../lib/errors.ts'
import { shortcut } from '../../lib/platform.ts'
import { editAnswer } from './doing.ts'

/** An answer's text to be written anew, in its place; what is saved is a version of it. */
export function AnswerEditor({ message, onEnd }: { message: Message; onEnd: () => void }): ReactNode {
  const before = textOf(message)
  const [text, setText] = useState(before)
  const [error, setError] = useState<string | null>(null)
  const [saving, setSaving] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), [])
  const canSave = !saving && text.trim() !== '' && text !== before
  const save = async (): Promise<void> => {
    if (!canSave) return
    setSaving(true)
    setError(null)
    try {
      await editAnswer(message, text)
      onEnd()
    } catch (thrown) {
      setSaving(false)
      setError(toAppError(thrown).message)
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') {
      event.preventDefault()
      onEnd()
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      void save()
    }
  }
  return (
    <form
      aria-label="Edit the answer"
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <textarea
        ref={field}
        dir="auto"
        aria-label="Answer text"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-[60vh] min-h-24 w-full resize-y rounded-lg border border-control bg-raised px-3 py-2 text-read outline-none focus:border-accent"
      />
      {error ? <ErrorNote message={error} /> : null}
      <div className="flex flex-wrap items-center gap-2">
        <Button kind="primary" type="submit" disabled={!canSave} title={shortcut('Enter')}>
          Save as a new version
        </Button>
        <Button onClick={onEnd}>Cancel</Button>
        <p className="text-small text-muted">The answer as it is stays.</p>
      </div>
    </form>
  )
}
