import { useEffect, useRef, useState, type ReactNode } from 'react'
import { TextField } from '../../components/primitives/TextField.tsx'
import { toAppError } from '../../lib/errors.ts'
import { rename } from './store.ts'

/** A conversation's title being changed in its place. Enter or leaving keeps it, Escape does not. */
export function RenameField({ id, title, onDone }: { id: string; title: string; onDone: () => void }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(title)
  const [failure, setFailure] = useState<string | null>(null)
  const ended = useRef(false)

  // The menu that opened this gives the focus back to its button first.
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      field.current?.focus()
      field.current?.select()
    })
    return () => cancelAnimationFrame(frame)
  }, [])

  const keep = async (): Promise<void> => {
    const next = text.trim()
    if (ended.current) return
    ended.current = true
    if (next === '' || next === title) return onDone()
    try {
      await rename(id, next)
      onDone()
    } catch (thrown) {
      ended.current = false
      setFailure(toAppError(thrown).message)
    }
  }
  return (
    <>
      <TextField
        ref={field}
        aria-label="Title of the conversation"
        aria-invalid={failure !== null}
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') void keep()
          if (event.key !== 'Escape') return
          event.preventDefault()
          ended.current = true
          onDone()
        }}
        className="h-8 px-[7px]"
      />
      {failure ? (
        <p role="alert" className="px-2 py-1 text-small text-danger">
          {failure}
        </p>
      ) : null}
    </>
  )
}
