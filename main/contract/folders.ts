import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'

/** A folder of the conversation list. */
export const Folder = z.object({ id: Id, name: z.string().trim().min(1).max(80) })
export type Folder = z.infer<typeof Folder>

const Ids = z.array(Id).max(100_000)

export const folders = {
  /** All folders at once, in the order in which they were made, then after every change. */
  watch: oc.output(eventIterator(z.array(Folder))),
  /** Makes a folder with these conversations in it. */
  create: oc.input(z.object({ name: Folder.shape.name, ids: Ids.default([]) })).output(Folder),
  /** Throws NotFound, as the two below do. */
  rename: oc.input(Folder).output(z.void()),
  /** Removes a folder; its conversations go back to the list. */
  remove: oc.input(z.object({ id: Id })).output(z.void()),
  /** Puts conversations into a folder; null: out of theirs. */
  move: oc.input(z.object({ ids: Ids, folderId: Id.nullable() })).output(z.void()),
}
