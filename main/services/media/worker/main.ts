import { toErrorInfo } from '#contract'
import { openPicture } from '../../../lib/picture/index.ts'
import { workerChannel } from '../../../lib/workerChannel.ts'
import type { MediaReply, MediaRequest } from '../protocol.ts'

/** Longest side of a thumbnail in pixels. */
const THUMBNAIL_SIDE = 512

// Ctrl+C in a terminal reaches every process of the app; the core decides when its workers end.
process.on('SIGINT', () => {})

const channel = workerChannel()
const reply = (message: MediaReply) => channel.send(message)

async function answer(request: MediaRequest): Promise<MediaReply> {
  const picture = await openPicture({ path: request.path, name: request.name })
  if (request.type === 'thumbnail') {
    return { type: 'made', id: request.id, mime: await picture.writeThumbnail(request.target, THUMBNAIL_SIDE) }
  }
  const { mime, width, height } = picture
  return { type: 'probed', id: request.id, probe: { mime, width, height } }
}

channel.onMessage((message) => {
  const request = message as MediaRequest
  answer(request).then(reply, (error: unknown) => reply({ type: 'failed', id: request.id, error: toErrorInfo(error, 'StorageFailed') }))
})
reply({ type: 'ready' })
