import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AppError, Preset, say } from '#contract'
import type { Contract, ListedPreset } from '#contract'
import { toStorageError } from '../../lib/database/index.ts'
import type { Database } from '../../lib/database/index.ts'
import { Emitter, eventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import { parsePresetFile, presetFileName, presetFileText } from './presetFile.ts'

/** Ways of asking by their names: the presets that come with the app, and the user's own. */
export interface PresetsService {
  /** The user's own before those of the app, each by its name. */
  list(): readonly ListedPreset[]
  /** Answers the window's calls about presets. They throw as the contract says, and StorageFailed. */
  readonly procedures: HandlersOf<Contract>['presets']
}

interface PresetsParts {
  readonly db: Database
  readonly resources: string
  /** Why no answer can be held to a JSON schema; null: one can. */
  readonly checkFormat: (schema: string) => string | null
}

/** The presets that come with the app, by their names. @throws AppError StorageFailed when the app is not whole. */
export function readPresets(resources: string): ListedPreset[] {
  const folder = join(resources, 'presets')
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    return byName(
      files.map((name) => ({
        id: basename(name, '.json'),
        preset: parsePresetFile(readFileSync(join(folder, name), 'utf8'), name),
        isOwn: false,
      })),
    )
  } catch (cause) {
    const message = `The app's presets are missing or damaged (${folder}). Install Sightline again.`
    throw new AppError('StorageFailed', message, { path: folder }, { cause })
  }
}

/** The presets of `resources` and those in `db`; one that was stored by a later version in a form that is not known is left out. */
export function createPresets({ db, resources, checkFormat }: PresetsParts): PresetsService {
  const sql = {
    all: db.prepare<[], { id: string; preset: string }>('SELECT id, preset FROM presets'),
    put: db.prepare(
      'INSERT INTO presets (id, preset) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET preset = excluded.preset',
    ),
    remove: db.prepare('DELETE FROM presets WHERE id = ?'),
  }
  const changes = new Emitter<void>()
  let builtIn: readonly ListedPreset[] | null = null
  let own: readonly ListedPreset[] = byName(
    sql.all.all().flatMap(({ id, preset }) => {
      const read = Preset.safeParse(JSON.parse(preset))
      return read.success ? [{ id, preset: read.data, isOwn: true }] : []
    }),
  )
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw toStorageError(error, db.name)
    }
  }
  const list = () => [...own, ...(builtIn ??= readPresets(resources))]
  const find = (id: string, among = list()): ListedPreset => {
    const found = among.find((one) => one.id === id)
    if (found) return found
    throw new AppError(
      'NotFound',
      say`This preset is not there any more. It may have been deleted in another window.`,
      {
        id,
      },
    )
  }
  const isTaken = (name: string, but?: string): boolean =>
    list().some((one) => one.id !== but && one.preset.name.toLowerCase() === name.toLowerCase())
  const freeName = (name: string): string => {
    for (let n = 2, free = name; ; n++) {
      if (!isTaken(free)) return free
      const end = ` ${n}`
      free = `${name.slice(0, 80 - end.length)}${end}`
    }
  }
  const usable = (preset: Preset, what: string): Preset => {
    const problem = preset.format && checkFormat(preset.format.schema)
    if (problem) throw new AppError('InvalidInput', say`${what} cannot be used, at its answer format: ${problem}`)
    return preset
  }
  const keep = (id: string, preset: Preset): ListedPreset => {
    guarded(() => sql.put.run(id, JSON.stringify(preset)))
    const kept = { id, preset, isOwn: true }
    own = byName([...own.filter((one) => one.id !== id), kept])
    changes.emit()
    return kept
  }
  const keepNamed = (id: string, preset: Preset): ListedPreset => {
    if (isTaken(preset.name, id))
      throw new AppError('InvalidInput', say`There is a preset “${preset.name}” already. Choose another name.`)
    return keep(id, usable(preset, 'The preset'))
  }

  return {
    list,
    procedures: {
      watch: (_, { signal }) =>
        eventStream<ListedPreset[]>(
          ({ push }) => {
            push(list())
            return changes.on(() => push(list()))
          },
          { signal, coalesce: (_, next) => next },
        ),
      create: ({ preset }) => keepNamed(randomUUID(), preset),
      update: ({ id, preset }) => keepNamed(find(id, [...own]).id, preset),
      duplicate({ id }) {
        const { preset } = find(id)
        return keep(randomUUID(), { ...preset, name: freeName(preset.name) })
      },
      remove({ id }) {
        find(id, [...own])
        guarded(() => sql.remove.run(id))
        own = own.filter((one) => one.id !== id)
        changes.emit()
      },
      export({ id }) {
        const { preset } = find(id)
        return { name: presetFileName(preset), json: presetFileText(preset) }
      },
      import({ name, json }) {
        const preset = usable(parsePresetFile(json, name), name)
        return keep(randomUUID(), { ...preset, name: freeName(preset.name) })
      },
    },
  }
}

const byName = (presets: readonly ListedPreset[]): ListedPreset[] =>
  presets.toSorted((a, b) => a.preset.name.localeCompare(b.preset.name, 'en', { numeric: true }))
