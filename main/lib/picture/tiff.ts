import { libvipsReader } from './libvips.ts'
import type { OpenReader } from './reader.ts'

/** TIFF: its first page. */
export const openTiff: OpenReader = libvipsReader('tiff')
