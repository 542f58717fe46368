import { t } from '@lingui/core/macro'
import { AppError, MAX_PRESET_FILE, Preset } from '#contract'
import type { ListedPreset } from '#contract'
import { saveFile } from '../../lib/copyAndSave.ts'
import { toAppError } from '../../lib/errors.ts'
import { savePreset } from '../../lib/presets.ts'
import { call } from '../../lib/rpc.ts'
import { variablesIn } from '../../lib/variables.ts'

/** A preset that is being changed; `id`: the one of the user's own that it was; null: a new one. */
export interface Edited {
  readonly id: string | null
  readonly preset: Preset
}

/** A preset that says nothing yet. */
export const newPreset = (): Edited => ({ id: null, preset: { ...Preset.parse({ name: t`New preset` }), name: '' } })

/** Keeps what was changed, without values of variables that its texts no longer have. */
export const keep = ({ id, preset }: Edited): Promise<ListedPreset> => {
  const names = new Set(variablesIn(preset.prompt, preset.systemPrompt))
  const values = Object.entries(preset.values).filter(([name, value]) => names.has(name) && value !== '')
  return savePreset(id, { ...preset, name: preset.name.trim(), values: Object.fromEntries(values) })
}

/** Keeps a copy as one of the user's own. */
export const duplicate = (id: string): Promise<ListedPreset> => call((core) => core.presets.duplicate({ id }))

/** Removes one of the user's own. */
export const remove = (id: string): Promise<void> => call((core) => core.presets.remove({ id }))

/** Saves a preset as a file to share. */
export async function share(id: string): Promise<void> {
  const { name, json } = await call((core) => core.presets.export({ id }))
  saveFile(name, new Blob([json], { type: 'application/json' }))
}

/** Keeps the presets of files that were shared; what is wrong with the others is told for each. */
export async function importFiles(
  files: readonly File[],
): Promise<{ readonly imported: readonly string[]; readonly refused: readonly string[] }> {
  const imported: string[] = []
  const refused: string[] = []
  for (const file of files) {
    try {
      imported.push(await importFile(file))
    } catch (thrown) {
      refused.push(toAppError(thrown).message)
    }
  }
  return { imported, refused }
}

async function importFile(file: File): Promise<string> {
  // of UTF-8, a character takes at least one byte
  const json = file.size > 4 * MAX_PRESET_FILE ? null : await file.text()
  if (json === null || json.length > MAX_PRESET_FILE)
    throw new AppError(
      'InvalidInput',
      t`${file.name} is too large for a preset. Choose a file that Sightline shared one as.`,
    )
  const { preset } = await call((core) => core.presets.import({ name: file.name.slice(0, 255), json }))
  return preset.name
}
