import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readGguf, writeGguf } from './ggufFile.ts'
import type { GgufFile } from './ggufFile.ts'

/** The two files of a model. */
interface Files {
  readonly text: string
  readonly projector: string
}

/**
 * A copy of a language model in `folder` that goes by another name, with the same projector. `endless`: it never ends a
 * turn either, whatever the temperature, because its end token is nothing to it.
 */
export function namedModel(folder: string, name: string, model: Files, { endless = false } = {}): Files {
  const file = readGguf(readFileSync(model.text))
  const length = Buffer.from(BigUint64Array.of(BigInt(Buffer.byteLength(name))).buffer)
  const value = Buffer.concat([length, Buffer.from(name)])
  const text = join(folder, `${name.replaceAll(' ', '-')}.gguf`)
  const metadata = file.metadata.map((entry) => (entry.key === 'general.name' ? { ...entry, value } : entry))
  writeFileSync(text, writeGguf({ metadata, tensors: endless ? withoutEnd(file) : file.tensors }))
  return { text, projector: model.projector }
}

/** The tensors with a zero row for the end token in the tied embedding, an f16 matrix. */
function withoutEnd({ metadata, tensors }: GgufFile): GgufFile['tensors'] {
  const end = metadata.find(({ key }) => key === 'tokenizer.ggml.eos_token_id')!.value.readUInt32LE()
  return tensors.map((tensor) => {
    if (tensor.name !== 'token_embd.weight') return tensor
    const rowBytes = Number(tensor.dims[0]) * 2
    return { ...tensor, data: Buffer.from(tensor.data).fill(0, end * rowBytes, (end + 1) * rowBytes) }
  })
}
