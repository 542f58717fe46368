import { toErrorInfo } from '#contract'
import { removeStranded } from '../../../lib/files/files.ts'
import { errorFields, inRequest, workerLog } from '../../../lib/log/log.ts'
import {
  checkRatio,
  openPicture,
  pictureMimes,
  readRaw,
  resizeBicubic,
  writePng,
  writeSmall,
} from '../../../lib/picture/index.ts'
import { workerChannel } from '../../../lib/workerChannel.ts'
import { createPageReader } from './pageReader.ts'
import type {
  OpenRequest,
  MediaReply,
  MediaRequest,
  PageRequest,
  PageThumbnailRequest,
  Probe,
  ProbeRequest,
} from './protocol.ts'

/** Longest side of a thumbnail in pixels. */
const THUMBNAIL_SIDE = 512
/** Pixels of a small picture of a page: some 200 x 280. */
const PAGE_THUMBNAIL_PIXELS = 56_000
/** How long a file with pages stays open after its last page was asked for, in ms: nobody can remove an open file on Windows. */
const IDLE = 10_000

const paged = createPageReader()
let closing: NodeJS.Timeout | undefined
const channel = workerChannel()
const log = workerLog(channel, 'media')
const reply = (message: MediaReply) => channel.send(message)

async function probe({ path, name, as }: ProbeRequest): Promise<Probe> {
  const { mime, width, height, pages } = await openPicture({ path, name })
  if (as === 'any' && mime === pictureMimes.tiff && pages !== undefined) return { kind: 'paged', mime }
  checkRatio({ width, height }, name)
  return { kind: 'image', mime, width, height, ...(pages !== undefined && { pages }) }
}

async function answer(request: MediaRequest): Promise<MediaReply> {
  const { id, path, name } = request
  if (request.type === 'paged' || request.type === 'page' || request.type === 'pageThumbnail')
    return answerPaged(request)
  if (request.type === 'probe') return { type: 'probed', id, probe: await probe(request) }
  if (request.type === 'thumbnail') {
    const picture = await openPicture({ path, name })
    const mime = await picture.writeThumbnail(request.target, THUMBNAIL_SIDE)
    return { type: 'made', id, mime, notes: picture.notes }
  }
  if (request.type === 'view')
    return { type: 'made', id, mime: await (await openPicture({ path, name })).writeView(request.target) }
  if (request.type === 'input') {
    const picture = await openPicture({ path, name })
    await writePng(await picture.resized(request.size), request.target)
    return { type: 'made', id, mime: 'image/png' }
  }
  const frame = await readRaw(path, request.raw)
  if (request.type === 'poster')
    return { type: 'made', id, mime: await writeSmall(frame, request.target, THUMBNAIL_SIDE) }
  await writePng(resizeBicubic(frame, request.size), request.target)
  return { type: 'made', id, mime: 'image/png' }
}

async function answerPaged(request: OpenRequest | PageRequest | PageThumbnailRequest): Promise<MediaReply> {
  const { id, type, path, name, password } = request
  const source = { path, name, ...(password !== undefined && { password }) }
  if (type === 'paged') return { type: 'opened', id, ...(await paged.pages(source)) }
  if (type === 'pageThumbnail') {
    const page = await paged.draw(source, request.page, PAGE_THUMBNAIL_PIXELS, { mayBeBlank: true })
    return { type: 'made', id, mime: await writeSmall(page, request.target, THUMBNAIL_SIDE) }
  }
  const page = await paged.draw(source, request.page, request.pixels)
  await writePng(page, request.target)
  const { notes, lines, label } = page
  return { type: 'drawn', id, notes, lines, ...(label !== undefined && { label }) }
}

/** Answers a request, and logs how long that took or why it failed. */
async function serve(request: MediaRequest): Promise<void> {
  const { id, type } = request
  const started = performance.now()
  clearTimeout(closing)
  try {
    const answered = await answer(request)
    log.info('work', { op: type, ms: Math.round(performance.now() - started) })
    reply(answered)
  } catch (error) {
    log.warn('work.failed', { op: type, ms: Math.round(performance.now() - started), ...errorFields(error) })
    reply({ type: 'failed', id, error: toErrorInfo(error, 'StorageFailed') })
  } finally {
    closing = setTimeout(() => void paged.close(), IDLE).unref()
  }
}

channel.onMessage((message) => {
  const request = message as MediaRequest
  void inRequest(request.requestId, () => serve(request))
})
// a worker that took too long was killed in the middle of its work
void removeStranded()
log.info('ready')
reply({ type: 'ready' })
