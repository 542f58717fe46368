import { ModelOverrides, noOverrides } from '#contract'
import type { Model, ModelDefaults } from '#contract'
import { visionOf } from '../../lib/families/families.ts'
import { tokenPixels } from '../../lib/families/family.ts'
import { demoDefaults, demoModelId, demoNotice } from './demo.ts'
import type { Called, Entry, EntryFile } from './types.ts'

export interface ModelRow {
  readonly id: string
  readonly name: string
  readonly given_name: string | null
  readonly trained_context: number
  readonly quantization: string | null
  readonly projector_quantization: string | null
  readonly family: Entry['family']
  readonly origin: string
  readonly entry_id: string | null
  readonly entry_quantization: string | null
  readonly added_at: number
  readonly last_used_at: number | null
  readonly overrides: string | null
  readonly apart_from: string | null
  readonly called: string | null
}

export interface FileRow {
  readonly path: string
  readonly role: EntryFile['role']
  readonly bytes: number
  readonly sha256: string | null
  readonly source_sha256: string | null
  readonly digest: EntryFile['digest']
  readonly scale: number | null
}

export function entryOf(row: ModelRow, fileRows: readonly FileRow[]): Entry {
  const files = fileRows.map(fileOf)
  return {
    model: modelOf(row, files),
    quantization: row.quantization,
    projectorQuantization: row.projector_quantization,
    family: row.family,
    trainedContext: row.trained_context,
    origin: { label: row.origin, entryId: row.entry_id, quantization: row.entry_quantization },
    addedAt: row.added_at,
    lastUsedAt: row.last_used_at,
    overrides: overridesOf(row.overrides),
    apartFrom: row.apart_from,
    called: row.called === null ? null : (JSON.parse(row.called) as Called),
    files,
  }
}

function fileOf({ source_sha256: sourceSha256, ...file }: FileRow): EntryFile {
  return { ...file, sourceSha256 }
}

function modelOf(row: ModelRow, files: readonly EntryFile[]): Model {
  const isDemo = row.id === demoModelId
  const own = files.filter((file) => file.role !== 'adapter')
  return {
    id: row.id,
    name: row.given_name ?? row.name,
    notice: isDemo ? demoNotice : null,
    isDemo,
    textPath: own.find((file) => file.role === 'text')?.path ?? '',
    projectorPath: own.find((file) => file.role === 'projector')?.path ?? null,
    bytes: own.reduce((sum, file) => sum + file.bytes, 0),
    defaults: isDemo ? demoDefaults : addedDefaults(row.trained_context, row.family),
  }
}

/** Defaults of a model the user added: 256 to 1280 tokens per picture and the sampling of the Qwen2.5-VL model card. */
function addedDefaults(trainedContext: number, family: Entry['family']): ModelDefaults {
  const pixels = tokenPixels(visionOf(family ?? 'qwen2vl')) ** 2
  return {
    budget: { minPixels: 256 * pixels, maxPixels: 1280 * pixels },
    contextTokens: Math.max(256, Math.min(8192, trainedContext)),
    maxTokens: 2048,
    sampling: { temperature: 0.7, topP: 0.8, topK: 20, minP: 0, repeatPenalty: 1.05, seed: null },
  }
}

/** What was stored, choices that came later left open; none where it is damaged or no longer valid. */
function overridesOf(json: string | null): ModelOverrides {
  if (json === null) return noOverrides
  try {
    return ModelOverrides.parse({ ...noOverrides, ...(JSON.parse(json) as object) })
  } catch {
    return noOverrides
  }
}
