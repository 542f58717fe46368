import { useId, useState, type ReactNode } from 'react'
import { fieldClass } from '../primitives/TextField.tsx'

/** Instructions that come before every conversation; stored when the field is left. */
export function SystemPrompt({
  note = 'Instructions that come before every conversation.',
  value,
  onChange,
}: {
  note?: string
  value: string
  onChange: (text: string) => void
}): ReactNode {
  const id = useId()
  const [text, setText] = useState<string | null>(null)
  return (
    <div>
      <label htmlFor={id}>System prompt</label>
      <p className="text-muted">{note}</p>
      <textarea
        id={id}
        rows={3}
        maxLength={100_000}
        placeholder="For example: Answer briefly."
        value={text ?? value}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => {
          if (text !== null && text !== value) onChange(text)
          setText(null)
        }}
        className={`${fieldClass} mt-1.5 max-h-60 min-h-16 resize-y`}
      />
    </div>
  )
}
