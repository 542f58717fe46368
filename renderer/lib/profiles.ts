import { Profile } from '#contract'
import type { ListedProfile, ProfileCheck, ProfileJob, ProfilesState, UsedProfile } from '#contract'
import { create } from 'zustand'
import { createChosen } from './chosenIn.ts'
import { useEngine } from './engine.ts'
import { follow } from './follow.ts'
import { call, connection } from './rpc.ts'

/** The profiles and which of them each model is asked with, as the core has them. */
export const useProfiles = create<ProfilesState>(() => ({ profiles: [], used: {} }))

/** Keeps the profiles up to date until `signal` aborts. */
export const followProfiles = (signal: AbortSignal): Promise<void> =>
  follow<ProfilesState>({
    connection,
    signal,
    subscribe: (core, round) => core.profiles.watch(undefined, { signal: round }),
    onEvent: (state) => useProfiles.setState(state),
  })

const profileOf = ({ profiles, used }: ProfilesState, modelId: string | null): Profile | null => {
  const id = modelId === null ? undefined : used[modelId]?.id
  return profiles.find(({ profile }) => profile.id === id)?.profile ?? null
}

/** The profile that the current model is asked with, as it changes; null: none. */
export function useCurrentProfile(): Profile | null {
  const modelId = useEngine(({ status }) => status?.modelId ?? null)
  return useProfiles((state) => profileOf(state, modelId))
}

/** The profile that a model is asked with and what told it, as it changes; null: none. */
export function useProfileOf(
  modelId: string,
): { readonly profile: Profile; readonly used: NonNullable<UsedProfile> } | null {
  const used = useProfiles((state) => state.used[modelId] ?? null)
  const profile = useProfiles((state) => profileOf(state, modelId))
  return used && profile && { used, profile }
}

/** What is wrong with the text of a profile. */
export const checkProfile = (json: string, signal: AbortSignal): Promise<ProfileCheck> =>
  call((core) => core.profiles.check({ json }, { signal }))

/** Keeps a profile of the user's own. */
export const saveProfile = (json: string): Promise<Profile> => call((core) => core.profiles.save({ json }))

/** Removes a profile of the user's own. */
export const removeProfile = (id: string): Promise<void> => call((core) => core.profiles.remove({ id }))

/** A profile as somebody writes it: without what it leaves as it is. */
export function profileText(profile: Profile): string {
  const { id, name } = profile
  const unset = new Map(Object.entries(Profile.parse({ id, name })).map(([key, value]) => [key, JSON.stringify(value)]))
  const written = Object.entries(profile).filter(
    ([key, value]) => key === 'id' || key === 'name' || JSON.stringify(value) !== unset.get(key),
  )
  return JSON.stringify(Object.fromEntries(written), null, 2)
}

/** A profile of the app as a new one of the user's own, with an id that is not taken. */
export function copyOf(profile: Profile, taken: readonly ListedProfile[]): string {
  const isFree = (id: string): boolean => taken.every((one) => one.profile.id !== id)
  const id = Array.from({ length: taken.length + 1 }, (_, i) => `${profile.id}-own${i === 0 ? '' : i + 1}`).find(isFree)
  return profileText({ ...profile, id: id!, name: `${profile.name} (own)` })
}

/** The job that each conversation asks for, by its id. */
const chosenJob = createChosen<string>()

/** The job that a conversation asks for, of the current model's profile, as it changes; null: none. */
export function useJob(conversationId: string | null): ProfileJob | null {
  const id = chosenJob.useIn(conversationId)
  return useCurrentProfile()?.jobs.find((job) => job.id === id) ?? null
}

/** The job that is kept with a conversation's draft, whatever the current model is; unset: none. */
export function savedJob(conversationId: string | null): { job?: string } {
  const id = chosenJob.in(conversationId)
  return id === null ? {} : { job: id }
}

/** What a question of a conversation says of jobs: the one that was chosen, where the current model's profile has it. */
export function jobIn(conversationId: string | null): { job?: string } {
  const { job } = savedJob(conversationId)
  const profile = profileOf(useProfiles.getState(), useEngine.getState().status?.modelId ?? null)
  return job !== undefined && profile?.jobs.some(({ id }) => id === job) ? { job } : {}
}

/** Chooses the job that a conversation asks for from the next question on; null: none. */
export const setJob = (conversationId: string | null, id: string | null): void => void chosenJob.set(conversationId, id)

/** Tells of every conversation whose job changes; null: the one that the next question starts. */
export const onJob = chosenJob.onChange

/** A new conversation has been started: what was chosen for it is its own from now on, and the next one begins without. */
export const keepJob = chosenJob.keep
