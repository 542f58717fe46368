import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { LibraryModel, noOverrides } from '#contract'
import { describe, expect, test } from 'vitest'
import { demoModel } from '../../testing/engineRequests.ts'
import { loraFile } from '../../testing/ggufWriter.ts'
import { demoModelId } from './demo.ts'
import {
  source,
  sourceBytes,
  digest,
  temp,
  folder,
  chosen,
  store,
  models,
  library,
  settings,
  work,
  tree,
  code,
  put,
  outside,
  copied,
} from './testing/testLibrary.ts'

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
