import { t } from '@lingui/core/macro'
import { useEffect, useEffectEvent, useLayoutEffect } from 'react'
import type { ReactNode, RefObject } from 'react'
import type { ListedPreset } from '#contract'
import { PickListBox, usePickList } from '../../../components/primitives/PickList.tsx'
import { fuzzyFilter } from '../../../lib/fuzzy.ts'
import { usePresets } from '../../../lib/presets.ts'
import { setText } from '../actions.ts'
import { choosePreset } from './choosePreset.ts'

const nothing: readonly ListedPreset[] = []

/**
 * Lists the presets that `command` fits, above the question, while it fits some; the one that is picked takes its place in `text`. The field
 * is a combobox for that long: its keys go through the list first.
 */
export function SlashMenu({
  conversationId,
  text,
  command,
  field,
  onClose,
}: {
  conversationId: string | null
  text: string
  /** As `useSlashCommand` tells it. */
  command: string | null
  field: RefObject<HTMLTextAreaElement | null>
  onClose: () => void
}): ReactNode {
  const presets = usePresets((state) => state.presets)
  const query = command?.slice(1) ?? ''
  const found = command === null ? nothing : fuzzyFilter(query, presets, ({ preset }) => preset.name)
  const onPick = (index: number): void => {
    const picked = found[index]
    if (!picked || command === null) return
    onClose()
    setText(conversationId, text.slice(command.length).trimStart())
    choosePreset(conversationId, picked.preset)
  }
  const pick = usePickList(query, found.length, onPick)
  const isOpen = found.length > 0

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      onClose()
    } else if (!pick.onKeyDown(event)) return
    // neither the question nor the window is meant
    event.stopPropagation()
  })
  useEffect(() => {
    const element = field.current
    if (!isOpen || !element) return
    const listen = (event: KeyboardEvent): void => onKey(event)
    element.addEventListener('keydown', listen)
    return () => element.removeEventListener('keydown', listen)
  }, [isOpen, field])

  useLayoutEffect(() => {
    const element = field.current
    if (!isOpen || !element) return
    const attributes = Object.entries(pick.fieldProps)
    for (const [name, value] of attributes) element.setAttribute(name, String(value))
    return () => {
      for (const [name] of attributes) element.removeAttribute(name)
    }
  })

  if (!isOpen) return null
  return (
    <div className="float-motion absolute inset-x-0 bottom-full z-10 mb-1 overflow-hidden rounded-lg border border-hairline bg-raised shadow-float">
      <PickListBox
        pick={pick}
        label={t`Presets`}
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
  )
}
