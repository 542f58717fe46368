export { probeFacts } from './extractFrames.ts'
export { createSampleVideo } from './sampleVideo.ts'
export type { SampleVideo, SampleVideoParts } from './sampleVideo.ts'
