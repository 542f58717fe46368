import { AppError } from '#contract'

/** The video reader is not on this computer. */
export const noTool = (tool: 'ffmpeg' | 'ffprobe', name: string): AppError =>
  new AppError(
    'NotYetSupported',
    `${name} is a video file, which is read with ffmpeg, and ${tool} was not found. ` +
      'Install ffmpeg (it brings ffprobe) so that it is on the PATH, ' +
      'or give the frames as pictures: --video frame1.png,frame2.png or a folder of them.',
    { missing: tool },
  )

/** The video reader was built without what this video needs. */
export const noDecoder = (codec: string, name: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    `The video codec of ${name}, ${codec}, cannot be decoded by the ffmpeg of this computer. ` +
      'Install a complete ffmpeg, or convert the video to H.264 in an MP4 file.',
    { codec },
  )

export const damagedVideo = (name: string, cause?: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    `${name} is damaged or no video that ffmpeg can read. Copy or download it again, or convert it to MP4.`,
    undefined,
    { cause },
  )

export const readingStopped = (name: string): AppError => new AppError('Interrupted', `Reading ${name} was stopped.`)
