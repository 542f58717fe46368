import { toErrorInfo } from '#contract'
import { removeStranded } from '../../../lib/files/files.ts'
import { errorFields, inRequest, workerLog } from '../../../lib/log/log.ts'
import { checkRatio, openPicture, readRaw, resizeBicubic, writePng, writeSmall } from '../../../lib/picture/index.ts'
import { workerChannel } from '../../../lib/workerChannel.ts'
import type { MediaReply, MediaRequest, Probe } from './protocol.ts'

/** Longest side of a thumbnail in pixels. */
const THUMBNAIL_SIDE = 512

const channel = workerChannel()
const log = workerLog(channel, 'media')
const reply = (message: MediaReply) => channel.send(message)

async function probe(path: string, name: string): Promise<Probe> {
  const { mime, width, height, pages } = await openPicture({ path, name })
  checkRatio({ width, height }, name)
  return { kind: 'image', mime, width, height, ...(pages !== undefined && { pages }) }
}

async function answer(request: MediaRequest): Promise<MediaReply> {
  const { id, path, name } = request
  if (request.type === 'probe') return { type: 'probed', id, probe: await probe(path, name) }
  if (request.type === 'thumbnail') {
    const picture = await openPicture({ path, name })
    const mime = await picture.writeThumbnail(request.target, THUMBNAIL_SIDE)
    return { type: 'made', id, mime, notes: picture.notes }
  }
  if (request.type === 'view')
    return { type: 'made', id, mime: await (await openPicture({ path, name })).writeView(request.target) }
  const frame = await readRaw(path, request.raw)
  if (request.type === 'poster')
    return { type: 'made', id, mime: await writeSmall(frame, request.target, THUMBNAIL_SIDE) }
  await writePng(resizeBicubic(frame, request.size), request.target)
  return { type: 'made', id, mime: 'image/png' }
}

/** Answers a request, and logs how long that took or why it failed. */
async function serve(request: MediaRequest): Promise<void> {
  const { id, type } = request
  const started = performance.now()
  try {
    const answered = await answer(request)
    log.info('work', { op: type, ms: Math.round(performance.now() - started) })
    reply(answered)
  } catch (error) {
    log.warn('work.failed', { op: type, ms: Math.round(performance.now() - started), ...errorFields(error) })
    reply({ type: 'failed', id, error: toErrorInfo(error, 'StorageFailed') })
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
