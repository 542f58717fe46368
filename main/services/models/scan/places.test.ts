import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { AppError } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../../engine/index.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { placesAt, usualPlaces } from './places.ts'
import { scanPlaces } from './scan.ts'

/** Reads headers only: no process is started. */
const engine = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const { textPath: text, projectorPath: projector } = goldenModel('qwen2vl')
const [textBytes, projectorBytes] = [readFileSync(text), readFileSync(projector!)]

let folder: ReturnType<typeof tempFolder>
let home: string
beforeEach(() => {
  folder = tempFolder()
  home = join(folder.path, 'home')
  mkdirSync(home)
})
afterEach(() => folder.remove())

function put(path: string, from: string | Buffer): string {
  const target = join(home, path)
  mkdirSync(dirname(target), { recursive: true })
  if (typeof from === 'string') copyFileSync(from, target)
  else writeFileSync(target, from)
  return target
}
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** Who keeps each model under which path from the home folder on, with its first projector. */
async function found(chosen: string | null, { env = {}, platform = 'linux' as NodeJS.Platform } = {}) {
  const places = await (chosen === null ? usualPlaces({ home, env, platform }) : placesAt(join(home, chosen), platform))
  const options = {
    entries: [],
    inspectFile: (path: string, signal?: AbortSignal) => engine.inspectFile(path, signal),
    chosenFamily: () => null,
  }
  const models = await scanPlaces(places, options)
  const rest = (problem: string | null, [projector]: readonly string[]) =>
    problem === null ? (projector ? [relative(home, projector)] : []) : [problem]
  return models.map(({ keeper, textPath, projectorPaths, problem }) => [
    keeper,
    relative(home, textPath),
    ...rest(problem, projectorPaths),
  ])
}

/** A store as Ollama and those who use it lay it out; a model from Hugging Face with its projector. */
function store(root: string): string[] {
  const [model, mmproj] = [digest(textBytes), digest(projectorBytes)]
  const layer = (type: string, sha: string) => ({
    mediaType: `application/vnd.ollama.image.${type}`,
    digest: `sha256:${sha}`,
    size: 1,
  })
  put(
    `${root}/manifests/hf.co/someone/Qwen2-VL-GGUF/latest`,
    json({ layers: [layer('model', model), layer('projector', mmproj)] }),
  )
  put(`${root}/blobs/sha256-${model}`, textBytes)
  put(`${root}/blobs/sha256-${mmproj}`, projectorBytes)
  return [`${root}/blobs/sha256-${model}`, `${root}/blobs/sha256-${mmproj}`]
}

describe('the usual places are where settings put them', () => {
  test('LM Studio: where its pointer leads, and where its settings say', async () => {
    put('elsewhere/models/a/b/model.gguf', text)
    put('elsewhere/models/a/b/mmproj.gguf', projector!)
    put('.lmstudio-home-pointer', Buffer.from(`${join(home, 'elsewhere')}\n`))
    expect(await found(null)).toEqual([
      ['LM Studio', 'elsewhere/models/a/b/model.gguf', 'elsewhere/models/a/b/mmproj.gguf'],
    ])
    put('big/x/y/model.gguf', text)
    put('elsewhere/settings.json', json({ downloadsFolder: join(home, 'big') }))
    expect((await found(null)).map(([, path]) => path)).toEqual([
      'big/x/y/model.gguf',
      'elsewhere/models/a/b/model.gguf',
    ])
    put('.lmstudio-home-pointer', Buffer.from('nonsense'))
    expect(await found(null)).toEqual([])
  })

  test.each<[NodeJS.Platform, string]>([
    ['linux', '.config/Msty/models'],
    ['darwin', 'Library/Application Support/Msty/models'],
    ['win32', 'AppData/Roaming/MstyStudio/models'],
  ])('Msty on %s: a store as Ollama has, and files beside it', async (platform, root) => {
    const [model, mmproj] = store(root)
    put(`${root}/own.gguf`, goldenModel('qwen25vl').textPath)
    expect(await found(null, { platform })).toEqual([
      ['Msty', model, mmproj],
      ['Msty', `${root}/own.gguf`],
    ])
  })

  test('Jan: in the data folder of its settings', async () => {
    put('.local/share/Jan/settings.json', json({ data_folder: join(home, 'moved') }))
    const root = 'moved/llamacpp/models/qwen'
    put(`${root}/model.gguf`, text)
    put(`${root}/mmproj.gguf`, projector!)
    put(
      `${root}/model.yml`,
      Buffer.from(
        'name: mine\nmodel_path: llamacpp/models/qwen/model.gguf\nmmproj_path: llamacpp/models/qwen/mmproj.gguf\n',
      ),
    )
    expect(await found(null)).toEqual([['Jan', `${root}/model.gguf`, `${root}/mmproj.gguf`]])
  })

  test.each<[NodeJS.Platform, string, string]>([
    ['linux', '.local/share/nomic.ai/GPT4All', '.config/nomic.ai/GPT4All.ini'],
    ['darwin', 'Library/Application Support/nomic.ai/GPT4All', '.config/nomic.ai/GPT4All.ini'],
    ['win32', 'AppData/Local/nomic.ai/GPT4All', 'AppData/Roaming/nomic.ai/GPT4All.ini'],
  ])('GPT4All on %s: its folder, and the one of its settings', async (platform, root, settings) => {
    put(`${root}/model.gguf`, text)
    put('chosen/other.gguf', goldenModel('qwen25vl').textPath)
    put(settings, Buffer.from(`[General]\nmodelPath=${join(home, 'chosen')}\n`))
    expect((await found(null, { platform })).map((one) => one.slice(0, 2)).sort()).toEqual(
      [
        ['GPT4All', `${root}/model.gguf`],
        ['GPT4All', 'chosen/other.gguf'],
      ].sort(),
    )
  })

  test('llama.cpp: the projector that its manifest names, among those of other repositories', async () => {
    const root = '.cache/llama.cpp'
    const model = put(`${root}/a_B-GGUF_sub_Model-Q4.gguf`, text)
    put(`${root}/a_B-GGUF_proj-x.gguf`, projector!)
    put(`${root}/a_B-GGUF_proj-a.gguf`, projector!)
    put(`${root}/z_Model-Q4_mmproj-Model-Q4.gguf`, projector!)
    put(`${root}/a_B-GGUF_preset.ini`, Buffer.from('[*]\nctx = 1\n'))
    put(
      `${root}/manifest=a=B-GGUF=Q4.json`,
      json({ ggufFile: { rfilename: 'sub/Model-Q4.gguf' }, mmprojFile: { rfilename: 'proj-x.gguf' } }),
    )
    put(`${root}/manifest=c=D=latest.json`, Buffer.from('{"ggufFile": '))
    expect(await found(null)).toEqual([['llama.cpp', relative(home, model), `${root}/a_B-GGUF_proj-x.gguf`]])
  })

  test('llama.cpp since it keeps its files as Hugging Face does, where LLAMA_CACHE says', async () => {
    const repository = 'cache/models--a--B-GGUF'
    put(`${repository}/blobs/${digest(textBytes)}`, text)
    mkdirSync(join(home, repository, 'snapshots/1'), { recursive: true })
    symlinkSync(`../../blobs/${digest(textBytes)}`, join(home, repository, 'snapshots/1/model.gguf'))
    expect(await found(null, { env: { LLAMA_CACHE: join(home, 'cache') } })).toEqual([
      ['llama.cpp', `${repository}/snapshots/1/model.gguf`],
    ])
  })

  test('Ollama: manifests that are lists of manifests, which lie among the blobs', async () => {
    const root = '.ollama/models'
    const [model, mmproj] = [digest(textBytes), digest(projectorBytes)]
    const layer = (type: string, sha: string) => ({
      mediaType: `application/vnd.ollama.image.${type}`,
      digest: `sha256:${sha}`,
    })
    const child = json({ layers: [layer('model', model), layer('projector', mmproj)] })
    put(`${root}/blobs/sha256-${digest(child)}`, child)
    put(`${root}/blobs/sha256-${model}`, text)
    put(`${root}/blobs/sha256-${mmproj}`, projector!)
    const list = {
      mediaType: 'application/vnd.ollama.manifest.list.v2+json',
      manifests: [{ mediaType: 'x', digest: `sha256:${digest(child)}`, runner: 'llamacpp' }],
    }
    put(`${root}/manifests/ollama.com/library/qwen2-vl/2b`, json(list))
    expect(await found(null)).toEqual([['Ollama', `${root}/blobs/sha256-${model}`, `${root}/blobs/sha256-${mmproj}`]])
  })
})

describe('a folder that is chosen', () => {
  test.each([
    ['the store', '.ollama/models'],
    ['its blobs', '.ollama/models/blobs'],
    ['its manifests', '.ollama/models/manifests'],
    ['the folder above it', '.ollama'],
    ['a home folder', '.'],
  ])("is part of Ollama's store: %s", async (_, chosen) => {
    const [model, mmproj] = store('.ollama/models')
    expect(await found(chosen)).toEqual([['Ollama', model, mmproj]])
  })

  test("is Msty's, or its models, or the folder above", async () => {
    const [model, mmproj] = store('config/Msty/models')
    for (const chosen of ['config', 'config/Msty', 'config/Msty/models'])
      expect(await found(chosen), chosen).toEqual([['Msty', model, mmproj]])
  })

  test.each(['snapshots/bbbb', 'snapshots', 'blobs', '.'])(
    "is within a repository of Hugging Face's cache: %s",
    async (chosen) => {
      const root = 'hub/models--Qwen--Qwen2-VL-GGUF'
      const [a, b] = [digest(textBytes), digest(projectorBytes)]
      put(`${root}/blobs/${a}`, text)
      put(`${root}/blobs/${b}`, projector!)
      for (const [revision, name, sha] of [
        ['aaaa', 'model.gguf', a],
        ['bbbb', 'mmproj.gguf', b],
      ] as const) {
        mkdirSync(join(home, root, 'snapshots', revision), { recursive: true })
        symlinkSync(`../../blobs/${sha}`, join(home, root, 'snapshots', revision, name))
      }
      expect(await found(join(root, chosen))).toEqual([
        ['Hugging Face', `${root}/snapshots/aaaa/model.gguf`, `${root}/snapshots/bbbb/mmproj.gguf`],
      ])
    },
  )

  test('is that of text-generation-webui: the projectors lie beside its models', async () => {
    put('user_data/models/model.gguf', text)
    put('user_data/mmproj/mmproj-F16.gguf', projector!)
    put('user_data/mmproj/other-model.gguf', goldenModel('qwen25vl').textPath)
    expect(await found('user_data/models')).toEqual([
      ['models', 'user_data/models/model.gguf', 'user_data/mmproj/mmproj-F16.gguf'],
    ])
  })

  test('holds projectors under any name, as those of koboldcpp', async () => {
    put('kobold/Qwen2-VL-7B.gguf', text)
    put('kobold/qwen2-vl-7b-vision.gguf', projector!)
    expect(await found('kobold')).toEqual([['kobold', 'kobold/Qwen2-VL-7B.gguf', 'kobold/qwen2-vl-7b-vision.gguf']])
  })

  test('holds a link to a folder on another disk', async () => {
    put('disk/Qwen2-VL/model.gguf', text)
    put('disk/Qwen2-VL/mmproj.gguf', projector!)
    mkdirSync(join(home, '.lmstudio/models/me'), { recursive: true })
    symlinkSync(join(home, 'disk/Qwen2-VL'), join(home, '.lmstudio/models/me/Qwen2-VL'))
    const at = '.lmstudio/models/me/Qwen2-VL'
    expect(await found(null)).toEqual([['LM Studio', `${at}/model.gguf`, `${at}/mmproj.gguf`]])
  })

  test('holds a file in pieces: it is one, at its first piece', async () => {
    put('stuff/big.gguf.part1of2', textBytes.subarray(0, 1_000_000))
    put('stuff/big.gguf.part2of2', textBytes.subarray(1_000_000))
    expect((await found('stuff')).map(([, path]) => path)).toEqual(['stuff/big.gguf.part1of2'])
  })

  test('with five hundred files gives them all, each once', async () => {
    for (let i = 0; i < 500; i++) put(`many/${i % 20}/model-${i}.gguf`, Buffer.from('GGUF'))
    expect(await found('many')).toHaveLength(500)
  })
})

describe('a drive that is not connected', () => {
  const away = '/media/nobody/Not Connected Here'

  test('is told of a folder that is chosen on it', async () => {
    const message = expect.stringMatching(
      /on a drive that is not connected \(\/media\/nobody\/Not Connected Here\)/,
    ) as string
    await expect(placesAt(`${away}/models`, 'linux')).rejects.toMatchObject({
      code: 'ModelNotFound',
      message,
    } satisfies Partial<AppError>)
  })

  test('is told of a link to it, and of a program that keeps its models there; the rest is found', async () => {
    put('.lmstudio/models/here/model.gguf', text)
    symlinkSync(`${away}/Qwen2-VL`, join(home, '.lmstudio/models/linked'))
    const problem = expect.stringMatching(
      /not connected \(\/media\/nobody\/Not Connected Here\)\. Connect it/,
    ) as string
    const [first, ...others] = await found(null, { env: { OLLAMA_MODELS: `${away}/ollama` } })
    expect(first).toEqual(['LM Studio', '.lmstudio/models/here/model.gguf'])
    expect(others).toEqual([
      ['LM Studio', '.lmstudio/models/linked', problem],
      ['Ollama', expect.any(String), problem],
    ])
  })

  test('a link to what is gone from a drive that is there is passed over', async () => {
    put('.lmstudio/models/here/model.gguf', text)
    const gone = put('.lmstudio/models/there/model.gguf', text)
    symlinkSync(gone, join(home, '.lmstudio/models/here/link.gguf'))
    renameSync(gone, join(home, 'gone'))
    expect(await found(null)).toHaveLength(1)
  })
})
