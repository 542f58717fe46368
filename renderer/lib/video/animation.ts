import { AppError, timeLine } from '#contract'
import { VideoSample } from 'mediabunny'
import { bytesOf } from './bytes.ts'
import { movingKinds } from './moving.ts'
import type { VideoFile } from './videoFile.ts'

/** Bytes of a file that tell what it is. */
const HEAD_BYTES = 32
/** A file is held in memory whole, as the browser's decoder wants it. */
const MAX_BYTES = 256 * 1024 ** 2
/** More pictures are no animation that anybody looks at. */
const MAX_PICTURES = 20_000
/** The decoder's clock, in ticks per second. */
const MICROSECONDS = 1e6

/**
 * Opens a picture that moves, in a file or at an address, as a video: each picture with the time that it is shown; null for
 * anything else.
 *
 * @throws {AppError} `UnsupportedMedia` for one that does not move, `DamagedMedia`, `MediaTooLarge`.
 */
export async function openAnimation(from: Blob | string): Promise<VideoFile | null> {
  const bytes = await bytesOf(from)
  const head = String.fromCharCode(...(await bytes.read(0, HEAD_BYTES)))
  const kind = movingKinds.find(({ begins }) => begins.test(head))
  if (!kind) return null
  const { name, mime: type } = kind
  if (bytes.size > MAX_BYTES)
    throw new AppError(
      'MediaTooLarge',
      'This moving picture is larger than 256 MB. Convert it to an MP4 video and add that.',
    )
  const decoder = new ImageDecoder({ data: await bytes.read(0, bytes.size), type, preferAnimation: true })
  await decoder.completed
  await decoder.tracks.ready
  const count = decoder.tracks.selectedTrack?.frameCount ?? 0
  if (count < 2)
    throw new AppError('UnsupportedMedia', 'This is a still picture, not a video. Add it as a picture.', {
      kind: 'still',
    })
  if (count > MAX_PICTURES)
    throw new AppError(
      'MediaTooLarge',
      `This moving picture has more than ${MAX_PICTURES} pictures. Convert it to an MP4 video and add that.`,
    )
  const picture = async (index: number): Promise<VideoFrame> =>
    (await decoder.decode({ frameIndex: index, completeFramesOnly: true })).image
  const first = await picture(0)
  const [width, height] = [first.displayWidth, first.displayHeight]
  first.close()

  async function readLine() {
    const starts: number[] = []
    let end = 0
    for (let index = 0; index < count; index++) {
      const { timestamp, duration } = await closing(picture(index))
      starts.push(timestamp)
      end = timestamp + (duration ?? 0)
    }
    const { times, ...line } = timeLine({ ticksPerSecond: MICROSECONDS, times: starts, end })
    return { facts: { ...line, width, height, codec: name }, times }
  }
  let reading: ReturnType<typeof readLine> | null = null
  return {
    known: { width, height, codecName: name, isDecodable: true },
    read: () => (reading ??= readLine()),
    async *frames(indices, signal) {
      for (const index of indices) {
        if (signal.aborted) return
        yield { sample: overWhite(await picture(index)), alpha: null }
      }
    },
    overview: async (wanted) =>
      Array.from({ length: Math.min(wanted, count) }, (_, n) => Math.floor((n * count) / Math.min(wanted, count))),
  }
}

/** When a picture is shown and for how long, in microseconds. */
async function closing(decoded: Promise<VideoFrame>): Promise<Pick<VideoFrame, 'timestamp' | 'duration'>> {
  const frame = await decoded
  const { timestamp, duration } = frame
  frame.close()
  return { timestamp, duration }
}

/** The picture over white where it is transparent. Takes the frame. */
function overWhite(frame: VideoFrame): VideoSample {
  if (!/A/.test(frame.format ?? 'A')) return new VideoSample(frame)
  const { displayWidth: width, displayHeight: height, timestamp } = frame
  const canvas = new OffscreenCanvas(width, height)
  const drawn = canvas.getContext('2d', { alpha: false, colorSpace: 'srgb' })
  if (!drawn) throw new Error('This window has no canvas')
  drawn.fillStyle = 'white'
  drawn.fillRect(0, 0, width, height)
  drawn.drawImage(frame, 0, 0)
  frame.close()
  return new VideoSample(new VideoFrame(canvas, { timestamp }))
}
