import { useEffect, useRef, useState, type ReactNode } from 'react'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { toAppError } from '../../../lib/errors.ts'
import { renameModel } from './store.ts'

/** A model's name being changed in its place. Enter or leaving keeps it, Escape does not. */
export function ModelName({ id, name, onDone }: { id: string; name: string; onDone: () => void }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(name)
  const [failure, setFailure] = useState<string | null>(null)
  const ended = useRef(false)
  useEffect(() => field.current?.select(), [])

  const keep = async (): Promise<void> => {
    if (ended.current) return
    ended.current = true
    const next = text.trim()
    if (next === '' || next === name) return onDone()
    try {
      await renameModel(id, next)
      onDone()
    } catch (thrown) {
      ended.current = false
      setFailure(toAppError(thrown).message)
    }
  }
  return (
    <div className="min-w-0 flex-1">
      <TextField
        ref={field}
        aria-label="Name of the model"
        aria-invalid={failure !== null}
        maxLength={120}
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
        className="h-8"
      />
      {failure ? (
        <p role="alert" className="py-1 text-small text-danger">
          {failure}
        </p>
      ) : null}
    </div>
  )
}
