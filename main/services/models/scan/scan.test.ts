import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { FoundModel } from '#contract'
import type { AppError } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../../engine/index.ts'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { badFiles } from '../../../testing/engineFiles.ts'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { demoModel } from '../../../testing/engineRequests.ts'
import { splitGguf } from '../../../testing/ggufSplit.ts'
import { ggufFile, loraFile } from '../../../testing/ggufWriter.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { createModelList } from '../modelList.ts'
import type { ModelList } from '../modelList.ts'
import { placesAt, usualPlaces } from './places.ts'
import { scanPlaces } from './scan.ts'

/** Reads headers only: no process is started. */
const engine = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const text = goldenModel('qwen2vl').textPath
const projector = goldenModel('qwen2vl').projectorPath!
const projector25 = goldenModel('qwen25vl').projectorPath!

let folder: ReturnType<typeof tempFolder>
let home: string
let store: Store
let models: ModelList
beforeEach(() => {
  folder = tempFolder()
  home = join(folder.path, 'home')
  mkdirSync(home)
  store = openStore(join(folder.path, 'data'))
  models = createModelList({
    db: store.db,
    resources: join(import.meta.dirname, '../../../../resources'),
    choice: { get: () => null, set: () => {} },
    inspect: (files) => engine.inspect(files),
  })
})
afterEach(() => {
  store.close()
  folder.remove()
})

/** Puts a file into the home folder and returns its path. */
function put(path: string, from: string | Buffer): string {
  const target = join(home, path)
  mkdirSync(dirname(target), { recursive: true })
  if (typeof from === 'string') copyFileSync(from, target)
  else writeFileSync(target, from)
  return target
}
const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
const inspect = (path: string, signal?: AbortSignal) => engine.inspectFile(path, signal)
const options = () => ({
  entries: models.registry.entries(),
  inspectFile: inspect,
  chosenFamily: (fingerprint: string) => models.registry.familyOf(fingerprint),
})
async function scan(
  path: string | null = null,
  env: Record<string, string> = {},
  platform: NodeJS.Platform = 'darwin',
): Promise<FoundModel[]> {
  const places = await (path === null ? usualPlaces({ home, env, platform }) : placesAt(path, platform))
  const found = await scanPlaces(places, options())
  return found.map((model) => FoundModel.parse(model))
}

describe('the usual places', () => {
  test('nothing is there: nothing is found', async () => {
    expect(await scan()).toEqual([])
  })

  test.each(['.lmstudio/models', '.cache/lm-studio/models'])(
    'LM Studio: publisher and model as folders in %s',
    async (root) => {
      const textPath = put(`${root}/lmstudio-community/Qwen2-VL-2B-Instruct-GGUF/Qwen2-VL-2B-Instruct-F32.gguf`, text)
      const projectorPath = put(`${root}/lmstudio-community/Qwen2-VL-2B-Instruct-GGUF/mmproj-model-f32.gguf`, projector)
      expect(await scan()).toEqual([
        {
          name: expect.any(String) as string,
          keeper: 'LM Studio',
          textPath,
          projectorPaths: [projectorPath],
          bytes: statSync(text).size,
          quantization: 'F32',
          choices: [],
          duplicateOf: null,
          problem: null,
          apartBytes: null,
          note: null,
        },
      ])
    },
  )

  /** A model of Ollama under `root`, as its own tools lay it out. */
  function ollama(root: string, name: string): { textPath: string; projectorPath: string } {
    const [a, b] = [digest(text), digest(projector)]
    const layer = (type: string, sha: string) => ({
      mediaType: `application/vnd.ollama.image.${type}`,
      digest: `sha256:${sha}`,
      size: 1,
    })
    const layers = [layer('model', a), layer('projector', b), layer('template', 'c'.repeat(64)), { mediaType: 1 }]
    put(
      `${root}/manifests/${name}`,
      Buffer.from(JSON.stringify({ schemaVersion: 2, config: layer('config', 'd'.repeat(64)), layers })),
    )
    return {
      textPath: put(`${root}/blobs/sha256-${a}`, text),
      projectorPath: put(`${root}/blobs/sha256-${b}`, projector),
    }
  }

  test('Ollama: names from the manifests, files from the blobs', async () => {
    const { textPath, projectorPath } = ollama('.ollama/models', 'registry.ollama.ai/library/qwen2-vl/2b')
    expect(await scan()).toMatchObject([
      { name: 'qwen2-vl:2b', keeper: 'Ollama', textPath, projectorPaths: [projectorPath], problem: null, note: null },
    ])
  })

  test('Ollama: where OLLAMA_MODELS says, others than the library with their names, one file under two tags once', async () => {
    ollama('elsewhere', 'registry.ollama.ai/someone/qwen/latest')
    ollama('elsewhere', 'registry.ollama.ai/someone/qwen/old')
    expect(await scan(null, { OLLAMA_MODELS: join(home, 'elsewhere') })).toMatchObject([
      { name: 'someone/qwen:latest', keeper: 'Ollama' },
    ])
    expect(await scan(join(home, 'elsewhere')), 'chosen as a folder').toMatchObject([
      { name: 'someone/qwen:latest', keeper: 'Ollama' },
    ])
  })

  test('Ollama: manifests that are damaged, huge or lead elsewhere are passed over', async () => {
    const outside = put('outside.gguf', text)
    const layers = [
      { mediaType: 'application/vnd.ollama.image.model', digest: 'sha256:../../../outside.gguf' },
      { mediaType: 'application/vnd.ollama.image.model', digest: outside },
    ]
    put('.ollama/models/manifests/registry.ollama.ai/library/a/b', Buffer.from(JSON.stringify({ layers })))
    put('.ollama/models/manifests/registry.ollama.ai/library/a/c', Buffer.from('{"layers": ['))
    put('.ollama/models/manifests/registry.ollama.ai/library/a/d', Buffer.from('{"layers": 3}'))
    put('.ollama/models/manifests/registry.ollama.ai/library/a/e', Buffer.alloc(2 << 20, ' '))
    expect(await scan()).toEqual([])
  })

  test.each<[string, Record<string, string>, NodeJS.Platform, string]>([
    ['Linux', {}, 'linux', '.cache/llama.cpp'],
    ['macOS', {}, 'darwin', 'Library/Caches/llama.cpp'],
    ['Windows', {}, 'win32', 'AppData/Local/llama.cpp'],
  ])('llama.cpp: its cache on %s', async (_, env, platform, root) => {
    put(`${root}/ggml-org_Qwen2-VL-2B-Instruct-GGUF_Qwen2-VL-2B-Instruct-F32.gguf`, text)
    const mmproj = put(`${root}/ggml-org_Qwen2-VL-2B-Instruct-GGUF_mmproj-Qwen2-VL-2B-Instruct-F32.gguf`, projector)
    put(`${root}/ggml-org_Qwen2-VL-2B-Instruct-GGUF_Qwen2-VL-2B-Instruct-F32.gguf.etag`, Buffer.from('x'))
    expect(await scan(null, env, platform)).toMatchObject([{ keeper: 'llama.cpp', projectorPaths: [mmproj] }])
  })

  test('llama.cpp: where LLAMA_CACHE or XDG_CACHE_HOME say', async () => {
    put('a/x.gguf', text)
    put('b/llama.cpp/y.gguf', text)
    expect(await scan(null, { LLAMA_CACHE: join(home, 'a') })).toMatchObject([{ textPath: join(home, 'a/x.gguf') }])
    expect(await scan(null, { XDG_CACHE_HOME: join(home, 'b') }, 'linux')).toMatchObject([
      { textPath: join(home, 'b/llama.cpp/y.gguf') },
    ])
  })

  test.each<[string, Record<string, string>, string]>([
    ['by itself', {}, '.cache/huggingface/hub'],
    ['HF_HOME', { HF_HOME: 'hf' }, 'hf/hub'],
    ['HF_HUB_CACHE', { HF_HUB_CACHE: 'hub' }, 'hub'],
  ])('Hugging Face: links of a snapshot into its blobs, each once (%s)', async (_, env, root) => {
    const repository = `${root}/models--Qwen--Qwen2-VL-2B-Instruct-GGUF`
    const [a, b] = [digest(text), digest(projector)]
    put(`${repository}/blobs/${a}`, text)
    put(`${repository}/blobs/${b}`, projector)
    for (const revision of ['aaaa', 'bbbb']) {
      mkdirSync(join(home, repository, 'snapshots', revision), { recursive: true })
      symlinkSync(`../../blobs/${a}`, join(home, repository, 'snapshots', revision, 'model-f32.gguf'))
      symlinkSync(`../../blobs/${b}`, join(home, repository, 'snapshots', revision, 'mmproj-f32.gguf'))
    }
    const absolute = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, join(home, value)]))
    const snapshot = join(home, repository, 'snapshots', 'aaaa')
    expect(await scan(null, absolute)).toMatchObject([
      {
        keeper: 'Hugging Face',
        textPath: join(snapshot, 'model-f32.gguf'),
        projectorPaths: [join(snapshot, 'mmproj-f32.gguf')],
      },
    ])
  })

  test.each<[NodeJS.Platform, string]>([
    ['linux', '.local/share/Jan/data'],
    ['linux', '.config/Jan/data'],
    ['darwin', 'Library/Application Support/Jan/data'],
    ['win32', 'AppData/Roaming/Jan/data'],
  ])('Jan on %s: model.yml names the files from the data folder %s on', async (platform, data) => {
    const other = put('imported/here.gguf', text)
    put(
      `${data}/llamacpp/models/qwen/model.yml`,
      Buffer.from(
        'name: "qwen2-vl"\nmodel_path: llamacpp/models/qwen/model.gguf\nmmproj_path: llamacpp/models/qwen/mmproj.gguf\nsize_bytes: 1\n',
      ),
    )
    const textPath = put(`${data}/llamacpp/models/qwen/model.gguf`, text)
    const projectorPath = put(`${data}/llamacpp/models/qwen/mmproj.gguf`, projector)
    put(`${data}/llamacpp/models/imported/model.yml`, Buffer.from(`name: imported\nmodel_path: ${other}\n`))
    put(`${data}/llamacpp/models/broken/model.yml`, Buffer.from('model_path: llamacpp/models/broken/gone.gguf\n'))
    expect(await scan(null, {}, platform)).toMatchObject([
      { name: 'imported', keeper: 'Jan', textPath: other, projectorPaths: [projectorPath] },
      { name: 'qwen2-vl', keeper: 'Jan', textPath, projectorPaths: [projectorPath], problem: null },
    ])
  })

  test('Jan of earlier days: model.json beside the file', async () => {
    const textPath = put('jan/models/qwen2-vl-2b/file.gguf', text)
    put('jan/models/qwen2-vl-2b/model.json', Buffer.from('{"name": "Qwen2 VL 2B"}'))
    expect(await scan()).toMatchObject([{ name: 'Qwen2 VL 2B', keeper: 'Jan', textPath }])
  })
})

describe('a folder', () => {
  test('that is none is refused', async () => {
    await expect(scan('models')).rejects.toEqual(expect.objectContaining({ code: 'InvalidInput' }) as AppError)
    await expect(scan(join(home, 'gone'))).rejects.toEqual(
      expect.objectContaining({ code: 'ModelNotFound' }) as AppError,
    )
  })

  test('may be named by a file in it', async () => {
    const textPath = put('stuff/model.gguf', text)
    expect(await scan(textPath)).toMatchObject([{ keeper: 'stuff', textPath }])
  })

  test('is searched with all below it, by its own name; adapters and other files are no models', async () => {
    const textPath = put('stuff/deep/er/model.GGUF', text)
    put('stuff/lora.gguf', loraFile({ weights: { 'blk.0.attn_q.weight': [128, 128] } }))
    put('stuff/notes.txt', Buffer.from('bread'))
    put('stuff/.hidden/model.gguf', text)
    expect(await scan(join(home, 'stuff'))).toMatchObject([{ keeper: 'stuff', textPath }])
  })

  test('has files that cannot be used, with the reason, after those that can', async () => {
    const llama = ggufFile(
      {
        'general.architecture': 'llama',
        'general.name': 'A Llama',
        'llama.block_count': { u32: 1 },
        'tokenizer.ggml.model': 'gpt2',
      },
      [{ name: 'token_embd.weight', dims: [1], data: new Float32Array(1) }],
    )
    put('stuff/a-llama.gguf', llama)
    put('stuff/b-half.gguf', readFileSync(text).subarray(0, 100_000))
    put('stuff/c-text.gguf', Buffer.from('bread'))
    put('stuff/z-good.gguf', text)
    const found = await scan(join(home, 'stuff'))
    expect(found.map((model) => model.problem)).toEqual([
      null,
      expect.stringMatching(/kind "llama"/),
      expect.any(String),
      expect.any(String),
    ])
    expect(found.map((model) => model.problem).join()).toMatch(/b-half.*damaged|b-half.* describes/)
    expect(found[0]!.textPath).toContain('z-good')
  })

  test('with links: each folder is searched once, wherever links lead, but not what the folder itself lies in', async () => {
    const outside = put('outside/model.gguf', text)
    const textPath = put('stuff/a/model.gguf', text)
    symlinkSync(join(home, 'stuff'), join(home, 'stuff/a/circle'))
    symlinkSync(join(home, 'stuff/a'), join(home, 'stuff/b'))
    symlinkSync(home, join(home, 'stuff/up'))
    symlinkSync('/', join(home, 'stuff/root'))
    symlinkSync(dirname(outside), join(home, 'stuff/out'))
    symlinkSync(outside, join(home, 'stuff/out.gguf'))
    symlinkSync('/nowhere/at/all', join(home, 'stuff/dead.gguf'))
    put('elsewhere/model.gguf', text)
    expect(await scan(join(home, 'stuff'))).toMatchObject([
      { textPath },
      { textPath: join(home, 'stuff/out/model.gguf') },
    ])
    symlinkSync(join(home, 'stuff'), join(home, 'link'))
    expect(await scan(join(home, 'link')), 'the folder itself may be a link').toHaveLength(2)
  })

  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'that cannot be read in part gives the rest',
    async () => {
      put('stuff/good.gguf', text)
      put('stuff/secret/model.gguf', text)
      chmodSync(join(home, 'stuff/secret'), 0)
      try {
        expect(await scan(join(home, 'stuff'))).toHaveLength(1)
      } finally {
        chmodSync(join(home, 'stuff/secret'), 0o700)
      }
    },
  )

  test('deeper than ten levels is not searched to its end', async () => {
    put(`stuff/${'d/'.repeat(11)}model.gguf`, text)
    put(`stuff/${'e/'.repeat(10)}model.gguf`, text)
    expect((await scan(join(home, 'stuff'))).map((model) => model.textPath.includes('/e/'))).toEqual([true])
  })

  test('a model in several files is one, at its first file', async () => {
    const tensors = Number(readFileSync(text).readBigUInt64LE(8))
    const parts = splitGguf(readFileSync(text), [5, 5, tensors - 10])
    parts.forEach((bytes, i) => put(`stuff/whole-0000${i + 1}-of-00003.gguf`, bytes))
    put('stuff/rest-00002-of-00003.gguf', parts[1]!)
    expect(await scan(join(home, 'stuff'))).toMatchObject([
      {
        textPath: join(home, 'stuff/whole-00001-of-00003.gguf'),
        bytes: parts.reduce((sum, part) => sum + part.length, 0),
        problem: null,
      },
      {
        textPath: join(home, 'stuff/rest-00002-of-00003.gguf'),
        problem: expect.stringMatching(/part 2 of a model in 3 files/) as string,
      },
    ])
  })

  test('a search that is aborted ends with its reason', async () => {
    put('stuff/model.gguf', text)
    await expect(
      scanPlaces(await placesAt(join(home, 'stuff'), 'linux'), options(), AbortSignal.abort(new Error('enough'))),
    ).rejects.toThrow('enough')
  })
})

describe('projectors', () => {
  test('of the same folder come first, then the nearest, then the most similar name', async () => {
    const textPath = put('stuff/a/Qwen2-VL-2B-F32.gguf', text)
    const far = put('stuff/b/c/mmproj.gguf', projector)
    const near = put('stuff/mmproj.gguf', projector)
    const other = put('stuff/a/mmproj-something.gguf', projector)
    const own = put('stuff/a/mmproj-Qwen2-VL-2B-F32.gguf', projector)
    expect(await scan(join(home, 'stuff'))).toMatchObject([{ textPath, projectorPaths: [own, other, near, far] }])
  })

  test('that give vectors of another width are left out, with the reason', async () => {
    const { narrowProjector } = await badFiles(folder.path)
    put('stuff/model.gguf', text)
    put('stuff/mmproj-narrow.gguf', narrowProjector)
    expect(await scan(join(home, 'stuff'))).toMatchObject([
      {
        projectorPaths: [],
        problem: null,
        note: expect.stringMatching(
          /mmproj-narrow\.gguf beside it gives vectors of 64 numbers, this model takes 128/,
        ) as string,
      },
    ])
  })

  test('of the other family are left out where the names tell, with the reason', async () => {
    put('stuff/Qwen2.5-VL-3B.gguf', goldenModel('qwen25vl').textPath)
    put('stuff/mmproj.gguf', projector)
    expect(await scan(join(home, 'stuff'))).toMatchObject([
      { projectorPaths: [], note: expect.stringMatching(/is for Qwen2-VL, this model is a Qwen2\.5-VL/) as string },
    ])
    const fits = put('stuff/mmproj-25.gguf', projector25)
    expect(await scan(join(home, 'stuff'))).toMatchObject([{ projectorPaths: [fits], note: null }])
  })

  test('that are damaged, or not there, are told', async () => {
    put('stuff/model.gguf', text)
    expect(await scan(join(home, 'stuff'))).toMatchObject([
      { note: expect.stringMatching(/^No projector for it was found, so it would answer text only/) as string },
    ])
    put(
      'stuff/mmproj.gguf',
      ggufFile({ 'general.architecture': 'clip' }, [{ name: 'x', dims: [1], data: new Float32Array(1) }]),
    )
    expect(await scan(join(home, 'stuff'))).toMatchObject([
      { note: expect.stringMatching(/cannot be used.*no vision part/) as string },
    ])
  })
})

describe('what is in the library already', () => {
  test('is not found again, under whatever name', async () => {
    const textPath = put('stuff/model.gguf', text)
    await models.register({ textPath, projectorPath: null })
    symlinkSync(textPath, join(home, 'stuff/again.gguf'))
    expect(await scan(join(home, 'stuff'))).toEqual([])
  })

  test('is recognised by its content, whatever its name', async () => {
    const { id } = await models.register({ textPath: put('kept/model.gguf', text), projectorPath: null })
    put('stuff/copy.gguf', text)
    put('stuff/demo.gguf', demoModel.textPath)
    const changed = readFileSync(text)
    // neither its size nor its ends
    changed[changed.length >> 1]! ^= 1
    put('stuff/changed.gguf', changed)
    const found = await scan(join(home, 'stuff'))
    expect(Object.fromEntries(found.map((model) => [model.textPath.split('/').at(-1), model.duplicateOf]))).toEqual({
      'copy.gguf': id,
      'demo.gguf': 'demo',
      'changed.gguf': null,
    })
  })

  test('is recognised by a digest that its keeper knows, without reading it', async () => {
    const kept = put('kept/model.gguf', text)
    const { id } = await models.register(
      { textPath: kept, projectorPath: null },
      { verified: new Map([[kept, digest(text)]]) },
    )
    const blob = `.cache/huggingface/hub/models--a--b/blobs/${digest(text)}`
    put(blob, goldenModel('qwen25vl').textPath)
    mkdirSync(join(home, '.cache/huggingface/hub/models--a--b/snapshots/1'), { recursive: true })
    symlinkSync(join(home, blob), join(home, '.cache/huggingface/hub/models--a--b/snapshots/1/x.gguf'))
    expect(await scan()).toMatchObject([{ duplicateOf: id }])
  })

  test('a second name of a file on the disk is another place of the same content', async () => {
    const { id } = await models.register({ textPath: put('kept/model.gguf', text), projectorPath: null })
    mkdirSync(join(home, 'stuff'))
    linkSync(join(home, 'kept/model.gguf'), join(home, 'stuff/linked.gguf'))
    expect(await scan(join(home, 'stuff'))).toMatchObject([{ duplicateOf: id }])
  })
})
