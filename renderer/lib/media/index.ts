export { canShareScreen, openCamera, shareScreen } from './shareScreen.ts'
export { grabFrame, readTrack, type TrackFrames } from './trackFrames.ts'
