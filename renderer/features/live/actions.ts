import { t } from '@lingui/core/macro'
import { AppError } from '#contract'
import type { QuestionPart } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { whenHost } from '../../lib/host.ts'
import { openCamera, readTrack, shareScreen } from '../../lib/mediaTracks.ts'
import type { TrackFrames } from '../../lib/mediaTracks.ts'
import { call } from '../../lib/rpc.ts'
import { upload } from '../../lib/upload.ts'
import { MAX_QUESTION_FRAMES, lately, off, rateOf, thinned, useLive, withMoment } from './store.ts'
import type { LiveSource } from './store.ts'
import { watchFrames } from './watch.ts'
import type { Watch } from './watch.ts'

/** The view that is on; one object from its begin to its end, by which a late event knows whether it is still meant. */
let running: { readonly frames: TrackFrames; readonly watch: Watch } | null = null

/** Ends the live view; everything that was seen is forgotten. */
export function stopLive(): void {
  running?.watch.end()
  running?.frames.stop()
  running = null
  for (const track of useLive.getState().stream?.getTracks() ?? []) track.stop()
  useLive.setState(off)
}

function begin(track: MediaStreamVideoTrack, source: LiveSource): void {
  const frames = readTrack(track)
  const watch = watchFrames(frames, useLive.getState().intervalMs, (moment) =>
    useLive.setState(({ moments }) => ({ moments: withMoment(moments, moment) })),
  )
  const own = { frames, watch }
  running = own
  useLive.setState({ ...off, source, stream: new MediaStream([track.clone()]) })
  void frames.ended.then(() => {
    if (running !== own) return
    stopLive()
    useLive.setState({
      error: new AppError('Interrupted', t`What was watched is no longer shown. Choose it again to go on.`).toInfo(),
    })
  })
}

/**
 * Begins to watch the camera, or a screen or window. Needs a click just before. Where the shell lists sources, they are
 * offered first.
 */
export async function startLive(source: LiveSource, sourceId: string | null = null): Promise<void> {
  stopLive()
  useLive.setState({ opening: true })
  try {
    if (source === 'screen' && sourceId === null) {
      const { capabilities } = await whenHost()
      const choices = capabilities.capture ? await call((core) => core.capture.sources()) : []
      if (choices.length > 0) return useLive.setState({ ...off, choices })
    }
    const track = source === 'camera' ? await openCamera() : await shareScreen(sourceId)
    if (track) begin(track, source)
    else useLive.setState(off)
  } catch (thrown) {
    useLive.setState({ ...off, error: toAppError(thrown).toInfo() })
  }
}

/** Looks more or less often from now on. */
export function lookEvery(intervalMs: number): void {
  useLive.setState({ intervalMs })
  running?.watch.lookEvery(intervalMs)
}

/** Stores a picture and returns its name there. */
const store = async (picture: Blob, name: string): Promise<string> =>
  (await upload(await whenHost(), new File([picture], name, { type: 'image/jpeg' }))).sha

async function nowPart(): Promise<QuestionPart> {
  const picture = await running?.watch.now()
  if (!picture) throw new AppError('MediaNotFound', t`Nothing has been seen yet. Wait a moment and ask again.`)
  return { type: 'image', sha: await store(picture, t`Live view.jpg`), name: t`Live view.jpg` }
}

async function lastPart(seconds: number): Promise<QuestionPart> {
  const moments = thinned(lately(useLive.getState().moments, performance.now(), seconds), MAX_QUESTION_FRAMES)
  // Nothing changed: one picture says it all.
  if (moments.length < 2) return nowPart()
  const name = t`Live view, last ${seconds} s`
  const pictures = await Promise.all(
    moments.map(({ picture }, index) => store(picture, t`${name}, frame ${index + 1}.jpg`)),
  )
  return { type: 'frames', name, pictures, fps: rateOf(moments) }
}

/**
 * Asks about what is seen now, or about the last seconds as a video. Only what is asked about is stored. Rejects with
 * AppError.
 */
export async function askLive(
  conversationId: string | null,
  question: string,
  seconds: number | null,
): Promise<{ conversationId: string }> {
  const part = seconds === null ? await nowPart() : await lastPart(seconds)
  return call((core) => core.ask.send({ conversationId, parts: [part, { type: 'text', text: question }] }))
}
