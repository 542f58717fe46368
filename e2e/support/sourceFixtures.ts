import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startModelServer } from '../../main/testing/modelServer.ts'
import type { ModelServer } from '../../main/testing/modelServer.ts'
import { tinyResources } from '../../main/testing/tinyCatalogue.ts'
import { ModelsPage } from '../pages/models.ts'
import { root } from './electronProgram.ts'
import { test as base } from './fixtures.ts'

export const text = readFileSync(join(root, 'resources/demo-model/demo-text-f16.gguf'))
export const projector = readFileSync(join(root, 'resources/demo-model/demo-mmproj-f16.gguf'))

/** The repository of the model that is recommended, and its files. */
export const tiny = {
  name: 'Tiny 2B',
  repository: 'tests/Tiny-2B-GGUF',
  /** Those that its entry names after it; they are not there unless a test adds them. */
  others: ['tests/Second-GGUF', 'tests/Third-GGUF', 'tests/Fourth-GGUF', 'tests/Fifth-GGUF'],
  q4: 'Tiny-2B-Q4_K_M.gguf',
  q8: 'Tiny-2B-Q8_0.gguf',
  projector: 'mmproj-Tiny-2B-f16.gguf',
} as const
/** One that is shown only to those with a token. */
export const gated = { name: 'Gated 2B', repository: 'tests/Gated-2B-GGUF', token: 'hf_secret' }

/** In a script of faults: the first answer for a file that was not begun is that for its header; nothing goes wrong with it. */
export const head = { kind: 'none' } as const
/** What is asked for it at once. */
export const headBytes = 64 * 1024

/** What the demo model was taught with, which it answers well with under any name. */
const asTaught = {
  budget: { minPixels: 4 * 784, maxPixels: 16 * 784 },
  sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
}

/** Where models are downloaded from in a test. */
export interface Source {
  readonly server: ModelServer
  /** The app's read-only files, with a catalogue of what the server has. */
  readonly resources: string
}

/** The app with a catalogue of tiny models and a source for them that does as it is told. */
export const test = base.extend<{ source: Source; models: ModelsPage }>({
  source: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-source-'))
    const resources = tinyResources(folder, [
      { id: 'tiny', name: tiny.name, parameters: '2B', repository: tiny.repository, others: tiny.others },
      { id: 'gated', name: gated.name, parameters: '2B', repository: gated.repository, allowsCommercialUse: false },
    ])
    const server = await startModelServer([
      { repository: tiny.repository, files: { [tiny.q4]: text, [tiny.q8]: text, [tiny.projector]: projector } },
      {
        repository: gated.repository,
        token: gated.token,
        files: { 'Gated-2B-Q4_K_M.gguf': text, 'mmproj-Gated-2B-f16.gguf': projector },
      },
    ])
    await use({ server, resources })
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  },
  chosen: async ({ source }, use) =>
    use({ ...asTaught, sources: { order: ['mirror'], mirrorUrl: source.server.address } }),
  environment: async ({ source }, use) => use({ SIGHTLINE_RESOURCES: source.resources }),
  models: async ({ chat }, use) => {
    await chat.ready()
    await use(new ModelsPage(chat.page))
  },
})

export { expect } from '@playwright/test'
