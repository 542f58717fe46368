import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readGguf, writeGguf } from './ggufFile.ts'

/** The two files of a model. */
interface Files {
  readonly text: string
  readonly projector: string
}

/** A copy of a language model in `folder` that goes by another name, with the same projector. */
export function namedModel(folder: string, name: string, model: Files): Files {
  const file = readGguf(readFileSync(model.text))
  const length = Buffer.from(BigUint64Array.of(BigInt(Buffer.byteLength(name))).buffer)
  const value = Buffer.concat([length, Buffer.from(name)])
  const text = join(folder, `${name.replaceAll(' ', '-')}.gguf`)
  const metadata = file.metadata.map((entry) => (entry.key === 'general.name' ? { ...entry, value } : entry))
  writeFileSync(text, writeGguf({ metadata, tensors: file.tensors }))
  return { text, projector: model.projector }
}
