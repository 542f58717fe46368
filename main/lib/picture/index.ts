export * from './openPicture.ts'
export * from './resize.ts'
export * from './smartResize.ts'
export * from './sniff.ts'
