import { VideoSample, VideoSampleSink } from 'mediabunny'
import type { InputVideoTrack } from 'mediabunny'
import type { Packets } from './packets.ts'

/** A decoded frame; both are to be closed by who takes it. `alpha`: its brightness is how opaque each pixel is. */
export interface Decoded {
  readonly sample: VideoSample
  readonly alpha: VideoFrame | null
}

/** A frame that is wanted: the place of its packet, and when it is shown, in seconds. */
interface Wanted {
  readonly place: number
  readonly time: number
}

/** Wanted frames, by time, that are decoded in one go from the key packet at `start`. */
interface Stretch {
  readonly start: number
  readonly wanted: readonly Wanted[]
}

/** Packets that may wait in the decoder, and decoded frames that may wait for who takes them. */
const QUEUE = 64
const AHEAD = 2
/** Times that lie closer are the same, in seconds. */
const SAME = 5e-6

/**
 * Decodes the frames of the packets at these places, given in the order of their times, one after the other: from the
 * key packet before each, without what no wanted frame needs. Twice as fast as decoding all, where half the frames are
 * disposable.
 *
 * @throws What the decoder throws; an error when a frame cannot be had.
 */
export async function* decode(
  track: InputVideoTrack,
  packets: Packets,
  places: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<Decoded> {
  const turn = { rotation: await track.getRotation(), flip: await track.getFlip() }
  const config = await configOf(track)
  for await (const stretch of stretches(packets, places)) {
    const left = [...stretch.wanted]
    const own = config && new Decoder(config, packets, stretch, signal)
    try {
      while (own && left.length > 0) {
        const next = await own.next()
        if (signal.aborted) return
        if (!next) break
        yield { sample: new VideoSample(next.color, { timestamp: next.time, ...turn }), alpha: next.alpha }
        left.shift()
      }
    } catch {
      // the library knows ways around what stops this browser's decoder
    } finally {
      own?.close()
    }
    if (left.length > 0) yield* byLibrary(track, packets, { ...stretch, wanted: left }, signal)
  }
}

async function* stretches(packets: Packets, places: readonly number[]): AsyncGenerator<Stretch> {
  let now: { readonly start: number; readonly wanted: Wanted[] } = { start: -1, wanted: [] }
  for (const place of places) {
    const start = await packets.start(place)
    if (start < 0) throw new Error('No key packet comes before the frame')
    if (now.start !== start) {
      if (now.wanted.length > 0) yield now
      now = { start, wanted: [] }
    }
    now.wanted.push({ place, time: packets.times[place] ?? 0 })
  }
  if (now.wanted.length > 0) yield now
}

/** The configuration for the browser's decoder; null when it cannot decode this video. */
async function configOf(track: InputVideoTrack): Promise<VideoDecoderConfig | null> {
  const config = await track.getDecoderConfig()
  if (!config) return null
  const { primaries, transfer, matrix, fullRange } = config.colorSpace ?? {}
  // what is set in part Chromium drops as a whole; a file that does not say how its colours are meant has them as ITU-R
  // BT.601, which is what the readers that models are trained with take them for, not as Chromium's BT.709, which turns
  // red into orange
  const colorSpace = {
    primaries: primaries ?? 'bt709',
    transfer: transfer ?? 'bt709',
    matrix: matrix ?? 'smpte170m',
    fullRange: fullRange ?? false,
  } as const
  // the same pixels on every computer; and a graphics chip is slow to give single frames
  const soft = { ...config, colorSpace, hardwareAcceleration: 'prefer-software' } as const
  return (await VideoDecoder.isConfigSupported(soft)).supported === true ? soft : { ...config, colorSpace }
}

interface Output {
  readonly color: VideoFrame
  readonly alpha: VideoFrame | null
  readonly time: number
}

/**
 * Decodes one stretch with the browser's decoder, and beside it what a packet holds of transparency with a second one.
 */
class Decoder {
  readonly #color: VideoDecoder
  readonly #config: VideoDecoderConfig
  #alpha: VideoDecoder | null = null
  readonly #waiting: Wanted[]
  readonly #ready: Output[] = []
  /** Frames that wait for their transparency, by microseconds. */
  readonly #pending = new Map<number, VideoFrame>()
  readonly #withAlpha = new Set<number>()
  readonly #alphas = new Map<number, VideoFrame>()
  /** The frame that was shown last: it stays where a packet brings no new one. */
  #shown: VideoFrame | null = null
  #failure: unknown = null
  #isOver = false
  #isClosed = false
  #wake: (() => void) | null = null
  #room: (() => void) | null = null

  constructor(config: VideoDecoderConfig, packets: Packets, stretch: Stretch, signal: AbortSignal) {
    this.#config = config
    this.#waiting = [...stretch.wanted]
    this.#color = new VideoDecoder({ output: (frame) => this.#take(frame), error: (error) => this.#fail(error) })
    this.#color.addEventListener('dequeue', () => this.#room?.())
    this.#color.configure(config)
    void this.#feed(packets, stretch, signal).then(
      () => this.#end(),
      (error: unknown) => this.#fail(error),
    )
  }

  /** The next wanted frame; null when there is none left. */
  async next(): Promise<Output | null> {
    for (;;) {
      const next = this.#ready.shift()
      if (next) {
        this.#room?.()
        return next
      }
      if (this.#failure !== null) throw this.#failure as Error
      if (this.#isOver) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  close(): void {
    this.#isClosed = true
    this.#room?.()
    for (const decoder of [this.#color, this.#alpha]) if (decoder && decoder.state !== 'closed') decoder.close()
    for (const { color, alpha } of this.#ready.splice(0)) [color, alpha].forEach((frame) => frame?.close())
    for (const frames of [this.#pending, this.#alphas]) {
      for (const frame of frames.values()) frame.close()
      frames.clear()
    }
    this.#shown?.close()
    this.#shown = null
  }

  async #feed(packets: Packets, { start, wanted }: Stretch, signal: AbortSignal): Promise<void> {
    const places = new Set(wanted.map(({ place }) => place))
    const last = Math.max(...places)
    let packet = await packets.at(start)
    for (let place = start; place <= last; place++) {
      if (place > start) packet = await packets.after(packet)
      if (place > start && !places.has(place) && packets.isDisposable(packet)) continue
      while (!this.#isDone(signal) && (this.#color.decodeQueueSize >= QUEUE || this.#ready.length >= AHEAD))
        await new Promise<void>((resolve) => (this.#room = resolve))
      if (this.#isDone(signal)) return
      if (packet.sideData.alpha && !packet.isMetadataOnly) this.#feedAlpha(packet.alphaToEncodedVideoChunk(packet.type))
      this.#color.decode(packet.toEncodedVideoChunk())
    }
    await Promise.all([this.#color.flush(), this.#alpha?.flush()])
  }

  #isDone(signal: AbortSignal): boolean {
    return this.#isClosed || this.#failure !== null || signal.aborted
  }

  #feedAlpha(chunk: EncodedVideoChunk): void {
    this.#alpha ??= this.#openAlpha()
    this.#withAlpha.add(chunk.timestamp)
    this.#alpha.decode(chunk)
  }

  #openAlpha(): VideoDecoder {
    const decoder = new VideoDecoder({
      output: (frame) => {
        const color = this.#pending.get(frame.timestamp)
        this.#pending.delete(frame.timestamp)
        if (color) this.#give(color, frame)
        else if (this.#waiting.some(({ time }) => isSame(frame, time))) this.#alphas.set(frame.timestamp, frame)
        else frame.close()
      },
      error: (error) => this.#fail(error),
    })
    decoder.configure(this.#config)
    return decoder
  }

  #take(frame: VideoFrame): void {
    if (this.#isClosed) return frame.close()
    // packets that brought no picture: the one before stays on the screen
    while (
      this.#shown &&
      this.#waiting[0] &&
      !isSame(frame, this.#waiting[0].time) &&
      frame.timestamp > this.#waiting[0].time * 1e6
    )
      this.#hold(this.#shown)
    const isWanted = this.#waiting[0] !== undefined && isSame(frame, this.#waiting[0].time)
    this.#shown?.close()
    this.#shown = frame
    if (isWanted) this.#hold(frame)
  }

  /** Gives a copy of the frame for the one that is wanted next. */
  #hold(frame: VideoFrame): void {
    this.#waiting.shift()
    const color = frame.clone()
    const alpha = this.#alphas.get(color.timestamp)
    this.#alphas.delete(color.timestamp)
    if (alpha || !this.#withAlpha.has(color.timestamp)) this.#give(color, alpha ?? null)
    else this.#pending.set(color.timestamp, color)
  }

  #give(color: VideoFrame, alpha: VideoFrame | null): void {
    this.#ready.push({ color, alpha, time: color.timestamp / 1e6 })
    this.#wake?.()
  }

  /** All was decoded. */
  #end(): void {
    if (this.#isClosed) return
    while (this.#shown && this.#waiting.length > 0 && this.#pending.size === 0) this.#hold(this.#shown)
    this.#isOver = true
    this.#wake?.()
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#room?.()
    this.#wake?.()
  }
}

const isSame = (frame: VideoFrame, time: number): boolean => Math.abs(frame.timestamp / 1e6 - time) < SAME

/** The same with the library's own decoding of all frames of a stretch. */
async function* byLibrary(
  track: InputVideoTrack,
  packets: Packets,
  { start, wanted }: Stretch,
  signal: AbortSignal,
): AsyncGenerator<Decoded> {
  const left = [...wanted]
  const isUntagged = !(await track.getColorSpace()).matrix
  const samples = new VideoSampleSink(track).samples(packets.times[start], (left.at(-1)?.time ?? 0) + SAME)
  const stop = (): void => void samples.return()
  signal.addEventListener('abort', stop)
  try {
    for await (const sample of samples) {
      if (signal.aborted) return sample.close()
      if (left[0] && Math.abs(sample.timestamp - left[0].time) < SAME) {
        left.shift()
        yield { sample: isUntagged ? await asBt601(sample) : sample, alpha: null }
      } else sample.close()
    }
    if (left.length > 0 && !signal.aborted) throw new Error('A frame did not come out of the decoder')
  } finally {
    signal.removeEventListener('abort', stop)
    await samples.return()
  }
}

/**
 * A frame of a file that does not say how its colours are meant, as ITU-R BT.601, which is what the readers that models
 * are trained with take them for; Chromium's decoder takes them for BT.709, which turns red into orange. The given
 * frame is closed; the answer is to be closed by who takes it.
 */
async function asBt601(sample: VideoSample): Promise<VideoSample> {
  if (!sample.format || sample.format.startsWith('RGB') || sample.format.startsWith('BGR')) return sample
  const frame = sample.toVideoFrame()
  try {
    const planes = new Uint8Array(frame.allocationSize())
    const layout = await frame.copyTo(planes)
    const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight }
    const meant = new VideoFrame(planes, {
      format: frame.format ?? 'I420',
      codedWidth: width,
      codedHeight: height,
      displayWidth: frame.displayWidth,
      displayHeight: frame.displayHeight,
      timestamp: frame.timestamp,
      layout,
      colorSpace: { matrix: 'smpte170m', primaries: 'bt709', transfer: 'bt709', fullRange: frame.colorSpace.fullRange },
    })
    return new VideoSample(meant, { timestamp: sample.timestamp, rotation: sample.rotation, flip: sample.flip })
  } finally {
    frame.close()
    sample.close()
  }
}
