import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError, ModelFamily, changedOverrides, say } from '#contract'
import type { ModelOverrides, OverridesChange } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { Emitter } from '../../lib/events.ts'
import { awayDrive } from '../../lib/files/drives.ts'
import { sha256Of } from '../../lib/files/files.ts'
import { demoFacts, demoModel, demoModelId, sizeOf } from './demo.ts'
import { toDiskError } from './files/disk.ts'
import { entryOf } from './rows.ts'
import type { FileRow, ModelRow } from './rows.ts'
import type { Called, Entry, EntryFile, ModelFacts, Origin, Work } from './types.ts'

/** The files of a new entry. */
export type NewFile = Omit<EntryFile, 'scale'> & { readonly scale?: number | null }

/** A model that is about to be kept. */
export interface NewEntry {
  readonly id: string
  readonly facts: Omit<ModelFacts, 'bytes' | 'textPaths'>
  readonly givenName: string | null
  readonly origin: Origin
  readonly files: readonly NewFile[]
}

/**
 * The rows of all models. Every change is on the disk before `onChange` tells of it. Methods that take an id throw
 * NotFound for one that is not (or no longer) there.
 */
export interface Registry {
  /** The demo model, then the others in the order in which they were added. */
  entries(): Entry[]
  entry(id: string): Entry
  /** The entry of exactly these files; null when there is none. */
  withFiles(textPath: string, projectorPath: string | null): Entry | null
  onChange(listener: () => void): () => void
  add(entry: NewEntry): void
  /** What the headers say now, of an entry whose files are the same. */
  setFacts(id: string, facts: NewEntry['facts'], files: readonly NewFile[]): void
  setName(id: string, name: string): void
  /** Changes some of what the user chose for a model; gives all of it. */
  changeOverrides(id: string, change: OverridesChange): ModelOverrides
  setOrigin(id: string, origin: Origin): void
  /** Keeps of which one file a model was taken apart. */
  setApartFrom(id: string, fingerprint: string): void
  /** The family that the user found a language model to be of, by its fingerprint; null: not asked yet. */
  familyOf(fingerprint: string): ModelFamily | null
  setFamily(fingerprint: string, family: ModelFamily): void
  setAdapter(id: string, file: NewFile): void
  removeAdapter(id: string, path: string): void
  setDigest(id: string, path: string, sha256: string | null, digest: EntryFile['digest']): void
  setUsed(id: string, conversationId: string, time: number): void
  /** Ids of the conversations in which it answered last, newest first. */
  conversations(id: string): string[]
  /** Changes paths by `moved` and whatever `also` changes, in one transaction. */
  movePaths(moved: (path: string) => string, also: () => void): void
  remove(id: string): void
}

/** Opens the registry; the demo model of `resources` is always in it. `now` gives the time in ms. */
export function createRegistry(db: Database, resources: string, now: () => number = Date.now): Registry {
  const sql = statements(db)
  const changes = new Emitter<void>()
  keepDemo(db, sql, resources)

  const full = (row: ModelRow) => entryOf(row, sql.files.all(row.id))
  const entries = () => sql.all.all().map(full)
  const entry = (id: string): Entry => {
    const row = sql.one.get(id)
    if (!row) throw new AppError('NotFound', say`This model is not in the list any more. Choose another one.`, { id })
    return full(row)
  }
  const addFile = (
    id: string,
    { path, role, bytes, sha256, sourceSha256, digest, scale = null }: NewFile,
    ordinal: number,
  ) => sql.addFile.run(id, path, ordinal, role, bytes, sha256, sourceSha256, digest, scale)
  /** Runs a change of an entry that is there, then tells of it. */
  const change = (id: string, step: () => void) => {
    db.transaction(() => {
      entry(id)
      step()
    })()
    changes.emit()
  }

  return {
    entries,
    entry,
    onChange: (listener) => changes.on(listener),
    withFiles: (textPath, projectorPath) =>
      entries().find(({ model }) => model.textPath === textPath && model.projectorPath === projectorPath) ?? null,
    add({ id, facts, givenName, origin, files }) {
      db.transaction(() => {
        const { name, trainedContext, quantization, projectorQuantization, family } = facts
        const from = [origin.label, origin.entryId, origin.quantization]
        sql.add.run(
          ...[id, name, givenName, trainedContext, quantization, projectorQuantization, family],
          ...[...from, now(), calledOf(facts)],
        )
        files.forEach((file, ordinal) => addFile(id, file, ordinal))
      })()
      changes.emit()
    },
    setFacts(id, facts, files) {
      const { name, trainedContext, quantization, projectorQuantization, family } = facts
      change(id, () => {
        sql.setFacts.run(name, trainedContext, quantization, projectorQuantization, family, calledOf(facts), id)
        const kept = entry(id).files.filter((file) => file.role === 'adapter')
        sql.removeFiles.run(id)
        for (const [ordinal, file] of [...files, ...kept].entries()) addFile(id, file, ordinal)
      })
    },
    setName: (id, name) => change(id, () => sql.setName.run(name, id)),
    changeOverrides(id, given) {
      const overrides = changedOverrides(entry(id).overrides, given)
      change(id, () => sql.setOverrides.run(JSON.stringify(overrides), id))
      return overrides
    },
    setOrigin: (id, { label, entryId, quantization }) =>
      change(id, () => sql.setOrigin.run(label, entryId, quantization, id)),
    setApartFrom: (id, fingerprint) => change(id, () => sql.setApartFrom.run(fingerprint, id)),
    familyOf: (fingerprint) =>
      ModelFamily.nullable()
        .catch(null)
        .parse(sql.family.get(fingerprint) ?? null),
    setFamily: (fingerprint, family) => void sql.setFamily.run(fingerprint, family, now()),
    setAdapter: (id, file) => change(id, () => addFile(id, file, entry(id).files.length)),
    removeAdapter: (id, path) => change(id, () => sql.removeAdapter.run(id, path)),
    setDigest: (id, path, sha256, digest) => change(id, () => sql.setDigest.run(sha256, digest, id, path)),
    setUsed(id, conversationId, time) {
      change(id, () => {
        sql.setUsed.run(time, id)
        sql.setUse.run(conversationId, id)
      })
    },
    conversations: (id) => sql.conversations.all(entry(id).model.id),
    movePaths(moved, also) {
      db.transaction(() => {
        for (const { model, files } of entries())
          for (const { path } of files) if (moved(path) !== path) sql.setPath.run(moved(path), model.id, path)
        also()
      })()
      changes.emit()
    },
    remove: (id) => change(id, () => sql.remove.run(id)),
  }
}

/** What tells what a model is a fine-tune of, as it is stored. */
const calledOf = ({ names = [], chatTemplate = null }: Partial<Called>): string =>
  JSON.stringify({ names, chatTemplate } satisfies Called)

/** The demo model's row and files as the app has them now. */
function keepDemo(db: Database, sql: ReturnType<typeof statements>, resources: string): void {
  const { textPath, projectorPath } = demoModel(resources)
  const { name, trainedContext, quantization, projectorQuantization, family } = demoFacts
  const files = [
    [textPath, 'text'],
    [projectorPath!, 'projector'],
  ] as const
  db.transaction(() => {
    sql.keepDemo.run(demoModelId, name, trainedContext, quantization, projectorQuantization, family)
    const known = sql.files.all(demoModelId).filter((file) => file.role !== 'adapter')
    const same = ([path]: (typeof files)[number], i: number) =>
      known[i]?.path === path && known[i].bytes === sizeOf(path)
    if (known.length === files.length && files.every(same)) return
    sql.removeOwnFiles.run(demoModelId)
    for (const [ordinal, [path, role]] of files.entries())
      sql.addFile.run(demoModelId, path, ordinal, role, sizeOf(path), null, null, 'unknown', null)
  })()
}

function statements(db: Database) {
  return {
    all: db.prepare<[], ModelRow>(`SELECT * FROM models ORDER BY id <> '${demoModelId}', position`),
    one: db.prepare<[string], ModelRow>('SELECT * FROM models WHERE id = ?'),
    files: db.prepare<[string], FileRow>(
      'SELECT path, role, bytes, sha256, source_sha256, digest, scale FROM model_files WHERE model_id = ? ORDER BY ordinal, path',
    ),
    keepDemo: db.prepare(`
      INSERT INTO models (id, name, trained_context, quantization, projector_quantization, family, origin)
      VALUES (?, ?, ?, ?, ?, ?, 'Sightline')
      ON CONFLICT (id) DO UPDATE SET name = excluded.name`),
    add: db.prepare(`
      INSERT INTO models (id, name, given_name, trained_context, quantization, projector_quantization, family, origin, entry_id,
        entry_quantization, added_at, called)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    addFile: db.prepare(`
      INSERT INTO model_files (model_id, path, ordinal, role, bytes, sha256, source_sha256, digest, scale)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (model_id, path) DO UPDATE SET bytes = excluded.bytes, scale = excluded.scale`),
    setFacts: db.prepare(
      'UPDATE models SET name = ?, trained_context = ?, quantization = ?, projector_quantization = ?, family = ?, called = ? WHERE id = ?',
    ),
    setName: db.prepare('UPDATE models SET given_name = ? WHERE id = ?'),
    setOverrides: db.prepare('UPDATE models SET overrides = ? WHERE id = ?'),
    setOrigin: db.prepare('UPDATE models SET origin = ?, entry_id = ?, entry_quantization = ? WHERE id = ?'),
    setApartFrom: db.prepare('UPDATE models SET apart_from = ? WHERE id = ?'),
    family: db.prepare<[string], string>('SELECT family FROM chosen_families WHERE fingerprint = ?').pluck(),
    setFamily: db.prepare(`
      INSERT INTO chosen_families (fingerprint, family, chosen_at) VALUES (?, ?, ?)
      ON CONFLICT (fingerprint) DO UPDATE SET family = excluded.family, chosen_at = excluded.chosen_at`),
    setDigest: db.prepare('UPDATE model_files SET sha256 = ?, digest = ? WHERE model_id = ? AND path = ?'),
    setPath: db.prepare('UPDATE model_files SET path = ? WHERE model_id = ? AND path = ?'),
    setUsed: db.prepare('UPDATE models SET last_used_at = ? WHERE id = ?'),
    setUse: db.prepare(`
      INSERT INTO model_uses (conversation_id, model_id) VALUES (?, ?)
      ON CONFLICT (conversation_id) DO UPDATE SET model_id = excluded.model_id`),
    conversations: db
      .prepare<[string], string>(`
        SELECT c.id FROM model_uses u JOIN conversations c ON c.id = u.conversation_id
        WHERE u.model_id = ? ORDER BY c.updated_at DESC, c.position DESC`)
      .pluck(),
    removeAdapter: db.prepare(`DELETE FROM model_files WHERE model_id = ? AND path = ? AND role = 'adapter'`),
    removeFiles: db.prepare('DELETE FROM model_files WHERE model_id = ?'),
    removeOwnFiles: db.prepare(`DELETE FROM model_files WHERE model_id = ? AND role <> 'adapter'`),
    remove: db.prepare('DELETE FROM models WHERE id = ?'),
  }
}

/**
 * Computes the digests of a model's files and compares each with its source's, else with the earlier one, which stays
 * when the file has changed. @throws AppError NotFound, ModelNotFound, StorageFailed; the signal's reason.
 */
export async function verify(registry: Registry, id: string, { onProgress, signal }: Work): Promise<void> {
  const { files } = registry.entry(id)
  const sizes = await Promise.all(files.map(presentSize))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  let done = 0
  for (const file of files) {
    const found = await sha256Of(file.path, signal, (count) => onProgress((done += count), bytes)).catch(
      (error: unknown) => Promise.reject(toDiskError(error, `Reading ${basename(file.path)}`)),
    )
    const expected = file.sourceSha256 ?? file.sha256
    const digest =
      expected !== null && expected !== found ? 'changed' : file.sourceSha256 !== null ? 'verified' : 'computed'
    registry.setDigest(id, file.path, expected ?? found, digest)
  }
}

async function presentSize({ path }: EntryFile): Promise<number> {
  const info = await stat(path).catch(() => null)
  if (info?.isFile()) return info.size
  const drive = await awayDrive(path)
  const gone = 'is not there any more. Put it back, or take the model from the list.'
  const away = `is on a drive that is not connected (${drive}). Connect it, then try again.`
  const message = `${basename(path)} ${drive === null ? gone : away}`
  throw new AppError('ModelNotFound', message, { path })
}
