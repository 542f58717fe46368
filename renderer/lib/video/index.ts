export { fillFrames, type Filled } from './fillFrames.ts'
export type { Thumbnail, VideoReading } from './types.ts'
export { withFrames } from './withFrames.ts'
export { openVideo, type OpenVideo } from './video.ts'
