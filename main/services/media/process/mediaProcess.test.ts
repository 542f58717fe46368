import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { pdf, words } from '../../../lib/pdf/testing/pdfFile.ts'
import { forkWorker } from '../../../nodePorts.ts'
import type { SpawnWorker, WorkerProcess } from '../../../ports.ts'
import { createMediaProcess } from './mediaProcess.ts'
import type { MediaDeadlines, MediaProcess } from './mediaProcess.ts'

const folder = mkdtempSync(join(tmpdir(), 'media-'))
const photo = join(folder, 'photo.png')
await sharp({ create: { width: 1000, height: 500, channels: 3, background: 'teal' } })
  .png()
  .toFile(photo)

let media: MediaProcess | undefined
afterEach(() => media?.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Real workers, each of which `meddle` may touch with every request that goes to it. */
function start(
  meddle: (worker: WorkerProcess, request: unknown) => 'send' | 'keep' = () => 'send',
  deadlines?: MediaDeadlines,
) {
  const pids: (number | undefined)[] = []
  const spawnWorker: SpawnWorker = (name) => {
    const worker = forkWorker(name)
    pids.push(worker.pid)
    return { ...worker, send: (request) => (meddle(worker, request) === 'send' ? worker.send(request) : undefined) }
  }
  media = createMediaProcess({ spawnWorker, ...(deadlines && { deadlines }) })
  return { media, pids }
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )

describe('media', () => {
  test('probes a picture and makes its thumbnail in one other process', async () => {
    const { media, pids } = start()
    const target = join(folder, 'thumb')
    expect(await Promise.all([media.probe(photo, 'photo.png'), media.thumbnail(photo, 'photo.png', target)])).toEqual([
      { kind: 'image', mime: 'image/png', width: 1000, height: 500 },
      { mime: 'image/webp', notes: [] },
    ])
    expect(await sharp(readFileSync(target)).metadata()).toMatchObject({ format: 'webp', width: 512, height: 256 })
    expect(pids).toHaveLength(1)
    expect(pids[0]).not.toBe(process.pid)
  })

  test('errors keep their code and name across the process border', async () => {
    const { media } = start()
    const text = join(folder, 'text')
    writeFileSync(text, 'only text\n')
    expect(await failure(media.probe(text, 'holiday.png'))).toMatchObject({
      name: 'AppError',
      code: 'UnsupportedMedia',
      message: expect.stringContaining('holiday.png is a text file') as string,
    })
    expect(await failure(media.thumbnail(photo, 'photo.png', join(folder, 'none', 'thumb')))).toMatchObject({
      code: 'StorageFailed',
    })
  })

  test('a picture too long and narrow for any model is refused by its name', async () => {
    const { media } = start()
    const strip = join(folder, 'stored-under-a-number')
    await sharp({ create: { width: 1, height: 201, channels: 3, background: 'teal' } })
      .png()
      .toFile(strip)
    expect(await failure(media.probe(strip, 'strip.png'))).toMatchObject({
      code: 'UnsupportedMedia',
      message: 'strip.png is 1 x 201 pixels; one side may be at most 200 times the other. Crop it and try again.',
    })
    expect(await media.probe(photo, 'photo.png')).toMatchObject({ width: 1000 })
  })

  test('a worker killed in mid-probe costs that request only; the waiting and the next ones work', async () => {
    let waiting: ReturnType<typeof media.probe> | undefined
    const { media, pids } = start((worker) => {
      if (waiting) return 'send'
      waiting = media.probe(photo, 'second.png')
      worker.kill()
      return 'keep'
    })
    const first = failure(media.probe(photo, 'first.png'))
    expect(await first).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('first.png could not be read') as string,
    })
    expect(await waiting).toMatchObject({ width: 1000 })
    expect(await media.probe(photo, 'third.png')).toMatchObject({ width: 1000 })
    expect(pids).toHaveLength(2)
  })

  test('a worker that does not answer in time is ended and replaced', async () => {
    let held = 0
    const { media, pids } = start(() => (held++ === 0 ? 'keep' : 'send'), {
      start: 30_000,
      probe: 50,
      thumbnail: 30_000,
      view: 30_000,
      input: 30_000,
      frame: 30_000,
      poster: 30_000,
      paged: 30_000,
      page: 30_000,
      pageThumbnail: 30_000,
    })
    expect(await failure(media.probe(photo, 'slow.png'))).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('slow.png') as string,
    })
    const target = join(folder, 'after')
    await media.thumbnail(photo, 'photo.png', target)
    expect(existsSync(target)).toBe(true)
    expect(pids).toHaveLength(2)
    expect(() => process.kill(pids[0]!, 0)).toThrow('ESRCH')
  })

  test('a PDF that does not answer in time is ended with a word for PDFs, and the next page is drawn', async () => {
    let held = 0
    const { media, pids } = start(
      (_, request) => ((request as { type: string }).type === 'page' && held++ === 0 ? 'keep' : 'send'),
      {
        ...{ start: 30_000, probe: 30_000, thumbnail: 30_000, view: 30_000, input: 30_000 },
        ...{ frame: 30_000, poster: 30_000 },
        ...{ paged: 30_000, page: 5_000, pageThumbnail: 30_000 },
      },
    )
    const paper = { path: join(folder, 'paper.pdf'), name: 'paper.pdf' }
    writeFileSync(paper.path, pdf([{ content: words('One') }]))
    expect(await media.probe(paper.path, paper.name)).toEqual({ kind: 'paged', mime: 'application/pdf' })
    expect(pids).toEqual([])
    expect(await media.pages(paper)).toEqual({ pages: 1 })
    const target = join(folder, 'page')
    expect(await failure(media.page(paper, 1, 80_000, target))).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringMatching(
        /^paper\.pdf could not be read within 5 seconds\. Print what you ask about/,
      ) as string,
    })
    expect(await media.page({ ...paper }, 1, 80_000, target)).toMatchObject({ notes: [], lines: [{ text: 'One' }] })
    expect(await sharp(readFileSync(target)).metadata()).toMatchObject({ format: 'png', width: 400, height: 200 })
    expect(pids).toHaveLength(2)
  })

  test('a worker that cannot start is said as such', async () => {
    const dead: SpawnWorker = () => ({
      pid: undefined,
      started: Promise.resolve(null),
      send: () => {},
      onMessage: () => {},
      onExit: (listener) => queueMicrotask(() => listener({ code: 1, signal: null })),
      kill: () => {},
    })
    media = createMediaProcess({ spawnWorker: dead })
    expect(await failure(media.probe(photo, 'photo.png'))).toMatchObject({
      code: 'EngineFailed',
      message: expect.stringContaining('did not start') as string,
    })
  })

  test('close ends open requests and refuses later ones', async () => {
    const { media } = start(() => 'keep')
    const open = [failure(media.probe(photo, 'a.png')), failure(media.probe(photo, 'b.png'))]
    media.close()
    for (const error of [...(await Promise.all(open)), await failure(media.probe(photo, 'c.png'))])
      expect(error).toMatchObject({ code: 'Interrupted' })
  })
})
