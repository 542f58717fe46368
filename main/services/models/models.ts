import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { AppError } from '#contract'
import type { Model, ModelDefaults } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { demoModel, demoModelId } from './demo.ts'

/** Reads and checks a pair of files; throws what loading them would throw. */
export type InspectModel = (files: { textPath: string; projectorPath: string | null }) => Promise<{ name: string; trainedContext: number; bytes: number }>

/** Where the id of the chosen model is kept; null: the demo model. */
export interface ModelChoice {
  get(): string | null
  set(id: string | null): void
}

export interface Models {
  /** The demo model, then those the user added, in that order. */
  list(): Model[]
  /** The chosen model; the demo model when none was chosen or the chosen one is not known any more. */
  current(): Model
  /** Checks both files, remembers the pair (once) and chooses it. Throws what `inspect` throws; nothing is changed then. */
  add(files: { textPath: string; projectorPath: string | null }): Promise<Model>
  /** Throws NotFound. */
  choose(id: string): Model
  /** Forgets an added model; its files stay. Throws NotFound, and InvalidInput for the demo model. */
  remove(id: string): void
}

interface Row {
  readonly id: string
  readonly name: string
  readonly text_path: string
  readonly projector_path: string | null
  readonly bytes: number
  readonly trained_context: number
}

/** Defaults of a model the user added: 256 to 1280 tokens per picture and the sampling of the Qwen2.5-VL model card. */
function addedDefaults(trainedContext: number): ModelDefaults {
  return {
    budget: { minPixels: 256 * 28 * 28, maxPixels: 1280 * 28 * 28 },
    contextTokens: Math.max(256, Math.min(8192, trainedContext)),
    maxTokens: 2048,
    sampling: { temperature: 0.7, topP: 0.8, topK: 20, minP: 0, repeatPenalty: 1.05, seed: null },
  }
}

/** The models this app knows: the demo model of `resources` and the pairs of files in `db`. */
export function createModels(options: { db: Database; resources: string; choice: ModelChoice; inspect: InspectModel }): Models {
  const { db, choice, inspect } = options
  const demo = demoModel(options.resources)
  const all = db.prepare<[], Row>('SELECT * FROM models ORDER BY position')
  const insert = db.prepare(`
    INSERT INTO models (id, name, text_path, projector_path, bytes, trained_context) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, bytes = excluded.bytes, trained_context = excluded.trained_context`)
  const forget = db.prepare('DELETE FROM models WHERE id = ?')

  const list = () => [demo, ...all.all().map(modelOf)]
  const find = (id: string): Model => {
    const model = list().find((candidate) => candidate.id === id)
    if (!model) throw new AppError('NotFound', 'This model is not in the list any more. Choose another one.', { id })
    return model
  }
  const choose = (id: string): Model => {
    const model = find(id)
    choice.set(id === demoModelId ? null : id)
    return model
  }

  return {
    list,
    choose,
    current: () => list().find((model) => model.id === choice.get()) ?? demo,
    async add(files) {
      const textPath = resolve(files.textPath)
      const projectorPath = files.projectorPath === null ? null : resolve(files.projectorPath)
      if (textPath === demo.textPath && projectorPath === demo.projectorPath) return choose(demoModelId)
      const { name, bytes, trainedContext } = await inspect({ textPath, projectorPath })
      const id = createHash('sha256').update(JSON.stringify([textPath, projectorPath])).digest('hex').slice(0, 16)
      insert.run(id, name, textPath, projectorPath, bytes, trainedContext)
      return choose(id)
    },
    remove(id) {
      if (id === demoModelId) throw new AppError('InvalidInput', 'The demo model is part of the app and cannot be removed.')
      find(id)
      forget.run(id)
      if (choice.get() === id) choice.set(null)
    },
  }
}

function modelOf(row: Row): Model {
  return {
    id: row.id,
    name: row.name,
    notice: null,
    isDemo: false,
    textPath: row.text_path,
    projectorPath: row.projector_path,
    bytes: row.bytes,
    defaults: addedDefaults(row.trained_context),
  }
}
