import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { cr3, mrw, raf } from '../../main/lib/picture/raw/testing/rawFiles.ts'
import { apng } from '../../main/lib/picture/testing/apngFile.ts'
import { psd, resource } from '../../main/lib/picture/testing/psdFile.ts'
import { tiffHead } from '../../main/lib/picture/tiff/encode.ts'
import type { EncodedPage, TagValue } from '../../main/lib/picture/tiff/encode.ts'
import type { Kind } from './kind.ts'

/** How is shown what moves, and what a camera put beside its raw data. */
const moving = 'its first picture; as a video with --video, or with "Use as a video", all of them at their times'
const stored = 'the picture that the camera stored beside the raw data'
const fixture = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../main/lib/picture/fixtures', name))
/** The red, green and blue of the picture. */
const planes = (): Buffer[] => [0, 1, 2].map((channel) => Buffer.from(rgb.filter((_, i) => i % 3 === channel)))

const WIDTH = 64
const HEIGHT = 48
const PIXELS = WIDTH * HEIGHT

/** Left half red, right half blue. */
const rgb = Buffer.from(
  Array.from({ length: PIXELS }, (_, i) => (i % WIDTH < WIDTH / 2 ? [220, 30, 30] : [30, 69, 220])).flat(),
)
const picture = (): Sharp => sharp(rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
const wide = (): Sharp =>
  sharp(
    Uint16Array.from(rgb, (value) => value * 257),
    { raw: { width: WIDTH, height: HEIGHT, channels: 3 } },
  ).toColourspace('rgb16')
/** Three pictures, one below the other, as sharp takes sequences. */
const sequence = (): Sharp =>
  sharp(Buffer.concat([rgb, rgb.map((value) => 255 - value), rgb]), {
    raw: { width: WIDTH, height: HEIGHT * 3, channels: 3, pageHeight: HEIGHT },
  })
const cut = (bytes: Buffer, share: number): Buffer => bytes.subarray(0, Math.floor(bytes.length * share))
const noise = (): Sharp =>
  sharp(Buffer.from(Array.from({ length: PIXELS * 3 }, (_, i) => (i * 2654435761) >>> 24)), {
    raw: { width: WIDTH, height: HEIGHT, channels: 3 },
  })

function tiff(...pages: { tags?: readonly TagValue[]; block: Buffer }[]): Buffer {
  const encoded: EncodedPage[] = pages.map(({ tags = [], block }) => {
    const own = new Set(tags.map(([tag]) => tag))
    const usual: TagValue[] = [
      [256, [WIDTH]],
      [257, [HEIGHT]],
      [258, [8]],
      [259, [1]],
      [262, [2]],
      [277, [3]],
    ]
    return { tags: [...usual.filter(([tag]) => !own.has(tag)), ...tags], blockLengths: [block.length] }
  })
  return Buffer.concat([tiffHead(encoded), ...pages.map(({ block }) => block)])
}

const floats = Buffer.from(Float32Array.from({ length: PIXELS }, (_, i) => (i % WIDTH) / WIDTH).buffer)
const yCbCr = Buffer.from(Array.from({ length: PIXELS }, () => [86, 97, 223]).flat())
const withChannel = Buffer.from(Array.from({ length: PIXELS }, () => [220, 30, 30, 0]).flat())
const inks = Buffer.from(Array.from({ length: PIXELS }, () => [35, 225, 225, 0]).flat())

/** Bytes that begin as a file of a kind that is not read; the rest is never looked at. */

async function camera(): Promise<Buffer> {
  const preview = await picture().jpeg().toBuffer()
  const raw: TagValue[] = [
    [256, [6000]],
    [257, [4000]],
    [258, [14]],
    [262, [32_803]],
    [277, [1]],
  ]
  return tiff(
    {
      tags: [
        [254, [1]],
        [259, [6]],
        [262, [6]],
      ],
      block: preview,
    },
    { tags: raw, block: Buffer.alloc(64) },
  )
}

/** The icon of one PNG. */
async function icon(): Promise<Buffer> {
  const png = await picture().resize(32, 32, { fit: 'fill' }).png().toBuffer()
  const head = Buffer.alloc(22)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(1, 4)
  head.writeUInt8(32, 6)
  head.writeUInt8(32, 7)
  head.writeUInt16LE(32, 12)
  head.writeUInt32LE(png.length, 14)
  head.writeUInt32LE(22, 18)
  return Buffer.concat([head, png])
}

function bmp(): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM', 'latin1')
  head.writeUInt32LE(54 + rgb.length, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(WIDTH, 18)
  head.writeInt32LE(HEIGHT, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  return Buffer.concat([head, rgb])
}

const asIs = 'as it is, in sRGB'

/** Pictures that people have. */
export const pictureKinds: readonly Kind[] = [
  {
    name: 'PNG',
    from: 'screenshots of Windows, macOS, Linux, Android',
    file: 'screenshot.png',
    shown: asIs,
    make: () => picture().png().toBuffer(),
  },
  {
    name: 'PNG with transparency',
    from: 'logos, cut-outs, design programs',
    file: 'logo.png',
    shown: 'over white',
    make: () => picture().ensureAlpha(0.5).png().toBuffer(),
  },
  {
    name: 'PNG of 16 bits, or with another colour space',
    from: 'Lightroom, Affinity, screenshots of wide-gamut Macs',
    file: 'wide.png',
    shown: 'converted to sRGB, 8 bits',
    make: () => wide().withIccProfile('p3').png().toBuffer(),
  },
  {
    name: 'PNG cut off',
    from: 'downloads that broke off',
    file: 'half.png',
    shown: 'what is there, the rest white',
    make: async () => cut(await noise().png().toBuffer(), 0.6),
  },
  {
    name: 'JPEG',
    from: 'every phone and camera, the web',
    file: 'photo.jpg',
    shown: 'turned as EXIF says',
    make: () => picture().jpeg().toBuffer(),
  },
  {
    name: 'JPEG without its end',
    from: 'network cameras, broken downloads, recovered cards',
    file: 'no-end.jpg',
    shown: 'what is there, the rest white',
    make: async () => (await picture().jpeg().toBuffer()).subarray(0, -2),
  },
  {
    name: 'JPEG in CMYK',
    from: 'print shops, InDesign, Photoshop',
    file: 'print.jpg',
    shown: 'converted to sRGB, by its profile or by what the inks leave of white',
    make: () => picture().toColourspace('cmyk').jpeg().toBuffer(),
  },
  {
    name: 'WebP',
    from: 'the web, WhatsApp stickers',
    file: 'web.webp',
    shown: asIs,
    make: () => picture().webp().toBuffer(),
  },
  {
    name: 'WebP sequence',
    from: 'animated stickers',
    file: 'sticker.webp',
    shown: moving,
    make: () => sequence().webp().toBuffer(),
  },
  { name: 'GIF', from: 'the web', file: 'still.gif', shown: asIs, make: () => picture().gif().toBuffer() },
  {
    name: 'GIF sequence',
    from: 'screen recorders, messengers',
    file: 'moves.gif',
    shown: moving,
    make: () => sequence().gif().toBuffer(),
  },
  {
    name: 'APNG',
    from: 'screen recorders, stickers',
    file: 'moves.png',
    shown: moving,
    make: async () => apng([await picture().png().toBuffer(), await picture().negate().png().toBuffer()], [500, 500]),
  },
  {
    name: 'AVIF sequence',
    from: 'the web',
    file: 'moves.avif',
    shown: moving,
    make: async () => fixture('sequence.avif'),
  },
  { name: 'AVIF', from: 'the web, Android 14', file: 'web.avif', shown: asIs, make: () => picture().avif().toBuffer() },
  // convert -size 64x48 xc:'rgb(220,30,30)' -fill 'rgb(30,69,220)' -draw 'rectangle 32,0 63,47' pic.png; heif-enc -q 50 pic.png
  {
    name: 'HEIC, HEIF',
    from: 'iPhone, iPad, Samsung Galaxy',
    file: 'IMG_0001.heic',
    shown: asIs,
    make: async () => readFileSync(join(import.meta.dirname, 'small.heic')),
  },
  { name: 'BMP', from: "Windows' clipboard and Paint", file: 'paint.bmp', shown: asIs, make: async () => bmp() },
  { name: 'ICO, CUR', from: "Windows' icons, favicons", file: 'favicon.ico', shown: 'its largest picture', make: icon },
  { name: 'TIFF', from: 'scanners, Photoshop', file: 'scan.tif', shown: asIs, make: () => picture().tiff().toBuffer() },
  {
    name: 'TIFF of several pages',
    from: 'scanners, fax servers',
    file: 'pages.tif',
    shown: 'the pages that are chosen, each a picture; on the command line the first, --page N takes another',
    make: async () => tiff({ block: rgb }, { block: rgb }),
  },
  {
    name: 'TIFF, fax G3 and G4',
    from: 'fax servers, archives',
    file: 'fax.tif',
    shown: 'black and white',
    make: () =>
      picture()
        .greyscale()
        .threshold(100)
        .toColourspace('b-w')
        .tiff({ compression: 'ccittfax4', bitdepth: 1 })
        .toBuffer(),
  },
  {
    name: 'TIFF with channels beyond the colour',
    from: 'Photoshop, satellites',
    file: 'channels.tif',
    shown: 'its colours; alpha over white, other channels left out',
    make: async () =>
      tiff({
        tags: [
          [277, [4]],
          [338, [0]],
        ],
        block: withChannel,
      }),
  },
  {
    name: 'TIFF in YCbCr',
    from: 'scanners, old Photoshop',
    file: 'ycbcr.tif',
    shown: 'converted to RGB by its coefficients',
    make: async () =>
      tiff({
        tags: [
          [262, [6]],
          [530, [1, 1]],
        ],
        block: yCbCr,
      }),
  },
  {
    name: 'TIFF in Lab',
    from: 'Photoshop',
    file: 'lab.tif',
    shown: 'converted to sRGB',
    make: async () =>
      tiff({ tags: [[262, [8]]], block: Buffer.from(Array.from({ length: PIXELS }, () => [138, 81, 70]).flat()) }),
  },
  {
    name: 'TIFF in CMYK',
    from: 'print shops',
    file: 'print.tif',
    shown: 'converted to sRGB, by its profile or by what the inks leave of white',
    make: async () =>
      tiff({
        tags: [
          [262, [5]],
          [277, [4]],
        ],
        block: inks,
      }),
  },
  {
    name: 'TIFF of floating point numbers',
    from: 'microscopes, height maps, rendering programs',
    file: 'float.tif',
    shown: '0 to 1 from black to white, else from the least to the greatest',
    make: async () =>
      tiff({
        tags: [
          [258, [32]],
          [262, [1]],
          [277, [1]],
          [339, [3]],
        ],
        block: floats,
      }),
  },
  {
    name: 'TIFF of 16-bit greys of a 12-bit camera',
    from: 'microscopes, X-ray',
    file: 'xray.tif',
    shown: 'from the least to the greatest where little of the range is used',
    make: async () =>
      tiff({
        tags: [
          [258, [16]],
          [262, [1]],
          [277, [1]],
        ],
        block: Buffer.from(Uint16Array.from({ length: PIXELS }, (_, i) => (i % WIDTH) * 64).buffer),
      }),
  },
  {
    name: 'TIFF cut off',
    from: 'broken downloads',
    file: 'half.tif',
    shown: 'what is there, the rest white',
    make: async () => cut(tiff({ tags: [[278, [HEIGHT]]], block: rgb }), 0.6),
  },
  {
    name: 'TIFF with JPEG 2000 inside',
    from: 'slide scanners of laboratories',
    file: 'slide.tif',
    shown: '',
    make: async () => tiff({ tags: [[259, [33_005]]], block: rgb }),
  },
  {
    name: 'DNG, CR2, NEF, ARW and other raw files that are TIFF',
    from: 'Adobe, Canon, Nikon, Sony cameras',
    file: 'IMG_0001.DNG',
    shown: stored,
    make: camera,
  },
  {
    name: 'CR3',
    from: 'Canon cameras since 2018',
    file: 'IMG_0001.CR3',
    shown: stored,
    make: async () => cr3([await picture().jpeg().toBuffer()]),
  },
  {
    name: 'RAF, RW2, ORF, X3F, MRW',
    from: 'Fujifilm, Panasonic, Olympus, Sigma, Minolta cameras',
    file: 'DSCF0001.RAF',
    shown: stored,
    make: async () => raf(await picture().jpeg().toBuffer()),
  },
  {
    name: 'Raw files without a preview in them',
    from: 'old cameras',
    file: 'PICT0001.MRW',
    shown: '',
    make: async () => mrw(Buffer.alloc(0)),
  },
  {
    name: 'PSD, PSB',
    from: 'Photoshop, Affinity, Procreate',
    file: 'design.psd',
    shown: 'all its layers together, as the program stored them; over white',
    make: async () => psd({ planes: planes(), packed: false }),
  },
  {
    name: 'PSD without a picture of its layers',
    from: 'Photoshop with "Maximize compatibility" off',
    file: 'layers.psd',
    shown: '',
    make: async () => psd({ planes: planes(), resources: resource(1057, Buffer.from([0, 0, 0, 1, 0])) }),
  },
  {
    name: 'JPEG XL',
    from: 'iPhone 16 Pro, some programs',
    file: 'photo.jxl',
    shown: 'as it is, in sRGB; of an animation its first picture, or all of them as a video',
    make: async () => fixture('drawing.jxl'),
  },
  {
    name: 'JPEG 2000',
    from: 'archives, cinemas',
    file: 'archive.jp2',
    shown: 'as it is, in sRGB, over white',
    make: async () => fixture('drawing.jp2'),
  },
  {
    name: 'SVG, SVGZ',
    from: 'design programs, the web',
    file: 'drawing.svg',
    shown: 'drawn as large as its detail allows, over white; nothing else is loaded',
    make: async () =>
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="9"/></svg>'),
  },
  {
    name: 'SVG that shows other files',
    from: 'design programs',
    file: 'linked.svg',
    shown: 'the rest of it',
    make: async () =>
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="9"/><image href="photo.png" width="9" height="9"/></svg>',
      ),
  },
]
