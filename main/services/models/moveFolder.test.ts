import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import type { ReadRoom } from './index.ts'
import type { LibraryOptions } from './library.ts'
import { libraryIn } from './testing/moveUntilKilled.ts'
import {
  code,
  copied,
  digest,
  folder,
  library,
  open,
  outside,
  put,
  reopenStore,
  setFolder,
  source,
  sourceBytes,
  store,
  temp,
  tree,
  useLibrary,
  work,
} from './testing/openLibrary.ts'

useLibrary()

describe('moving the models folder', () => {
  const otherDisk = () =>
    Promise.reject(Object.assign(new Error('cross-device link'), { code: 'EXDEV', syscall: 'link' }))
  /** A models folder with a copied model, a stray file, an empty folder, and links within it and out of it. */
  async function filled() {
    const { model } = await copied()
    put('models/notes/readme.txt', Buffer.from('mine'))
    mkdirSync(join(folder, 'empty'))
    symlinkSync(join('..', relative(folder, model.textPath)), join(folder, 'notes/inside.gguf'))
    symlinkSync(join(temp.path, 'nowhere'), join(folder, 'out'))
    return { model, before: tree(folder), from: folder }
  }
  const ways: [string, Partial<LibraryOptions>][] = [
    ['the same disk', {}],
    ['another disk', { linkFile: otherDisk }],
  ]

  test.each(ways)('to %s takes everything along, and the models know', async (_, options) => {
    open(options)
    const { model, before, from } = await filled()
    const { model: elsewhere } = await library.import({ ...outside(), mode: 'in-place' }, work())
    const to = join(temp.path, 'new', 'place')
    const doing = work()
    const space = await library.moveFolder(to, doing)
    expect(space).toMatchObject({ folder: to, bytes: 2 * sourceBytes })
    expect(folder).toBe(to)
    expect(tree(to)).toEqual(before)
    expect(existsSync(from)).toBe(false)
    expect(digest(join(to, 'notes/inside.gguf'))).toBe(digest(source.textPath))
    const moved = await library.get(model.id)
    expect(moved).toMatchObject({
      isOwned: true,
      model: { textPath: join(to, relative(from, model.textPath)) },
      files: [{ exists: true, digest: 'computed' }, { exists: true }],
    })
    expect((await library.get(elsewhere.id)).model).toEqual(elsewhere)
    const [done, bytes] = doing.seen.at(-1)!
    expect(done).toBe(bytes)
    await library.remove(model.id, true)
    expect(existsSync(moved.model.textPath)).toBe(false)
  })

  test.each(ways)('to %s, stopped at any time, leaves everything where it was', async (_, options) => {
    open(options)
    const { model, before, from } = await filled()
    const to = join(temp.path, 'new', 'place')
    for (const stopAt of [0, 1, 1_500_000, sourceBytes, 2 * sourceBytes]) {
      const doing = work(stopAt)
      if (stopAt === 0) doing.onProgress(0, 0)
      await expect(library.moveFolder(to, doing)).rejects.toThrow(/stopped|abort/)
      expect(library.isMoving()).toBe(false)
      expect(folder).toBe(from)
      expect(tree(from)).toEqual(before)
      expect(existsSync(join(temp.path, 'new'))).toBe(false)
      if (!('linkFile' in options) && stopAt >= sourceBytes) break
    }
    expect((await library.get(model.id)).files.every((file) => file.exists)).toBe(true)
  })

  test.each(ways)('to %s that cannot be recorded leaves everything where it was', async (_, options) => {
    open({
      ...options,
      folder: {
        get: () => folder,
        set: () => {
          throw new Error('no record')
        },
      },
    })
    const { model, before, from } = await filled()
    await expect(library.moveFolder(join(temp.path, 'new'), work())).rejects.toThrow('no record')
    expect(tree(from)).toEqual(before)
    expect(existsSync(join(temp.path, 'new'))).toBe(false)
    expect((await library.get(model.id)).model.textPath).toBe(model.textPath)
  })

  const memoryDisk = '/dev/shm'
  const isAnother = existsSync(memoryDisk) && statSync(memoryDisk).dev !== statSync(tmpdir()).dev
  test.skipIf(!isAnother)('to a real other disk, where files have no second names', async () => {
    const { before, from } = await filled()
    const to = mkdtempSync(join(memoryDisk, 'sightline-'))
    try {
      expect(await library.moveFolder(to, work())).toMatchObject({ folder: to, bytes: sourceBytes })
      expect(tree(to)).toEqual(before)
      expect(existsSync(from)).toBe(false)
    } finally {
      rmSync(to, { recursive: true })
    }
  })

  test('to another disk without room is refused and leaves everything', async () => {
    const readRoom: ReadRoom = async () => ({ freeBytes: 1000, totalBytes: 2000 })
    const { before, from } = await filled()
    open({ linkFile: otherDisk, readRoom })
    await expect(library.moveFolder(join(temp.path, 'new'), work())).rejects.toEqual(code('DiskFull'))
    expect(tree(from)).toEqual(before)
    expect(existsSync(join(temp.path, 'new'))).toBe(false)
    open({ readRoom })
    expect((await library.moveFolder(join(temp.path, 'new'), work())).folder, 'the same disk needs none').toBe(
      join(temp.path, 'new'),
    )
  })

  test('by a disk that fails in the middle leaves everything where it was', async () => {
    const { before, from } = await filled()
    let left = 2
    open({
      linkFile: (a, b) => {
        if (left-- > 0) linkSync(a, b)
        else return Promise.reject(Object.assign(new Error('gone'), { code: 'EIO', syscall: 'link', path: a }))
        return Promise.resolve()
      },
    })
    await expect(library.moveFolder(join(temp.path, 'new'), work())).rejects.toEqual(
      code('StorageFailed', /the disk answered EIO/),
    )
    expect(tree(from)).toEqual(before)
    expect(existsSync(join(temp.path, 'new'))).toBe(false)
  })

  test('refuses folders in each other, files, and names that are taken; the same folder is a move already done', async () => {
    const { before, from } = await filled()
    const refused = (to: string, message: RegExp) =>
      expect(library.moveFolder(to, work())).rejects.toEqual(code('InvalidInput', message))
    await refused('relative', /not the full path/)
    await refused(join(from, 'below'), /in the other/)
    await refused(temp.path, /in the other/)
    await refused(put('a file', Buffer.from('x')), /is a file/)
    put('taken/notes/mine.txt', Buffer.from('x'))
    await refused(join(temp.path, 'taken'), /already has something named notes/)
    expect(tree(join(temp.path, 'taken'))).toMatchObject({ 'notes/mine.txt': expect.any(String) as string })
    expect(readdirSync(join(temp.path, 'taken'))).toEqual(['notes'])
    symlinkSync(from, join(temp.path, 'link'))
    expect((await library.moveFolder(join(temp.path, 'link'), work())).folder).toBe(join(temp.path, 'link'))
    expect(tree(realpathSync(folder))).toEqual(before)
  })

  test('keeps what the new folder already holds, and knows models through a link', async () => {
    const { model } = await copied()
    const from = folder
    symlinkSync(from, join(temp.path, 'link'))
    setFolder(join(temp.path, 'link'))
    const bare = await library.import(
      { textPath: join(folder, relative(from, model.textPath)), projectorPath: null, mode: 'in-place' },
      work(),
    )
    put('new/other.txt', Buffer.from('x'))
    await library.moveFolder(join(temp.path, 'new'), work())
    expect(readdirSync(folder)).toContain('other.txt')
    for (const id of [model.id, bare.model.id])
      expect(
        (await library.get(id)).files.every((file) => file.exists && file.path.startsWith(join(temp.path, 'new'))),
      ).toBe(true)
  })

  test('of a folder that is not there only changes the setting', async () => {
    expect((await library.moveFolder(join(temp.path, 'new'), work())).folder).toBe(join(temp.path, 'new'))
    expect(existsSync(folder)).toBe(true)
  })

  test('and work on its files keep out of each other’s way', async () => {
    const { model } = await filled()
    let during: Promise<unknown> | null = null
    const doing = work()
    const onProgress = (done: number, bytes: number) => {
      doing.onProgress(done, bytes)
      expect(library.isMoving()).toBe(true)
      during ??= Promise.allSettled([
        library.remove(model.id, true),
        library.verify(model.id, work()),
        copied(),
        library.moveFolder(join(temp.path, 'b'), work()),
      ])
    }
    await library.moveFolder(join(temp.path, 'a'), { onProgress, signal: doing.signal })
    expect(library.isMoving()).toBe(false)
    expect(await during).toEqual(new Array(4).fill({ status: 'rejected', reason: code('Busy') }))
    let moving: Promise<unknown> | null = null
    await library.verify(model.id, {
      onProgress: () =>
        void (moving ??= library.moveFolder(join(temp.path, 'b'), work()).catch((error: unknown) => error)),
      signal: doing.signal,
    })
    expect(await moving).toEqual(code('Busy'))
    expect(await library.moveFolder(join(temp.path, 'b'), work())).toMatchObject({ folder: join(temp.path, 'b') })
  })
})

test('a process that is killed while the folder moves loses nothing, wherever it strikes', async () => {
  store.close()
  const module = JSON.stringify(new URL('./testing/moveUntilKilled.ts', import.meta.url).href)
  const script = `import { moveUntilKilled } from ${module}; await moveUntilKilled(process.argv[1])`
  const digests = [digest(source.textPath), digest(source.projectorPath!)]
  for (const lines of [1, 5, 9, 12, 25]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, temp.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let left = lines
    for await (const line of createInterface({ input: child.stdout }))
      if (--left === 0 && line !== '') child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    const after = libraryIn(temp.path)
    const [, model] = await after.library.list()
    expect(model!.files.map((file) => digest(file.path))).toEqual(digests)
    expect(model).toMatchObject({ isOwned: true })
    after.close()
  }
  reopenStore()
})
