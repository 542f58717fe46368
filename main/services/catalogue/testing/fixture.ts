import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect } from 'vitest'
import type { SourceName } from '#contract'
import { createCatalogue } from '../index.ts'
import type { Catalogue, CatalogueOptions } from '../index.ts'
import { startSourceServer } from './sourceServer.ts'
import type { SourceServer } from './sourceServer.ts'

/** An entry of the catalogue and its first repositories, with files as they could lie there. The first lends its projector. */
export const ENTRY = 'qwen2-vl-7b-instruct'
export const FIRST = 'ggml-org/Qwen2-VL-7B-Instruct-GGUF'
export const SECOND = 'bartowski/Qwen2-VL-7B-Instruct-GGUF'
export const THIRD = 'second-state/Qwen2-VL-7B-Instruct-GGUF'
export const Q4 = { path: 'Qwen2-VL-7B-Instruct-Q4_K_M.gguf', bytes: 4_683_072_032, sha256: '4'.repeat(64) }
export const Q8 = { path: 'Q8_0/Qwen2-VL-7B-Instruct-Q8_0.gguf', bytes: 8_098_524_704, sha256: '8'.repeat(64) }
export const PROJECTOR = { path: 'mmproj-Qwen2-VL-7B-Instruct-f16.gguf', bytes: 1_352_588_800, sha256: 'f'.repeat(64) }
export const FULL_PROJECTOR = {
  path: 'Qwen2-VL-7B-Instruct-vision-encoder.gguf',
  bytes: 2_700_000_000,
  sha256: 'e'.repeat(64),
}
export const FILES = [Q4, Q8, PROJECTOR, { path: 'README.md', bytes: 5_000 }]
/** Where Hugging Face is asked first for a listing of the entry. */
export const HEAD = `/api/models/${FIRST}/revision/main`

/** Two servers, made anew for each test, and the clock of the catalogues that speak to them. */
export interface Fixture {
  /** Plays Hugging Face or a mirror, `scope` ModelScope. */
  hub: SourceServer
  scope: SourceServer
  /** In ms. */
  now: number
  catalogue(order?: SourceName[], options?: Partial<CatalogueOptions> & { mirrorUrl?: string }): Catalogue
}

export function useFixture(): Fixture {
  const fixture: Omit<Fixture, 'hub' | 'scope'> & Partial<Fixture> = {
    now: 1_000_000,
    catalogue: (order = ['huggingface'], { mirrorUrl, ...options } = {}) =>
      createCatalogue({
        resources: fileURLToPath(new URL('../../../../resources', import.meta.url)),
        userAgent: 'Sightline/1.2.3',
        sources: () => ({ order, mirrorUrl: mirrorUrl ?? null }),
        token: async () => null,
        bases: { huggingface: fixture.hub?.base, modelscope: fixture.scope?.base },
        now: () => fixture.now,
        ...options,
      }),
  }
  beforeEach(async () => {
    fixture.hub = await startSourceServer()
    fixture.scope = await startSourceServer()
  })
  afterEach(async () => {
    await fixture.hub?.close()
    await fixture.scope?.close()
  })
  return fixture as Fixture
}

/** A signal that is never aborted. */
export const signal: AbortSignal = new AbortController().signal

/** Matches an AppError by its code and a part of its message. */
export const failure = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as unknown

/** The addresses that were asked for, in order. */
export const requestedUrls = (server: SourceServer) => server.requests.map(({ url }) => url)
