import type { Message, Variation } from '#contract'
import { Copy, Ellipsis, Network, Pencil, RotateCcw, Square, TextQuote, Trash2, Volume2 } from 'lucide-react'
import { use } from 'react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuSeparator, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { Submenu } from '../../components/primitives/Submenu.tsx'
import { ComposingContext } from '../../lib/composing.ts'
import { textOf } from '../../lib/conversation/state.ts'
import { documentParser } from '../../lib/conversation/documentParser.ts'
import { readingText } from '../../lib/conversation/readingText.ts'
import { plainAnswer } from '../../lib/grounding/index.ts'
import { readAloud, stopReading, useReadAloud } from '../../lib/readAloud.ts'
import { CopyMenuItems } from './CopyMenuItems.tsx'
import { VariationItems } from './VariationItems.tsx'
import { showMap } from './BranchMap.tsx'
import { removeMessage } from './doing.ts'
import { copyForms } from './copyForms.ts'
import { useOpenConversation, useStreamingAnswer } from './store.ts'

/** What else can be done with an answer. */
export function AnswerMenu({
  message,
  onAgain,
  onEdit,
}: {
  message: Message
  onAgain: (variation: Variation) => void
  onEdit: () => void
}): ReactNode {
  const composing = use(ComposingContext)
  const isWritten = useStreamingAnswer() !== null
  const after = useOpenConversation(({ order }) => order.length - order.indexOf(message.id) - 1)
  const hasBranches = useOpenConversation((state) => state.branched)
  const text = textOf(message)
  const isDocument = documentParser(message) !== null
  return (
    <Menu
      align="start"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label="More about this answer" title="More">
          <Ellipsis />
        </MenuTrigger>
      }
    >
      {text === '' || isDocument ? null : (
        <Submenu
          label={
            <>
              <Copy aria-hidden />
              Copy as
            </>
          }
        >
          <CopyMenuItems message={message} />
        </Submenu>
      )}
      {isWritten || !composing ? null : (
        <Submenu
          label={
            <>
              <RotateCcw aria-hidden />
              Answer again with
            </>
          }
        >
          <VariationItems message={message} onChoose={onAgain} />
        </Submenu>
      )}
      {text === '' || !composing ? null : (
        <MenuItem onSelect={() => composing.quote(selectedIn(message.id) ?? plainAnswer(readingText(message)))}>
          <TextQuote aria-hidden />
          Quote in the question
        </MenuItem>
      )}
      {text === '' ? null : <ReadAloudItem message={message} />}
      {hasBranches ? (
        <MenuItem onSelect={() => showMap(message.id)}>
          <Network aria-hidden />
          Map of branches
        </MenuItem>
      ) : null}
      {isWritten || !composing ? null : (
        <>
          <MenuSeparator />
          {isDocument ? null : (
            <MenuItem onSelect={onEdit}>
              <Pencil aria-hidden />
              Edit answer
            </MenuItem>
          )}
          <MenuItem danger onSelect={() => void removeMessage(message)}>
            <Trash2 aria-hidden />
            {after === 0
              ? 'Delete answer'
              : `Delete answer and ${after === 1 ? 'what follows' : `the ${after} that follow`}`}
          </MenuItem>
        </>
      )}
    </Menu>
  )
}

/** What is selected within a message; null: nothing, or more than that. */
function selectedIn(messageId: string): string | null {
  const selection = document.getSelection()
  const text = selection?.toString().trim() ?? ''
  const article = document.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`)
  if (text === '' || !article || !selection?.anchorNode || !selection.focusNode) return null
  return article.contains(selection.anchorNode) && article.contains(selection.focusNode) ? text : null
}

/** Has the system's voice read an answer; nothing where there is none. */
function ReadAloudItem({ message }: { message: Message }): ReactNode {
  const canRead = useReadAloud((state) => state.canRead)
  const isRead = useReadAloud((state) => state.messageId === message.id)
  if (!canRead) return null
  if (isRead)
    return (
      <MenuItem onSelect={stopReading}>
        <Square aria-hidden />
        Stop reading aloud
      </MenuItem>
    )
  return (
    <MenuItem onSelect={() => readAloud(message.id, copyForms(readingText(message), false).text)}>
      <Volume2 aria-hidden />
      Read aloud
    </MenuItem>
  )
}
