import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ImportReport } from '#contract'
import { openStore } from '../../../lib/database/index.ts'
import { createConversations } from '../../../services/conversations/index.ts'
import { createMedia } from '../../../services/media/index.ts'
import type { SpawnWorker } from '../../../ports.ts'
import { openSets } from '../fileSet.ts'
import type { PickedFile } from '../fileSet.ts'
import { createExchange } from '../index.ts'
import { writeZip } from '../zip.ts'

/** Conversations and media of a data folder, with the way in and out. */
export function openBed(data: string, spawnWorker: SpawnWorker) {
  const store = openStore(data)
  const media = createMedia({
    ...{ db: store.db, folder: data, spawnWorker, filePaths: false },
    onFailure: (error) => {
      throw error
    },
    modelRoom: () => {
      throw new Error('No model is asked here.')
    },
  })
  const conversations = createConversations(store.db)
  const { attachments } = media
  const exchange = createExchange({ conversations, attachments, folder: join(data, 'exchange'), wasGiven: () => false })
  return {
    ...{ store, conversations, attachments, exchange, media },
    async import(files: readonly PickedFile[], isFolder = false): Promise<ImportReport> {
      for await (const event of exchange.importFiles(files, isFolder)) if (event.type === 'done') return event.report
      throw new Error('The import told no report.')
    },
    picture: (path: string, name: string) => attachments.store(name, Readable.from([readFileSync(path)])),
    async close(): Promise<void> {
      exchange.close()
      await media.close()
      store.close()
    },
  }
}
export type Bed = ReturnType<typeof openBed>

/** What an export holds: the names of its files, and the text of one. */
export async function unzip(
  path: string,
): Promise<{ names: readonly string[]; text: (name: string) => Promise<string> }> {
  const { sets, close } = await openSets([{ name: 'export.zip', path }], false)
  const [set] = sets
  if (!set) throw new Error('The zip is empty.')
  const texts = new Map<string, string>()
  for (const name of set.names) if (/\.(json|md|html)$/.test(name)) texts.set(name, await set.text(name))
  close()
  return { names: set.names, text: async (name) => texts.get(name) ?? '' }
}

/** A zip of texts and bytes. */
export async function zipOf(path: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<PickedFile> {
  await writeZip(
    path,
    Object.entries(files).map(([name, content]) => ({ name, content: () => Readable.from([Buffer.from(content)]) })),
  )
  return { name: path.split('/').at(-1) ?? '', path }
}

/** A file of JSON, or of text as it is. */
export function fileOf(folder: string, name: string, content: unknown): PickedFile {
  const path = join(folder, name.replaceAll('/', '_'))
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return { name, path }
}
