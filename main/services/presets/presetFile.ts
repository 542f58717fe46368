import { AppError, Preset, say } from '#contract'
import { z } from 'zod'
import { parseJson } from '../../lib/parseJson.ts'

/** What tells a file with a preset from any other JSON, and the version of its form. */
const FORMAT = 'sightline-preset'
const VERSION = 1

const Envelope = z.object({ format: z.literal(FORMAT), version: z.int() })
const PresetFile = z.strictObject({ format: z.literal(FORMAT), version: z.literal(VERSION), preset: Preset })

/**
 * Reads the preset of a file. `name`: what errors call it. @throws AppError InvalidInput: no JSON, with its place, no file with a
 * preset, or a field of it that cannot be used; NotYetSupported: of a later version.
 */
export function parsePresetFile(json: string, name: string): Preset {
  const envelope = Envelope.safeParse(parseJson(z.unknown(), json, name, 'preset'))
  if (!envelope.success)
    throw new AppError('InvalidInput', say`${name} holds no preset. Choose a file that Sightline shared one as.`)
  if (envelope.data.version > VERSION)
    throw new AppError(
      'NotYetSupported',
      say`${name} was made by a later version of Sightline. Update Sightline to use it.`,
    )
  return parseJson(PresetFile, json, name, 'preset').preset
}

/** A preset as the text of a file to share, without what it leaves as it is. */
export function presetFileText(preset: Preset): string {
  const unset: Record<string, unknown> = Preset.parse({ name: preset.name })
  const written = Object.entries(preset).filter(
    ([key, value]) => key === 'name' || JSON.stringify(value) !== JSON.stringify(unset[key]),
  )
  return `${JSON.stringify({ format: FORMAT, version: VERSION, preset: Object.fromEntries(written) }, null, 2)}\n`
}

/** What such a file is called: the preset's name as every file system takes it. */
export function presetFileName({ name }: Preset): string {
  const plain = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
  return `${plain || 'preset'}.preset.json`
}
