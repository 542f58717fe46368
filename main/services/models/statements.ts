import type { Database } from '../../lib/database/index.ts'
import { demoModelId } from './demo.ts'
import type { FileRow, ModelRow } from './rows.ts'

/** The SQL of the registry. */
export function statements(db: Database) {
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
        entry_quantization, added_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    addFile: db.prepare(`
      INSERT INTO model_files (model_id, path, ordinal, role, bytes, sha256, source_sha256, digest, scale)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (model_id, path) DO UPDATE SET bytes = excluded.bytes, scale = excluded.scale`),
    setFacts: db.prepare(
      'UPDATE models SET name = ?, trained_context = ?, quantization = ?, projector_quantization = ?, family = ? WHERE id = ?',
    ),
    setName: db.prepare('UPDATE models SET given_name = ? WHERE id = ?'),
    setOverrides: db.prepare('UPDATE models SET overrides = ? WHERE id = ?'),
    setOrigin: db.prepare('UPDATE models SET origin = ?, entry_id = ?, entry_quantization = ? WHERE id = ?'),
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
