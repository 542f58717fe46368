import { basename } from 'node:path'
import type { Contract, Profile, ProfilesState } from '#contract'
import { eventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Chosen, Models } from '../../services/models/index.ts'
import { checkProfile, recognise } from '../../services/profiles/index.ts'
import type { Facts, Profiles } from '../../services/profiles/index.ts'

/** Which profile a model is asked with. */
export interface ChooseProfile {
  /** The profile of a model as the user chose it, else the one that it is recognised by; null: none, as of raw prompts. */
  of(chosen: Chosen): Profile | null
  /** Answers the window's calls about profiles. They throw as `Profiles` says. */
  readonly procedures: HandlersOf<Contract>['profiles']
}

/** Profiles for the models of the library. */
export function createChooseProfile({
  profiles,
  models,
}: {
  profiles: Profiles
  models: Pick<Models, 'all' | 'registry'>
}): ChooseProfile {
  const all = () => profiles.list().map(({ profile }) => profile)
  const told = (chosen: Chosen): { profile: Profile; why: string } | null => {
    const { model, overrides } = chosen
    if (model.isDemo || overrides.rawPrompt || overrides.profileId === 'none') return null
    const profile = overrides.profileId === null ? null : profiles.find(overrides.profileId)
    if (profile) return { profile, why: 'Chosen for this model.' }
    const found = recognise(all(), factsOf(chosen))
    return found && { profile: found.profile, why: `Known by ${found.by}.` }
  }
  const state = (): ProfilesState => ({
    profiles: [...profiles.list()],
    used: Object.fromEntries(
      models.all().map((chosen) => {
        const used = told(chosen)
        return [chosen.model.id, used && { id: used.profile.id, why: used.why }]
      }),
    ),
  })
  return {
    of: (chosen) => told(chosen)?.profile ?? null,
    procedures: {
      watch: (_, { signal }) =>
        eventStream<ProfilesState>(
          ({ push }) => {
            const tell = () => push(state())
            tell()
            const offs = [models.registry.onChange(tell), profiles.onChange(tell)]
            return () => offs.forEach((off) => off())
          },
          { signal, coalesce: (_, next) => next },
        ),
      check: ({ json }) => checkProfile(json),
      save: ({ json }) => profiles.save(json),
      remove: ({ id }) => profiles.remove(id),
    },
  }
}

/** What tells what a model is a fine-tune of; `name`s of its header before where it came from, and that before what it was made from. */
export function factsOf({ model, called }: Pick<Chosen, 'called'> & { model: { textPath: string } }): Facts {
  const isBase = ({ of }: { of: string }) => of.includes('base_model')
  const words = ({ of, text }: { of: string; text: string }) => ({
    of: isBase({ of }) ? 'the model that it was made from,' : 'its name,',
    text,
  })
  return {
    names: [
      ...called.names.filter((name) => !isBase(name)).map(words),
      { of: 'where it came from,', text: called.origin },
      { of: "its file's name,", text: basename(model.textPath) },
      ...called.names.filter(isBase).map(words),
    ],
    chatTemplate: called.chatTemplate,
  }
}
