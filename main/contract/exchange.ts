import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'
import { Sha256 } from './media.ts'

/**
 * The forms in which conversations are exported. `json`: all that is stored of them, in a zip with their media, to be imported again.
 * `markdown`: the shown line of each, in a zip with its media. `html`: the same as one page that needs nothing else; of several
 * conversations a zip of pages.
 */
export const ExportFormat = z.enum(['json', 'markdown', 'html'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** What was not taken over, and why, as a sentence about any number of them. `examples`: a few names that the user knows. */
export const LeftOut = z.object({ why: z.string(), count: z.int(), examples: z.array(z.string()) })
export type LeftOut = z.infer<typeof LeftOut>

/** An export that is there to be fetched: `GET <attachments><sha>`, for an hour. */
export const Exported = z.object({
  sha: Sha256,
  /** What its file is to be called. */
  name: z.string(),
  bytes: z.int(),
  conversations: z.int(),
  leftOut: z.array(LeftOut),
})
export type Exported = z.infer<typeof Exported>

/** The most files that are imported at once: those of a folder. */
export const MAX_IMPORT_FILES = 20_000

/**
 * Whether a file of a folder may belong to an import: conversations, and what they may show. Folders of programs hold models and
 * databases too, which are not read, sent or counted. Files of the system and of its zips are none.
 */
export function mayBeImported(name: string): boolean {
  if (/(^|\/)(__MACOSX\/|\.[^/]*$)/.test(name)) return false
  return /\.(jsonl?|ndjson|zip|dat|png|jpe?g|jfif|webp|gif|avif|hei[cf]|tiff?|bmp|mp4|m4v|webm|mov|mkv|avi|ldb|sqlite)$/i.test(
    name,
  )
}

/**
 * A file to be imported. `name`: its path within what was picked. Its bytes were posted before, to `<attachments>imports/<upload>`, or
 * are at `path` on this computer (only with `filePaths`).
 */
export const FileToImport = z.object({
  name: z.string().min(1).max(4096),
  upload: z.uuid().optional(),
  path: z.string().min(1).max(32_768).optional(),
})
export type FileToImport = z.infer<typeof FileToImport>

/** What came of an import. */
export const ImportReport = z.object({
  /** The programs that the files are of. */
  programs: z.array(z.string()),
  /** Those that were not here, with their titles; the first thousand. */
  imported: z.array(z.object({ id: Id, title: z.string() })),
  /** How many there were of them in all. */
  count: z.int(),
  /** Conversations that were here with all of their messages. */
  alreadyHere: z.int(),
  /** Conversations that were here and got what was new. */
  grown: z.int(),
  messages: z.int(),
  pictures: z.int(),
  leftOut: z.array(LeftOut),
})
export type ImportReport = z.infer<typeof ImportReport>

/** How far an import is, in conversations; the last event is its report. */
export const ImportEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: z.int() }),
  z.object({ type: z.literal('done'), report: ImportReport }),
])
export type ImportEvent = z.infer<typeof ImportEvent>

/** Conversations leave the app and come into it. */
export const exchange = {
  /** Writes an export; `ids` null: of all conversations. NotFound where one is gone, StorageFailed. */
  export: oc.input(z.object({ ids: z.array(Id).min(1).max(10_000).nullable(), format: ExportFormat })).output(Exported),
  /**
   * Imports what the files hold, each conversation as a whole or not at all; the uploads are gone then. Aborting it keeps the conversations
   * that were stored. InvalidInput where nothing in them is known, or what is known is damaged; NotFound for an upload that is gone.
   */
  import: oc
    .input(z.object({ files: z.array(FileToImport).min(1).max(MAX_IMPORT_FILES) }))
    .output(eventIterator(ImportEvent)),
}
