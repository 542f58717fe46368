import { AppError, say } from '#contract'
import type { FileKind } from './sniff.ts'

/** Kinds that are read, with their MIME types. */
export const pictureMimes = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  heic: 'image/heic',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  jxl: 'image/jxl',
  jp2: 'image/jp2',
  psd: 'image/vnd.adobe.photoshop',
  svg: 'image/svg+xml',
  raw: 'image/x-raw',
} as const satisfies Partial<Record<FileKind, string>>

export type PictureKind = keyof typeof pictureMimes

export const isPictureKind = (kind: FileKind): kind is PictureKind => kind in pictureMimes

const READ = 'PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF, BMP or ICO'

const kindNames: Record<Exclude<FileKind, PictureKind | 'empty'>, string> = {
  jxr: 'a JPEG XR picture',
  tga: 'a TGA picture',
  dds: 'a DDS texture',
  pnm: 'a PNM picture (PBM, PGM, PPM)',
  exr: 'an OpenEXR picture',
  hdr: 'a Radiance HDR picture',
  xcf: 'a GIMP file',
  qoi: 'a QOI picture',
  pcx: 'a PCX picture',
  djvu: 'a DjVu document',
  eps: 'a PostScript file',
  metafile: 'a Windows metafile',
  pdf: 'a PDF document',
  office: 'a document of an office program',
  video: 'a video',
  audio: 'a sound recording',
  archive: 'an archive',
  gguf: 'a model file',
  safetensors: 'a model file of another form (safetensors)',
  html: 'a web page',
  text: 'a text file',
  unknown: 'of an unknown kind',
}

/** The error for a file that is not a readable picture: says what the file really is and what to do. */
export function refusedKind(kind: Exclude<FileKind, PictureKind>, name: string): AppError {
  if (kind === 'empty')
    return new AppError('DamagedMedia', say`${name} is empty (0 bytes). Choose the file again, or another one.`)
  const is = `${name} is ${kindNames[kind]}`
  if (kind === 'pdf')
    return new AppError(
      'UnsupportedMedia',
      say`${is}: one page of it at a time is a picture. Drop it in the window and choose its pages, or name it with --image and --page.`,
      { kind },
    )
  if (kind === 'office')
    return new AppError(
      'UnsupportedMedia',
      say`${is}, of which a PDF can be read: print or export it to a PDF in the program that it is from, and add that. With LibreOffice on this computer Sightline makes the PDF itself.`,
      { kind },
    )
  if (kind === 'html')
    return new AppError(
      'UnsupportedMedia',
      say`${is}, of which a PDF can be read: open it in a browser, print it to a PDF, and add that. With LibreOffice on this computer Sightline makes the PDF itself.`,
      { kind },
    )
  if (kind === 'video')
    return new AppError(
      'UnsupportedMedia',
      say`${is}, not a picture. Add it as a video, or save a frame of it as a PNG and use that.`,
      {
        kind,
      },
    )
  if (kind === 'text') {
    return new AppError(
      'UnsupportedMedia',
      say`${is}, not a picture. Choose a ${READ} file, or paste its text into the question.`,
      { kind },
    )
  }
  if (kind === 'unknown' || kind === 'audio' || kind === 'archive' || kind === 'gguf' || kind === 'safetensors') {
    return new AppError('UnsupportedMedia', say`${is}, not a picture that can be read. Choose a ${READ} file.`, {
      kind,
    })
  }
  return new AppError('UnsupportedMedia', say`${is}, which cannot be read. Save it as PNG or JPEG and use that.`, {
    kind,
  })
}

/** A raw file of a camera that has no picture beside its raw data, or of a kind in which none is looked for. */
export const refusedRaw = (name: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    say`${name} is a raw file of a camera without a picture in it that can be read. Save it as PNG or JPEG in a program for photos and use that.`,
    { kind: 'raw' },
  )

export const missingFile = (name: string): AppError =>
  new AppError('MediaNotFound', say`${name} was not found. Check the path, or choose the file again.`)

export const damaged = (name: string, cause: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    say`${name} is damaged or incomplete and cannot be read. Copy or download it again, or save it anew in a picture editor.`,
    undefined,
    { cause },
  )

export const tooLarge = (name: string, width: number, height: number, limit: number): AppError =>
  new AppError(
    'MediaTooLarge',
    say`${name} is ${width} x ${height} pixels (${megapixels(width * height)} megapixels); at most ${megapixels(limit)} can be read. Make it smaller and try again.`,
    { width, height, limit },
  )

const megapixels = (pixels: number): string => Math.ceil(pixels / 1e6).toLocaleString('en')
