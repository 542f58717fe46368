import { basename } from 'node:path'
import type { ChatMessage, Headless } from '../headless.ts'

/**
 * Writes what a user must know of the pictures of `messages` to standard error, one line each: that a part is missing, that
 * there are more pictures in the file. What cannot be read is left to the answer, which says why.
 */
export async function tellNotes(messages: readonly ChatMessage[], media: Headless['media']): Promise<void> {
  const sources = messages.flatMap(({ content }) => content.flatMap((part) => (part.type === 'image' ? [part.source] : [])))
  const paths = new Set(sources.flatMap((source) => ('path' in source ? [source.path] : [])))
  await Promise.all(
    [...paths].map(async (path) => {
      const name = basename(path)
      for (const note of await media.notes(path, name).catch(() => [])) process.stderr.write(`${name}: ${note}\n`)
    }),
  )
}
