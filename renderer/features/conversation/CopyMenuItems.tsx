import type { Message } from '#contract'
import { useMemo } from 'react'
import type { ReactNode } from 'react'
import { annotatedPicture } from '../../components/marks/annotatedPicture.ts'
import { MenuItem } from '../../components/primitives/Menu.tsx'
import { textOf } from '../../lib/conversation/state.ts'
import { copyToClipboard } from '../../lib/copyAndSave.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { copyForms } from './copyForms.ts'
import { groundAnswer, mediaSeen } from './grounded.ts'
import { useMediaBefore } from './mediaBefore.ts'
import { useOpenConversation } from './store.ts'

/** The forms in which an answer is copied: its words, its tables, the picture on which it names places. */
export function CopyMenuItems({ message }: { message: Message }): ReactNode {
  const host = useHost((state) => state.host)
  const isJson = useOpenConversation(({ messages }) => (messages[message.parentId ?? '']?.format ?? null) !== null)
  const text = textOf(message)
  const { markdown, text: words, tables } = useMemo(() => copyForms(text, isJson), [text, isJson])
  const before = useMediaBefore(message, (message.seen?.media.length ?? 0) > 0)
  const [marked] = useMemo(
    () => groundAnswer(text, message, mediaSeen(before, message)).pictures,
    [text, message, before],
  )
  const plain = (written: string): Record<string, Blob> => ({
    'text/plain': new Blob([written], { type: 'text/plain' }),
  })
  const copyPicture = (): void => {
    if (!marked) return
    const { attachment, views, marks } = marked
    const drawn = annotatedPicture(pictureUrl(host, attachment.sha) ?? '', views.original, marks)
    copyToClipboard({ 'image/png': drawn }, 'The picture was copied')
  }
  return (
    <>
      <MenuItem onSelect={() => copyToClipboard(plain(markdown))}>{isJson ? 'JSON' : 'Markdown'}</MenuItem>
      {isJson ? null : <MenuItem onSelect={() => copyToClipboard(plain(words))}>Plain text</MenuItem>}
      {tables ? (
        <>
          <MenuItem
            onSelect={() =>
              copyToClipboard({ ...plain(tables.html), 'text/html': new Blob([tables.html], { type: 'text/html' }) })
            }
          >
            Table as HTML
          </MenuItem>
          <MenuItem onSelect={() => copyToClipboard(plain(tables.csv))}>Table as CSV</MenuItem>
        </>
      ) : null}
      {marked ? <MenuItem onSelect={copyPicture}>Picture with its marks</MenuItem> : null}
    </>
  )
}
