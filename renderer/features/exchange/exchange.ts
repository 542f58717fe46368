import { t } from '@lingui/core/macro'
import { AppError, MAX_IMPORT_FILES, mayBeImported } from '#contract'
import type { ExportFormat, Exported, FileToImport, ImportReport } from '#contract'
import { saveFile } from '../../lib/copyAndSave.ts'
import { connectionLost } from '../../lib/errors.ts'
import { pictureUrl, whenHost } from '../../lib/host.ts'
import { call } from '../../lib/rpc.ts'
import { sendBytes } from '../../lib/upload.ts'
import { count } from '../../lib/format.ts'

/** Writes conversations to a file and saves it; `ids` null: all of them. Throws what the core says. */
export async function saveExport(
  ids: readonly string[] | null,
  format: ExportFormat,
  signal: AbortSignal,
): Promise<Exported> {
  const exported = await call((core) => core.exchange.export({ ids: ids && [...ids], format }, { signal }))
  const response = await fetch(pictureUrl(await whenHost(), exported.sha) ?? '', { signal })
  if (!response.ok) throw new AppError('StorageFailed', t`The export could not be fetched. Try again.`)
  saveFile(exported.name, await response.blob())
  return exported
}

/** How far an import is: files that were sent of all, then conversations that were read. */
export interface ImportProgress {
  readonly sent: number
  readonly files: number
  readonly conversations: number
}

/** So many files are sent at once. */
const AT_ONCE = 4

/** The path of a file within what was picked. */
const nameOf = (file: File): string => file.webkitRelativePath || file.name

/** Gives files to the core and has it import what they hold. Throws what the core says. */
export async function importFiles(
  picked: readonly File[],
  signal: AbortSignal,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportReport> {
  // of a folder, which may hold models too, what can belong to conversations
  const files = picked.filter((file) => file.webkitRelativePath === '' || mayBeImported(file.webkitRelativePath))
  if (files.length > MAX_IMPORT_FILES)
    throw new AppError('InvalidInput', t`These are more than ${count(MAX_IMPORT_FILES)} files. Import parts of them.`)
  if (files.length === 0)
    throw new AppError('InvalidInput', t`There are no conversations in this folder. Pick another one.`)
  const host = await whenHost()
  const given = new Array<FileToImport>(files.length)
  let sent = 0
  let next = 0
  const send = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      const file = files[i]
      if (!file) return
      signal.throwIfAborted()
      const name = nameOf(file)
      const path = host.capabilities.filePaths ? await window.sightlineBridge?.pathOf(file) : undefined
      if (path) given[i] = { name, path }
      else {
        const upload = crypto.randomUUID()
        // read by the browser as it goes; without a type the body needs no preflight
        await sendBytes(`${host.attachments}imports/${upload}`, file.slice(), signal)
        given[i] = { name, upload }
      }
      onProgress({ sent: ++sent, files: files.length, conversations: 0 })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  return call(async (core) => {
    for await (const event of await core.exchange.import({ files: given }, { signal })) {
      if (event.type === 'done') return event.report
      onProgress({ sent, files: files.length, conversations: event.done })
    }
    throw connectionLost()
  })
}
