import { parseArgs } from 'node:util'
import { findChromium, installHint } from '../../build/chromium.ts'
import { root } from '../support/electronProgram.ts'
import { benchClips } from './clips.ts'
import { benchLongVideo } from './longVideo.ts'

/**
 * How long videos take in the window, and how much memory. Linux only; needs ffmpeg, to make the files and to compare with.
 *
 *     npm run bench:video                      a video of 20 minutes: time and memory
 *     npm run bench:video -- --clips           three clips of 20 seconds, and a file of 1 GB until it is known to be a video
 *     npm run bench:video -- --against DIR     the same clips with another checkout of the project, built, turn by turn
 */
const { values } = parseArgs({
  options: {
    clips: { type: 'boolean', default: false },
    against: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
})
const executable = findChromium()
if (!executable) throw new Error(installHint)
if (values.clips || values.against !== undefined)
  await benchClips({
    executable,
    roots: [root, ...(values.against ? [values.against] : [])],
    rounds: Number(values.rounds),
  })
else await benchLongVideo(executable)
