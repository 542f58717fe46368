import { checkSize, libvipsReader } from './libvips.ts'
import type { OpenReader } from './reader.ts'
import { damaged } from './refusals.ts'

const readPng = libvipsReader('png')

/** PNG tells its size in bytes 16 to 23, so a huge one is refused as huge even when the rest of it is missing. */
export const openPng: OpenReader = async (file) => {
  if (file.head.length < 24) throw damaged(file.name, 'cut before the size')
  const view = new DataView(file.head.buffer, file.head.byteOffset, file.head.byteLength)
  checkSize(file.name, { width: view.getUint32(16), height: view.getUint32(20) })
  return readPng(file)
}
