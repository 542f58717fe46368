import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CatalogueEntry } from '#contract'

const resources = resolve(import.meta.dirname, '../../resources')

const LIST = 'catalogue.json'

/** The shape of the demo model, as an entry of the catalogue tells it. */
const demoShape = {
  text: {
    blocks: 4,
    embeddingLength: 128,
    feedForwardLength: 384,
    heads: 4,
    kvHeads: 2,
    headDim: 32,
    vocabSize: 992,
    tiedEmbeddings: true,
  },
  projector: { family: 'qwen2vl', blocks: 4, embeddingLength: 128, ffnLength: 256, outputLength: 128 },
}

/** An entry of a catalogue whose files are those of the demo model, under other names. */
export interface TinyEntry {
  readonly id: string
  readonly name: string
  /** E.g. "2B"; the larger one is recommended. */
  readonly parameters: string
  /** "owner/name" of a repository that is asked for at Hugging Face or its mirror. */
  readonly repository: string
  /** Those that come after it. */
  readonly others?: readonly string[]
  readonly allowsCommercialUse?: boolean
}

/**
 * Makes a folder of resources like the app's own, but for its catalogue: that has `entries`, which are small enough to be
 * downloaded in a test. Returns the folder.
 */
export function tinyResources(folder: string, entries: readonly TinyEntry[]): string {
  mkdirSync(join(folder, 'catalogue'), { recursive: true })
  for (const name of readdirSync(resources))
    if (name !== 'catalogue') symlinkSync(join(resources, name), join(folder, name), 'junction')
  for (const name of readdirSync(join(resources, 'catalogue')))
    if (name !== LIST) copyFileSync(join(resources, 'catalogue', name), join(folder, 'catalogue', name))
  const repositoryOf = (repository: string) => ({
    source: 'huggingface',
    repository,
    isConfirmed: true,
    foundAt: 'https://huggingface.co',
  })
  const licence = (allowsCommercialUse: boolean) => ({
    name: allowsCommercialUse ? 'Apache 2.0' : 'Research licence',
    url: 'https://www.apache.org/licenses/LICENSE-2.0',
    allowsCommercialUse,
  })
  const stored = entries.map(({ repository, others = [], allowsCommercialUse = true, ...entry }) => ({
    ...CatalogueEntry.parse({
      ...entry,
      family: 'qwen2vl',
      kind: 'instruct',
      licence: licence(allowsCommercialUse),
      licenceFoundAt: 'https://huggingface.co',
      shapeFoundAt: 'https://huggingface.co',
      contextTokens: 4096,
      goodAt: 'Naming the colours and shapes of simple drawings.',
      repositories: [repositoryOf(repository)],
    }),
    repositories: [repository, ...others].map((name) => ({ ...repositoryOf(name), projectorForm: 'current' })),
    shape: demoShape,
  }))
  writeFileSync(join(folder, 'catalogue', LIST), JSON.stringify({ entries: stored }))
  return folder
}
