import { VideoSample } from 'mediabunny'

/**
 * A frame of a file that does not say how its colours are meant, as ITU-R BT.601, which is what the readers that models
 * are trained with take them for; Chromium's decoder takes them for BT.709, which turns red into orange. The given
 * frame
 * is closed; the answer is to be closed by who takes it.
 */
export async function asBt601(sample: VideoSample): Promise<VideoSample> {
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
