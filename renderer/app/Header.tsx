import { useEffect, type ReactNode } from 'react'
import { useTitle } from '../features/conversationList/index.ts'
import { ModelChip } from '../features/engine/index.ts'
import { chooseModel, useOtherModels } from '../features/models/index.ts'
import { ContextMeter, useOpenConversation } from '../features/conversation/index.ts'
import { announce } from '../lib/announce.ts'
import { toAppError } from '../lib/errors.ts'

/** The line above the conversation: its title, the context it uses, and the model. */
export function Header({
  conversationId,
  toggle,
  onModels,
}: {
  conversationId: string | null
  toggle: ReactNode
  onModels: () => void
}): ReactNode {
  const listed = useTitle(conversationId)
  const read = useOpenConversation((state) => (state.id === conversationId ? state.conversation?.title : undefined))
  const others = useOtherModels()
  const title = conversationId === null ? 'New conversation' : (listed ?? read ?? '')

  const choose = (id: string): void => {
    chooseModel(id).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }

  useEffect(() => {
    document.title = conversationId === null || title === '' ? 'Sightline' : `${title} · Sightline`
  }, [conversationId, title])

  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-hairline pr-2 pl-4 has-[>button:first-child]:pl-2">
      {toggle}
      <h1 className="min-w-0 flex-1 truncate font-medium" title={title}>
        {title}
      </h1>
      {conversationId === null ? null : <ContextMeter />}
      <ModelChip others={others} onSwitch={choose} onModels={onModels} />
    </header>
  )
}
