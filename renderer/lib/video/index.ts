export { fillFrames, startSampling, type Filled } from './fillFrames.ts'
export type { SampledFrame, Thumbnail, VideoReading } from './types.ts'
export { withFrames } from './withFrames.ts'
export { openVideo, prepareVideo, type OpenVideo } from './video.ts'
