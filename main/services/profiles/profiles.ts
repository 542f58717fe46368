import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, Profile, say } from '#contract'
import type { ListedProfile } from '#contract'
import { toStorageError } from '../../lib/database/index.ts'
import type { Database } from '../../lib/database/index.ts'
import { Emitter } from '../../lib/events.ts'
import { parseProfile } from './parseProfile.ts'

/** What fine-tunes expect and give: the profiles that come with the app, and the user's own. */
export interface Profiles {
  /** The user's own before those of the app, each by its name; an own one stands for the app's with the same id. */
  list(): readonly ListedProfile[]
  /** null: there is none with this id. */
  find(id: string): Profile | null
  /** Keeps a profile of the user's own, in the place of the one with its id. Throws InvalidInput with the place, StorageFailed. */
  save(json: string): Profile
  /** Removes one of the user's own. Throws NotFound, StorageFailed. */
  remove(id: string): void
  onChange(listener: () => void): () => void
}

/** The profiles that come with the app, by their names. @throws AppError StorageFailed when the app is not whole. */
export function readProfiles(resources: string): Profile[] {
  const folder = join(resources, 'profiles')
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    return byName(files.map((name) => parseProfile(readFileSync(join(folder, name), 'utf8'), name)))
  } catch (cause) {
    const message = `The app's profiles are missing or damaged (${folder}). Install Sightline again.`
    throw new AppError('StorageFailed', message, { path: folder }, { cause })
  }
}

/** The profiles of `resources` and those in `db`; one that was stored by a later version in a form that is not known is left out. */
export function createProfiles({ db, resources }: { db: Database; resources: string }): Profiles {
  const sql = {
    all: db.prepare<[], string>('SELECT profile FROM profiles').pluck(),
    put: db.prepare(
      'INSERT INTO profiles (id, profile) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET profile = excluded.profile',
    ),
    remove: db.prepare('DELETE FROM profiles WHERE id = ?'),
  }
  const changes = new Emitter<void>()
  let builtIn: Profile[] | null = null
  let own = byName(sql.all.all().flatMap((json) => Profile.safeParse(JSON.parse(json)).data ?? []))
  const ofApp = () => (builtIn ??= readProfiles(resources))
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw toStorageError(error, db.name)
    }
  }
  const list = (): ListedProfile[] => [
    ...own.map((profile) => ({ profile, isOwn: true })),
    ...ofApp()
      .filter(({ id }) => !own.some((one) => one.id === id))
      .map((profile) => ({ profile, isOwn: false })),
  ]
  return {
    list,
    find: (id) => list().find(({ profile }) => profile.id === id)?.profile ?? null,
    save(json) {
      const profile = parseProfile(json)
      guarded(() => sql.put.run(profile.id, JSON.stringify(profile)))
      own = byName([...own.filter(({ id }) => id !== profile.id), profile])
      changes.emit()
      return profile
    },
    remove(id) {
      if (!own.some((one) => one.id === id))
        throw new AppError('NotFound', say`There is no profile ${id} of your own any more.`, { id })
      guarded(() => sql.remove.run(id))
      own = own.filter((one) => one.id !== id)
      changes.emit()
    },
    onChange: (listener) => changes.on(listener),
  }
}

const byName = (profiles: readonly Profile[]): Profile[] =>
  profiles.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
