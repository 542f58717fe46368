import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { LibraryModel, noOverrides } from '#contract'
import { describe, expect, test } from 'vitest'
import { badFiles } from '../../testing/engineFiles.ts'
import { demoModel } from '../../testing/engineRequests.ts'
import { splitGguf } from '../../testing/ggufSplit.ts'
import { loraFile } from '../../testing/ggufWriter.ts'
import { demoModelId } from './demo.ts'
import {
  bytesOf,
  chosen,
  code,
  copied,
  digest,
  engine,
  folder,
  library,
  models,
  open,
  outside,
  put,
  settings,
  source,
  sourceBytes,
  store,
  temp,
  tree,
  useLibrary,
  work,
} from './testing/openLibrary.ts'

useLibrary()

describe('the list', () => {
  test('has the demo model first, which is not owned, and its files', async () => {
    const [demo] = await library.list()
    expect(LibraryModel.parse(demo)).toEqual(demo)
    expect(demo).toMatchObject({
      model: { id: demoModelId },
      isCurrent: true,
      isOwned: false,
      quantization: 'F16',
      projectorQuantization: 'F16',
      family: 'qwen2vl',
      trainedContext: 4096,
      origin: 'Sightline',
      files: [
        { role: 'text', exists: true, digest: 'unknown' },
        { role: 'projector', exists: true },
      ],
      overrides: noOverrides,
    })
  })

  test('is told at once and after every change', async () => {
    const files = outside()
    const stream = library.watch()
    const next = async () => (await stream.next()).value as LibraryModel[]
    expect(await next()).toHaveLength(1)
    const { id } = await models.register(files)
    expect(await next()).toMatchObject([
      {},
      {
        model: { id },
        origin: 'This computer',
        isOwned: false,
        isCurrent: false,
        files: [
          { path: files.textPath, exists: true },
          { path: files.projectorPath, exists: true },
        ],
      },
    ])
    library.rename(id, 'Mine')
    expect((await next())[1]).toMatchObject({ model: { name: 'Mine' } })
    expect(library.changeOverrides(id, { maxTokens: 5 })).toEqual({ ...noOverrides, maxTokens: 5 })
    expect((await next())[1]).toMatchObject({ overrides: { maxTokens: 5 } })
    rmSync(files.projectorPath)
    models.choose(id)
    settings.emit()
    expect((await next())[1]).toMatchObject({ isCurrent: true, files: [{ exists: true }, { exists: false }] })
    await library.remove(id, false)
    expect(await next()).toHaveLength(1)
    expect(existsSync(files.textPath)).toBe(true)
    await stream.return?.()
  })

  test('changes defaults one by one: what a change leaves out stays as it is', async () => {
    const { id } = await models.register(outside())
    library.changeOverrides(id, { placement: { contextTokens: 1024 } })
    library.changeOverrides(id, {
      maxTokens: 5,
      placement: { gpuLayers: 3, contextTokens: undefined },
      systemPrompt: undefined,
    })
    expect(library.changeOverrides(id, { systemPrompt: 'Be brief.' })).toEqual({
      ...noOverrides,
      placement: { contextTokens: 1024, gpuLayers: 3, kvType: null },
      maxTokens: 5,
      systemPrompt: 'Be brief.',
    })
    expect(library.changeOverrides(id, { placement: { contextTokens: null }, systemPrompt: null })).toMatchObject({
      placement: { contextTokens: null, gpuLayers: 3 },
      maxTokens: 5,
      systemPrompt: null,
    })
    expect(library.changeOverrides(id, noOverrides)).toEqual(noOverrides)
    expect((await library.get(id)).overrides).toEqual(noOverrides)
  })

  test('refuses what concerns a model that is not in it', async () => {
    for (const attempt of [
      () => library.get('gone'),
      async () => library.rename('gone', 'x'),
      async () => library.changeOverrides('gone', {}),
      () => library.verify('gone', work()),
      () => library.remove('gone', true),
      () => library.remove('gone', false),
      async () => library.conversations('gone'),
      () => library.fileOf('gone'),
      () => library.setAdapter('gone', '/a', 1),
    ])
      await expect(attempt()).rejects.toEqual(code('NotFound'))
  })
})

describe('importing in place', () => {
  test('keeps the files where they are, and the keeper as origin', async () => {
    const files = outside()
    const added = await library.import({ ...files, mode: 'in-place', keeper: 'LM Studio' }, work())
    expect(added).toMatchObject({
      model: { ...files, bytes: sourceBytes },
      origin: 'LM Studio',
      isOwned: false,
      quantization: 'F32',
      projectorQuantization: 'F32',
      trainedContext: 32768,
    })
    expect((await library.import({ ...files, mode: 'in-place' }, work())).model.id, 'once').toBe(added.model.id)
    expect(existsSync(folder)).toBe(false)
    expect(chosen).toBeNull()
    expect(library.holds(files.projectorPath)).toBe(true)
    expect(library.holds(join(temp.path, 'other'))).toBe(false)
  })

  test('refuses what loading would refuse, and nothing is kept', async () => {
    const { narrowProjector, textModelCutInHalf } = await badFiles(temp.path)
    const attempt = (textPath: string, projectorPath: string | null, mode: 'in-place' | 'copy') =>
      library.import({ textPath, projectorPath, mode }, work())
    for (const mode of ['in-place', 'copy'] as const) {
      await expect(attempt(source.textPath, narrowProjector, mode)).rejects.toEqual(code('ProjectorMismatch'))
      await expect(attempt(textModelCutInHalf, null, mode)).rejects.toEqual(code('ModelDamaged'))
      await expect(attempt(join(temp.path, 'gone.gguf'), null, mode)).rejects.toEqual(code('ModelNotFound'))
    }
    expect(await library.list()).toHaveLength(1)
    expect(existsSync(folder)).toBe(false)
  })
})

describe('importing as a copy', () => {
  test('puts the files into a folder of their own, with their digests', async () => {
    const doing = work()
    const added = await library.import({ ...source, mode: 'copy' }, doing)
    expect(added).toMatchObject({
      isOwned: true,
      origin: 'This computer',
      files: [
        { role: 'text', sha256: digest(source.textPath), digest: 'computed' },
        { role: 'projector', sha256: digest(source.projectorPath!), digest: 'computed' },
      ],
    })
    const name = `${added.model.name} F32`
    expect(tree(folder)).toEqual({
      [name]: 'folder',
      [join(name, `${name}.gguf`)]: digest(source.textPath),
      [join(name, `mmproj-${name}.gguf`)]: digest(source.projectorPath!),
    })
    expect(doing.seen.length).toBeGreaterThan(3)
    expect(doing.seen.at(-1)).toEqual([sourceBytes, sourceBytes])
    expect(doing.seen.every(([done], i) => i === 0 || done > doing.seen[i - 1]![0])).toBe(true)
  })

  test('a second one of the same name gets a number', async () => {
    await copied()
    const second = await library.import({ textPath: source.textPath, projectorPath: null, mode: 'copy' }, work())
    expect(dirname(second.model.textPath)).toMatch(/ \(2\)$/)
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('a model in several files keeps the names that its loading needs', async () => {
    const whole = readFileSync(source.textPath)
    const parts = splitGguf(whole, [4, Number(whole.readBigUInt64LE(8)) - 4])
    const [first] = parts.map((bytes, i) => put(`parts/x-0000${i + 1}-of-00002.gguf`, bytes))
    const added = await library.import({ textPath: first!, projectorPath: source.projectorPath, mode: 'copy' }, work())
    expect(added.files.map((file) => file.role)).toEqual(['text', 'text', 'projector'])
    expect(added.model.bytes).toBe(parts[0]!.length + parts[1]!.length + bytesOf(source.projectorPath!))
    expect(await engine.inspect(added.model)).toMatchObject({
      textPaths: added.files.slice(0, 2).map((file) => file.path),
    })
  })

  test.each([1, 1_500_000, sourceBytes])('stopped after %i bytes leaves nothing', async (stopAt) => {
    await expect(library.import({ ...source, mode: 'copy' }, work(stopAt))).rejects.toThrow(/stopped|abort/)
    expect(tree(folder)).toEqual({})
    expect(await library.list()).toHaveLength(1)
  })

  test('without room is refused before a byte is written', async () => {
    open({ readRoom: async () => ({ freeBytes: sourceBytes + 10_000_000, totalBytes: 1e12 }) })
    const doing = work()
    await expect(library.import({ ...source, mode: 'copy' }, doing)).rejects.toEqual(
      code('DiskFull', /are needed in .* are free/),
    )
    expect(doing.seen).toEqual([])
    expect(existsSync(folder)).toBe(false)
  })

  test('to a folder that cannot be written says so and leaves nothing', async () => {
    writeFileSync(folder, 'a file where the folder should be')
    await expect(copied()).rejects.toEqual(code('StorageFailed', /Copying the model failed/))
    expect(readFileSync(folder, 'utf8')).toContain('a file where')
    expect(await library.list()).toHaveLength(1)
  })

  test('of a file that grows meanwhile is refused and leaves nothing', async () => {
    const files = outside()
    const doing = work()
    let grown = false
    const onProgress = (done: number, bytes: number) => {
      doing.onProgress(done, bytes)
      if (!grown) writeFileSync(files.textPath, Buffer.alloc(1000), { flag: 'a' })
      grown = true
    }
    await expect(library.import({ ...files, mode: 'copy' }, { onProgress, signal: doing.signal })).rejects.toEqual(
      code('FileChanged'),
    )
    expect(tree(folder)).toEqual({})
  })

  test('that cannot be kept leaves nothing', async () => {
    store.db.exec(`CREATE TRIGGER full BEFORE INSERT ON models BEGIN SELECT RAISE(ABORT, 'no more'); END`)
    await expect(copied()).rejects.toThrow('no more')
    expect(tree(folder)).toEqual({})
  })

  test('what an earlier process left on its way is removed after a day, nothing else', async () => {
    for (const name of ['.importing-a', '.removed-b', '.moving-c', '.importing-new', '.other', 'Qwen'])
      put(`models/${name}/x.gguf`, Buffer.from('x'))
    const old = new Date(Date.now() - 25 * 3600_000)
    for (const name of readdirSync(folder)) if (name !== '.importing-new') utimesSync(join(folder, name), old, old)
    await library.tidy()
    expect(readdirSync(folder).sort()).toEqual(['.importing-new', '.other', 'Qwen'])
  })
})

describe('verifying', () => {
  test('computes digests once, then compares with them; a changed file stays changed', async () => {
    const { model } = await library.import({ ...outside(), mode: 'in-place' }, work())
    const doing = work()
    expect((await library.verify(model.id, doing)).files).toMatchObject([
      { sha256: digest(source.textPath), digest: 'computed' },
      { sha256: digest(source.projectorPath!), digest: 'computed' },
    ])
    expect(doing.seen.at(-1)).toEqual([sourceBytes, sourceBytes])
    const bytes = readFileSync(model.textPath)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(model.textPath, bytes)
    for (let i = 0; i < 2; i++)
      expect((await library.verify(model.id, work())).files).toMatchObject([
        { sha256: digest(source.textPath), digest: 'changed' },
        { digest: 'computed' },
      ])
    copyFileSync(source.textPath, model.textPath)
    expect((await library.verify(model.id, work())).files[0]).toMatchObject({ digest: 'computed' })
  })

  test('compares with the digest of the source where there is one', async () => {
    const files = outside()
    const verified = new Map([
      [files.textPath, digest(files.textPath)],
      [files.projectorPath, '0'.repeat(64)],
    ])
    const { id } = await models.register(files, { verified })
    expect((await library.verify(id, work())).files).toMatchObject([
      { digest: 'verified' },
      { digest: 'changed', sha256: '0'.repeat(64) },
    ])
  })

  test('of the demo model is possible; of a missing file it is told; stopped it changes nothing', async () => {
    expect((await library.verify(demoModelId, work())).files).toMatchObject([
      { digest: 'computed', sha256: digest(demoModel.textPath) },
      {},
    ])
    const { model } = await library.import({ ...outside(), mode: 'in-place' }, work())
    await expect(library.verify(model.id, work(1))).rejects.toThrow('stopped')
    expect((await library.get(model.id)).files[0]).toMatchObject({ digest: 'unknown', sha256: null })
    rmSync(model.textPath)
    await expect(library.verify(model.id, work())).rejects.toEqual(
      code('ModelNotFound', /text\.gguf is not there any more/),
    )
    await expect(library.fileOf(model.id)).rejects.toEqual(code('ModelNotFound'))
    expect(await library.fileOf(demoModelId)).toBe(demoModel.textPath)
  })
})

describe('adapters', () => {
  test('that fit are kept with their scale, go with the questions, and are taken away again', async () => {
    const { model } = await library.import({ ...source, mode: 'in-place' }, work())
    const path = put('lora.gguf', loraFile({ weights: { 'blk.0.attn_q.weight': [128, 128] } }))
    await library.setAdapter(model.id, path, 0.5)
    models.choose(model.id)
    expect(models.chosen().adapters).toEqual([{ path, scale: 0.5 }])
    await library.setAdapter(model.id, path, -1)
    expect((await library.get(model.id)).files[2]).toMatchObject({ path, role: 'adapter', scale: -1, exists: true })
    await models.register(source)
    expect(models.chosen().adapters, 'kept when the model is added again').toEqual([{ path, scale: -1 }])
    await library.setAdapter(model.id, path, null)
    expect(models.chosen().adapters).toEqual([])
    await expect(library.setAdapter(model.id, path, null)).rejects.toEqual(code('NotFound'))
  })

  test('that do not fit, or are none, are refused', async () => {
    const { model } = await library.import({ ...source, mode: 'in-place' }, work())
    const wide = put('lora.gguf', loraFile({ weights: { 'blk.0.attn_q.weight': [256, 256] } }))
    await expect(library.setAdapter(model.id, wide, 1)).rejects.toEqual(
      code('UnsupportedModel', /Choose an adapter that was made for this model/),
    )
    await expect(library.setAdapter(model.id, model.textPath, 1)).rejects.toEqual(
      code('UnsupportedModel', /is not a LoRA adapter/),
    )
    await expect(library.setAdapter(model.id, join(temp.path, 'gone'), 1)).rejects.toEqual(code('ModelNotFound'))
    expect((await library.get(model.id)).files).toHaveLength(2)
  })
})

describe('removing', () => {
  test('with its files deletes those in the models folder and the folder they leave empty', async () => {
    const { model } = await copied()
    models.choose(model.id)
    await library.remove(model.id, true)
    expect(tree(folder)).toEqual({})
    expect(chosen).toBeNull()
    expect(existsSync(source.textPath)).toBe(true)
  })

  test('without its files leaves them', async () => {
    const { model } = await copied()
    const before = tree(folder)
    await library.remove(model.id, false)
    expect(tree(folder)).toEqual(before)
    expect(await library.list()).toHaveLength(1)
  })

  test('never deletes files that lie elsewhere, also behind a link', async () => {
    const files = outside()
    const { model } = await library.import({ ...files, mode: 'in-place' }, work())
    await expect(library.remove(model.id, true)).rejects.toEqual(code('InvalidInput', /lie outside the models folder/))
    mkdirSync(folder)
    symlinkSync(join(temp.path, 'outside'), join(folder, 'linked'))
    const linked = await library.import(
      { textPath: join(folder, 'linked/text.gguf'), projectorPath: null, mode: 'in-place' },
      work(),
    )
    expect(linked.isOwned).toBe(false)
    await expect(library.remove(linked.model.id, true)).rejects.toEqual(code('InvalidInput'))
    expect([existsSync(files.textPath), existsSync(files.projectorPath)]).toEqual([true, true])
    expect(await library.list()).toHaveLength(3)
  })

  test('deletes the owned part of a model whose projector lies elsewhere', async () => {
    const { projectorPath } = outside()
    const textPath = put('models/mine/text.gguf', source.textPath)
    const { model, isOwned } = await library.import({ textPath, projectorPath, mode: 'in-place' }, work())
    expect(isOwned).toBe(false)
    await library.remove(model.id, true)
    expect([existsSync(textPath), existsSync(projectorPath)]).toEqual([false, true])
  })

  test('keeps what another model has too', async () => {
    const { model } = await copied()
    const bare = await library.import({ textPath: model.textPath, projectorPath: null, mode: 'in-place' }, work())
    await library.remove(model.id, true)
    expect([existsSync(model.textPath), existsSync(model.projectorPath!)]).toEqual([true, false])
    await library.remove(bare.model.id, true)
    expect(tree(folder)).toEqual({})
  })

  test('the demo model is refused, with and without files', async () => {
    for (const files of [true, false])
      await expect(library.remove(demoModelId, files)).rejects.toEqual(code('InvalidInput', /part of the app/))
    expect(existsSync(demoModel.textPath)).toBe(true)
  })

  test('a model whose files are gone already works', async () => {
    const { model } = await copied()
    rmSync(model.textPath)
    await library.remove(model.id, true)
    expect(tree(folder)).toEqual({})
  })

  test('that fails leaves the model and all of its files', async () => {
    const { model } = await copied()
    const before = tree(folder)
    store.db.exec(`CREATE TRIGGER kept BEFORE DELETE ON models BEGIN SELECT RAISE(ABORT, 'no'); END`)
    await expect(library.remove(model.id, true)).rejects.toThrow('no')
    expect(tree(folder)).toEqual(before)
    expect(await library.list()).toHaveLength(2)
  })
})

describe('space', () => {
  test('counts each file once, by disk, without the demo model', async () => {
    const { model } = await copied()
    await library.import({ textPath: model.textPath, projectorPath: null, mode: 'in-place' }, work())
    linkSync(model.textPath, join(temp.path, 'second name.gguf'))
    await library.import(
      { textPath: join(temp.path, 'second name.gguf'), projectorPath: null, mode: 'in-place' },
      work(),
    )
    const space = await library.space()
    expect(space).toMatchObject({ folder, bytes: sourceBytes, disks: [{ path: folder, modelBytes: sourceBytes }] })
    expect(space.disks[0]!.freeBytes).toBeGreaterThan(0)
    expect(space.disks[0]!.totalBytes).toBeGreaterThan(space.disks[0]!.freeBytes)
  })

  test('of a folder that is not there yet is that of its disk', async () => {
    expect(await library.space()).toMatchObject({ bytes: 0, disks: [{ path: folder, modelBytes: 0 }] })
  })
})

test('what an earlier version did not keep of a model is read when the app starts', async () => {
  const { id } = await models.register(outside())
  store.db.exec('UPDATE models SET quantization = NULL, family = NULL')
  const gone = await models.register({ textPath: put('gone.gguf', source.textPath), projectorPath: null })
  store.db.prepare('UPDATE models SET quantization = NULL WHERE id = ?').run(gone.id)
  rmSync(join(temp.path, 'gone.gguf'))
  await library.tidy()
  expect(await library.get(id)).toMatchObject({ quantization: 'F32', family: 'qwen2vl' })
  expect(await library.get(gone.id)).toMatchObject({ quantization: null, files: [{ exists: false }] })
})
