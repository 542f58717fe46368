import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '#contract'
import type { BenchmarkResult, PublishedSpeed } from '#contract'

const Published = z.object({
  name: z.string(),
  url: z.url(),
  environment: z.string(),
  models: z.array(
    z.object({
      model: z.string(),
      family: z.string(),
      embeddingLength: z.int(),
      rows: z.array(
        z.object({
          inputTokens: z.int(),
          quantization: z.string(),
          gpus: z.int(),
          tokensPerSecond: z.number(),
          memoryGigabytes: z.number(),
        }),
      ),
    }),
  ),
})

/** What the authors published of one model. */
export interface PublishedModel {
  readonly source: NonNullable<BenchmarkResult['published']>
  /** For an input of so many tokens; empty where they measured none. */
  speeds(inputTokens: number): PublishedSpeed[]
}

/**
 * The published figures of the model of that family and width; null where there are none.
 * @throws AppError StorageFailed when the app's own file is missing or damaged.
 */
export function publishedFigures(
  resources: string,
  family: string | null,
  embeddingLength: number,
): PublishedModel | null {
  const { name, url, environment, models } = read(join(resources, 'catalogue', 'published-speed.json'))
  const found = models.find((one) => one.family === family && one.embeddingLength === embeddingLength)
  if (!found) return null
  return {
    source: { model: found.model, name, url, environment },
    speeds: (inputTokens) =>
      found.rows
        .filter((row) => row.inputTokens === inputTokens)
        .map(({ quantization, gpus, tokensPerSecond, memoryGigabytes }) => ({
          quantization,
          gpus,
          tokensPerSecond,
          memoryBytes: memoryGigabytes * 1e9,
        })),
  }
}

function read(path: string): z.infer<typeof Published> {
  try {
    return Published.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new AppError(
      'StorageFailed',
      'The published figures that belong to the app are missing or damaged. Install Sightline again.',
      { path },
      { cause },
    )
  }
}
