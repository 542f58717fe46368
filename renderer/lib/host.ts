import { create } from 'zustand'
import type { HostCommand, HostDescription } from '#contract'
import { connectionLost } from './errors.ts'
import { follow } from './follow.ts'
import { connection } from './rpc.ts'

/** The description of the shell; null before it has come. */
export const useHost = create<{ host: HostDescription | null }>(() => ({ host: null }))

/** Address of a stored picture: the file itself, or at most 512 x 512 pixels of it. */
export function pictureUrl(
  host: HostDescription | null,
  sha: string,
  size: 'full' | 'thumb' = 'full',
): string | undefined {
  if (!host) return undefined
  return `${host.attachments}${sha}${size === 'thumb' ? '?size=thumb' : ''}`
}

/** Address of a small picture of a page, counted from 1, of a file with pages that was opened. */
export const pageUrl = (host: HostDescription, sha: string, page: number): string =>
  `${host.attachments}${sha}?page=${page}`

/** Address of a frame of a video as the model gets it: position `n` of the set `key`. */
export const frameUrl = (host: HostDescription, key: string, n: number): string =>
  `${host.attachments}frames/${key}/${n}`

/** The address of the poster of a video, by a set of its frames. */
export const posterUrl = (host: HostDescription, key: string): string => `${host.attachments}frames/${key}/poster`

const PATIENCE_MS = 10_000

/** The shell's description as soon as it is known; rejects with `Interrupted` when that takes too long. */
export function whenHost(): Promise<HostDescription> {
  const { host } = useHost.getState()
  if (host) return Promise.resolve(host)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(connectionLost()), PATIENCE_MS)
    const stop = useHost.subscribe((now) => {
      if (!now.host) return
      clearTimeout(timer)
      stop()
      resolve(now.host)
    })
  })
}

/** Asks the shell who it is, again after every lost connection. */
export function followHost(signal: AbortSignal): Promise<void> {
  return follow<HostDescription>({
    connection,
    signal,
    subscribe: async (core) => {
      const host = await core.host.describe()
      return (async function* () {
        yield host
        await new Promise(() => {})
      })()
    },
    onEvent: (host) => useHost.setState({ host }),
  })
}

/** Passes on what the user asks of the window in the shell's own menus, until `signal` aborts. */
export const followCommands = (onCommand: (command: HostCommand) => void, signal: AbortSignal): Promise<void> =>
  follow<HostCommand>({
    connection,
    signal,
    subscribe: (core, round) => core.host.watch(undefined, { signal: round }),
    onEvent: onCommand,
  })
