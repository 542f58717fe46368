import { toErrorInfo } from '#contract'
import { removeStranded } from '../../../lib/files/index.ts'
import { checkRatio, openPicture, readRaw, resizeBicubic, writePng, writeSmall } from '../../../lib/picture/index.ts'
import { workerChannel } from '../../../lib/workerChannel.ts'
import type { MediaReply, MediaRequest, Probe } from './protocol.ts'

/** Longest side of a thumbnail in pixels. */
const THUMBNAIL_SIDE = 512

// Ctrl+C in a terminal reaches every process of the app; the core decides when its workers end.
process.on('SIGINT', () => {})

const channel = workerChannel()
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

channel.onMessage((message) => {
  const request = message as MediaRequest
  answer(request).then(reply, (error: unknown) =>
    reply({ type: 'failed', id: request.id, error: toErrorInfo(error, 'StorageFailed') }),
  )
})
// a worker that took too long was killed in the middle of its work
void removeStranded()
reply({ type: 'ready' })
