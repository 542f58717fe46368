import { useState, type ReactNode } from 'react'

/** From this length on, in characters or lines, a question is folded. */
const LONG = { characters: 1_200, lines: 16 } as const

/** The words of a question as they were typed; long ones are folded until asked for. */
export function QuestionText({ text }: { text: string }): ReactNode {
  const [whole, setWhole] = useState(false)
  const long = text.length > LONG.characters || text.split('\n').length > LONG.lines
  return (
    <div className="max-w-[min(560px,88%)] rounded-lg bg-sunken px-3.5 py-2">
      <p
        dir="auto"
        className={`text-read whitespace-pre-wrap [overflow-wrap:anywhere] ${long && !whole ? 'line-clamp-12' : ''}`}
      >
        {text}
      </p>
      {long ? (
        <button
          type="button"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
          className="mt-1 text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
        >
          {whole ? 'Show less' : 'Show all'}
        </button>
      ) : null}
    </div>
  )
}
