import { AppError, BenchmarkResult, say } from '#contract'
import type { VisionSetting } from '#contract'
import type { Database } from '../../lib/database/index.ts'

/** What was measured of the models. Results go with their model. */
export interface Benchmarks {
  /** Keeps a result, in place of an earlier one of the same id. A model that has been removed meanwhile is passed over. */
  keep(result: BenchmarkResult): void
  /** Of a model, newest first. One that cannot be read any more is left out. */
  list(modelId: string): BenchmarkResult[]
  /**
   * How long its pictures took in the latest measurement that has some, by a graphics card or by the processor with this
   * setting: tokens of a picture, ms to encode it.
   */
  encodedPictures(modelId: string, vision: VisionSetting): { tokens: number; ms: number }[]
  /** @throws AppError NotFound. */
  get(id: string): BenchmarkResult
}

/** The results in `db`. */
export function createBenchmarks(db: Database): Benchmarks {
  const write = db.prepare(`
    INSERT INTO benchmarks (id, model_id, started_at, result) SELECT @id, @modelId, @startedAt, @result
    WHERE EXISTS (SELECT 1 FROM models WHERE id = @modelId)
    ON CONFLICT (id) DO UPDATE SET result = excluded.result`)
  const ofModel = db
    .prepare<[string], string>('SELECT result FROM benchmarks WHERE model_id = ? ORDER BY started_at DESC, rowid DESC')
    .pluck()
  const one = db.prepare<[string], string>('SELECT result FROM benchmarks WHERE id = ?').pluck()
  const list = (modelId: string) => ofModel.all(modelId).flatMap((stored) => read(stored) ?? [])
  return {
    keep: (result) =>
      void write.run({
        id: result.id,
        modelId: result.modelId,
        startedAt: result.startedAt,
        result: JSON.stringify(result),
      }),
    list,
    encodedPictures: (modelId, setting) =>
      list(modelId)
        .filter(({ vision = 'balanced' }) => vision === null || vision === setting)
        .map(({ rows }) =>
          rows.flatMap((row) => (row.kind === 'picture' ? [{ tokens: row.pictureTokens, ms: row.encodeMs }] : [])),
        )
        .find((pictures) => pictures.length > 0) ?? [],
    get(id) {
      const stored = one.get(id)
      const result = stored === undefined ? null : read(stored)
      if (!result) throw new AppError('NotFound', say`This measurement is no longer there. Measure again.`, { id })
      return result
    },
  }
}

function read(stored: string): BenchmarkResult | null {
  try {
    return BenchmarkResult.safeParse(JSON.parse(stored)).data ?? null
  } catch {
    return null
  }
}
