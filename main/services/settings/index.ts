import { AppError, Settings, defaultSettings, say } from '#contract'
import type { Contract } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { Emitter, eventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'

export interface SettingsService {
  readonly current: Settings
  /** Calls `listener` after every change; returns how to stop. */
  onChange(listener: (settings: Settings) => void): () => void
  /** Changes the given settings and keeps the others. Throws InvalidInput when a value is out of range; nothing is changed then. */
  update(patch: Partial<Settings>): Settings
  /** Answers the window's calls about settings; `update` throws as above. */
  readonly procedures: HandlersOf<Contract>['settings']
}

type Key = keyof Settings
const keys = Object.keys(defaultSettings) as Key[]

/** The user's settings in `db`. A stored value that is damaged or no longer valid counts as its default. */
export function createSettings(db: Database): SettingsService {
  const write = db.prepare(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  const changes = new Emitter<Settings>()
  let current = read(db)

  function update(patch: Partial<Settings>): Settings {
    const checked = Settings.partial().safeParse(patch)
    if (!checked.success) {
      const issue = checked.error.issues[0]
      throw new AppError('InvalidInput', say`${issue?.path.join('.') || 'Settings'}: ${issue?.message ?? 'not valid'}`)
    }
    const changed = keys.filter((key) => checked.data[key] !== undefined)
    db.transaction(() => changed.forEach((key) => write.run(key, JSON.stringify(checked.data[key]))))()
    current = { ...current, ...Object.fromEntries(changed.map((key) => [key, checked.data[key]])) }
    changes.emit(current)
    return current
  }

  return {
    get current() {
      return current
    },
    onChange: (listener) => changes.on(listener),
    update,
    procedures: {
      watch: (_, { signal }) =>
        eventStream(
          ({ push }) => {
            push(current)
            return changes.on(push)
          },
          { signal },
        ),
      update: (patch) => update(patch),
    },
  }
}

function read(db: Database): Settings {
  const stored = new Map(
    db
      .prepare<[], { key: string; value: string }>('SELECT key, value FROM settings')
      .all()
      .map((row) => [row.key, row.value]),
  )
  const valid = keys.flatMap((key) => {
    const value = Settings.shape[key].safeParse(parse(stored.get(key)))
    return value.success ? [[key, value.data] as const] : []
  })
  return { ...defaultSettings, ...Object.fromEntries(valid) }
}

function parse(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json)
  } catch {
    return undefined
  }
}
