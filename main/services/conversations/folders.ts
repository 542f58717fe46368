import { randomUUID } from 'node:crypto'
import { AppError } from '#contract'
import type { Contract, Folder } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { Emitter, eventStream } from '../../lib/events.ts'
import type { EventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'

/** Changes conversations together and tells of those that `change` changed. */
type ChangeAll = (ids: readonly string[], change: (id: string) => boolean) => void

/** Folders of the conversation list: a conversation is in one or in none. Methods throw NotFound for folders that are gone. */
export interface Folders {
  /** All folders, then after every change. */
  watch(signal?: AbortSignal): EventStream<Folder[]>
  /** The folder of this id; null: there is none. */
  get(id: string): Folder | null
  /** Makes a folder with these conversations in it. */
  create(name: string, ids: readonly string[]): Folder
  rename(folder: Folder): void
  remove(id: string): void
  /** Puts conversations into a folder; null: out of theirs. Those that are gone are passed over. */
  move(ids: readonly string[], folderId: string | null): void
  /** A step of the caller's transaction: has a folder that comes from elsewhere, unless it is there. */
  ensure(folder: Folder): void
  /** Tells the watchers after `ensure`. */
  tell(): void
  readonly procedures: HandlersOf<Contract>['folders']
}

/** The folders in `db`. */
export function createFolders(db: Database, changeAll: ChangeAll): Folders {
  const sql = {
    list: db.prepare<[], Folder>('SELECT id, name FROM folders ORDER BY position'),
    get: db.prepare<[string], Folder>('SELECT id, name FROM folders WHERE id = ?'),
    add: db.prepare('INSERT OR IGNORE INTO folders (id, name) VALUES (@id, @name)'),
    rename: db.prepare('UPDATE folders SET name = @name WHERE id = @id'),
    remove: db.prepare('DELETE FROM folders WHERE id = ?'),
    within: db.prepare<[string], string>('SELECT id FROM conversations WHERE folder_id = ?').pluck(),
    put: db.prepare('UPDATE conversations SET folder_id = @folderId WHERE id = @id AND folder_id IS NOT @folderId'),
  }
  const changes = new Emitter<Folder[]>()
  const tell = (): void => changes.emit(sql.list.all())
  const known = (id: string): void => {
    if (!sql.get.get(id))
      throw new AppError('NotFound', 'This folder is no longer there. It may have been removed in another window.', {
        id,
      })
  }
  const move = (ids: readonly string[], folderId: string | null): void => {
    if (folderId !== null) known(folderId)
    changeAll(ids, (id) => sql.put.run({ id, folderId }).changes > 0)
  }

  const folders: Omit<Folders, 'procedures'> = {
    watch: (signal) =>
      eventStream(
        ({ push }) => {
          push(sql.list.all())
          return changes.on(push)
        },
        { signal },
      ),
    get: (id) => sql.get.get(id) ?? null,
    create(name, ids) {
      const folder = { id: randomUUID(), name }
      sql.add.run(folder)
      tell()
      move(ids, folder.id)
      return folder
    },
    rename(folder) {
      known(folder.id)
      sql.rename.run(folder)
      tell()
    },
    remove(id) {
      known(id)
      move(sql.within.all(id), null)
      sql.remove.run(id)
      tell()
    },
    move,
    ensure: (folder) => void sql.add.run(folder),
    tell,
  }
  return {
    ...folders,
    procedures: {
      watch: (_, { signal }) => folders.watch(signal),
      create: ({ name, ids }) => folders.create(name, ids),
      rename: (folder) => folders.rename(folder),
      remove: ({ id }) => folders.remove(id),
      move: ({ ids, folderId }) => folders.move(ids, folderId),
    },
  }
}
