import { useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import type { ListedPreset } from '#contract'
import { PickListBox, usePickList } from '../../../components/primitives/PickList.tsx'
import type { PickList } from '../../../components/primitives/PickList.tsx'
import { fuzzyFilter } from '../../../lib/fuzzy.ts'
import { usePresets } from '../../../lib/presets.ts'
import { setText } from '../actions.ts'
import { choosePreset } from './choosing.ts'

/** The menu that `/` at the start of a question opens. */
interface SlashMenu {
  /** What the field has to say of the menu; empty while it is closed. */
  readonly fieldProps: Partial<PickList['fieldProps']>
  /** To be told what was typed, and where the caret is then. */
  readonly onTyped: (field: HTMLTextAreaElement) => void
  /** Takes the keys that are for the menu; returns whether it took this one. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean
  readonly menu: ReactNode
}

const nothing: readonly ListedPreset[] = []

/**
 * Lists presets by name while a question begins with `/` and what is typed behind it fits some; what is picked takes the place of
 * what was typed. It opens by typing alone: a text that was there before, or pasted behind, is a question like any other.
 */
export function useSlashMenu(conversationId: string | null, text: string): SlashMenu {
  const presets = usePresets((state) => state.presets)
  const [typed, setTyped] = useState<{ readonly text: string; readonly caret: number } | null>(null)
  const command = typed?.text === text ? (/^\/([^\n]*)$/.exec(text.slice(0, typed.caret)) ?? null) : null
  const query = command?.[1] ?? null
  const found = query === null ? nothing : fuzzyFilter(query, presets, ({ preset }) => preset.name)
  const onPick = (index: number): void => {
    const picked = found[index]
    if (!picked || !command) return
    setTyped(null)
    setText(conversationId, text.slice(command[0].length).trimStart())
    choosePreset(conversationId, picked.preset)
  }
  const pick = usePickList(query ?? '', found.length, onPick)
  const isOpen = found.length > 0
  return {
    fieldProps: isOpen ? pick.fieldProps : {},
    onTyped: (field) => setTyped({ text: field.value, caret: field.selectionStart }),
    onKeyDown(event) {
      if (!isOpen) return false
      if (event.key !== 'Escape') return pick.onKeyDown(event)
      event.preventDefault()
      setTyped(null)
      return true
    },
    menu: isOpen ? (
      <div className="float-motion absolute inset-x-0 bottom-full z-10 mb-1 overflow-hidden rounded-lg border border-hairline bg-raised shadow-float">
        <PickListBox
          pick={pick}
          label="Presets"
          items={found}
          keyOf={({ id }) => id}
          onPick={onPick}
          className="max-h-72"
          render={({ preset }) => (
            <>
              <span className="shrink-0">{preset.name}</span>
              <span className="min-w-0 truncate text-small text-muted">{preset.about}</span>
            </>
          )}
        />
      </div>
    ) : null,
  }
}
