import { AppError, SourceName } from '#contract'
import type { Secrets } from '../../ports.ts'

/** Access tokens for gated files of the sources, in the shell's place for secrets. */
export interface SourceTokens {
  /** null when none is kept. */
  get(source: SourceName): Promise<string | null>
  /** Whether there is one for each source. */
  kept(): Promise<Record<SourceName, boolean>>
  /** null forgets it. Throws NotYetSupported where there is no place for secrets, StorageFailed. */
  set(source: SourceName, token: string | null): Promise<void>
}

const nameOf = (source: SourceName) => `token:${source}`

/** `secrets` null: none are kept. */
export function createSourceTokens(secrets: Secrets | null): SourceTokens {
  const get = async (source: SourceName) => (await secrets?.get(nameOf(source))) ?? null
  return {
    get,
    async kept() {
      const entries = await Promise.all(
        SourceName.options.map(async (source) => [source, (await get(source)) !== null] as const),
      )
      return Object.fromEntries(entries) as Record<SourceName, boolean>
    },
    async set(source, token) {
      if (!secrets)
        throw new AppError(
          'NotYetSupported',
          'No token can be kept on this computer: it has no keychain. Unlock or install one and start Sightline again.',
        )
      await secrets.set(nameOf(source), token)
    },
  }
}
