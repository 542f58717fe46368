import { AppError } from '#contract'

/** Bytes of a TIFF are missing or wrong. */
export const tiffDamaged = (name: string, cause: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    `${name} is damaged or incomplete and cannot be read. Copy or download it again, or save it anew in a picture editor.`,
    undefined,
    {
      cause,
    },
  )

/** An intact TIFF of a form that is not read; `what` says which: "holds …", "is compressed as …". */
export const tiffUnsupported = (name: string, what: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    `${name} ${what}, which cannot be read. Open it in the program that made it, save it as PNG and use that.`,
    { kind: 'tiff' },
  )

const compressions: Readonly<Record<number, string>> = {
  1: 'no compression',
  2: 'fax G3 (CCITT 1D)',
  3: 'fax G3',
  4: 'fax G4',
  5: 'LZW',
  6: 'old-style JPEG',
  7: 'JPEG',
  8: 'Deflate',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT 2-bit',
  32773: 'PackBits',
  32809: 'ThunderScan',
  32946: 'Deflate',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  33003: 'JPEG 2000 (Aperio)',
  33005: 'JPEG 2000 (Aperio)',
  34887: 'LERC',
  34892: 'lossy JPEG (DNG)',
  34925: 'LZMA',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL (DNG)',
}

/** What a compression is called. */
export const compressionName = (code: number): string => compressions[code] ?? `method ${code}`

const colours: Readonly<Record<number, string>> = {
  4: 'a transparency mask only',
  10: 'colours as ITU Lab',
  32803: 'the raw data of a camera',
  32844: 'SGI LogL greys',
  32845: 'SGI LogLuv colours',
  34892: 'the raw data of a camera',
  51177: 'a depth map',
}

/** What a photometric interpretation that is not read holds. */
export const colourName = (code: number): string => colours[code] ?? `colours of kind ${code}`
