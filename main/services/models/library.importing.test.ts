import { existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { badFiles } from '../../testing/engineFiles.ts'
import { splitGguf } from '../../testing/ggufSplit.ts'
import {
  engine,
  source,
  bytesOf,
  sourceBytes,
  digest,
  temp,
  folder,
  chosen,
  store,
  library,
  open,
  work,
  tree,
  code,
  put,
  outside,
  copied,
} from './testing/testLibrary.ts'

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
