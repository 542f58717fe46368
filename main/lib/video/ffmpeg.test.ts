import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { runsOf } from './ffmpegFrames.ts'
import { containerOf, openWithFfmpeg, readHead } from './index.ts'
import type { FfmpegVideo } from './index.ts'

const missing = spawnSync('ffmpeg', ['-version']).error
  ? 'ffmpeg is not installed: what it reads is not tried here'
  : null
if (missing) process.stderr.write(`${missing}\n`)

const folder = tempFolder()
afterAll(() => folder.remove())

const FPS = 30
const make = (name: string, ...args: string[]): string => {
  const path = join(folder.path, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, path])
  return path
}

/** Frames that are grey by their number, in some codec and container. */
const clip = (name: string, seconds: number, ...args: string[]): string =>
  make(
    name,
    '-f',
    'lavfi',
    '-i',
    `color=black:size=64x48:rate=${FPS}:duration=${seconds},format=gray,geq=lum='16+8*mod(N,24)'`,
    ...args,
  )
const x264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-qp', '4', '-preset', 'ultrafast']
async function open(path: string): Promise<FfmpegVideo> {
  const container = containerOf(await readHead(path))
  return openWithFfmpeg({
    path,
    name: path.slice(folder.path.length + 1),
    ...(container && { demuxer: container.demuxer }),
  })
}

/** The numbers of the source's frames that these frames are, modulo 24, by their grey. */
async function sourceOf(video: FfmpegVideo, indices: readonly number[]): Promise<number[]> {
  const found: number[] = []
  for await (const {
    picture: { data, width, height },
  } of video.frames(indices)) {
    found.push(Math.round((data[3 * (width * (height >> 1) + (width >> 1))]! - 16) / 8))
  }
  return found
}

test('reading goes on from a frame that decodes alone where that saves decoding', () => {
  const ticks = Float64Array.from({ length: 1000 }, (_, n) => n * 10)
  const keys = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]
  const shown = { width: 1920, height: 1080 }
  expect(runsOf({ ticks, keys, shown }, [0, 10, 250, 299, 999])).toEqual([
    { places: [0, 10], from: null },
    { places: [250, 299], from: 2000 },
    { places: [999], from: 9000 },
  ])
  expect(runsOf({ ticks, keys, shown: { width: 64, height: 48 } }, [0, 999])).toEqual([
    { places: [0, 999], from: null },
  ])
  expect(runsOf({ ticks: null, keys: [], shown }, [0, 999])).toEqual([{ places: [0, 999], from: null }])
  expect(runsOf({ ticks, keys: [], shown }, [5, 900])).toEqual([{ places: [5, 900], from: null }])
})

describe.skipIf(missing !== null)('with ffmpeg', () => {
  let long: string
  beforeAll(() => {
    long = clip('long.mp4', 8, ...x264, '-g', '90', '-bf', '2')
  })

  test('frames that an edit list hides are not counted and not shown, at the start and at the end', async () => {
    const cut = make(
      'cut.mp4',
      '-ss',
      '2.2',
      '-i',
      clip('inOrder.mp4', 8, ...x264, '-g', '90', '-bf', '0'),
      '-t',
      '2.5',
      '-c',
      'copy',
    )
    const video = await open(cut)
    expect(video.facts).toMatchObject({ frames: 75, fps: 30, durationMs: 2500, startMs: 0 })
    expect(await sourceOf(video, [0, 25, 74])).toEqual([66, 91, 140].map((n) => n % 24))
  })

  test('a file that starts before its first key frame starts there', async () => {
    const late = make('late.mkv', '-i', long, '-c', 'copy', '-copyinkf', '-ss', '1')
    const video = await open(late)
    expect(video.facts).toMatchObject({ frames: 150, fps: 30 })
    expect(await sourceOf(video, [0, 149])).toEqual([90 % 24, 239 % 24])
  })

  test.each([
    ['mp4', x264],
    ['mkv', x264],
    ['ts', x264],
    ['flv', x264],
    ['m2ts', x264],
    ['avi', ['-c:v', 'mpeg4', '-q:v', '2', '-bf', '2']],
    ['mpg', ['-c:v', 'mpeg2video', '-q:v', '2', '-f', 'vob']],
    ['ogv', ['-c:v', 'libtheora', '-q:v', '10']],
    ['wmv', ['-c:v', 'wmv2', '-q:v', '2']],
    ['webm', ['-c:v', 'libvpx', '-b:v', '2M']],
    ['h264', [...x264, '-f', 'h264', '-r', '30']],
  ])('a %s file is read whole, at its own rate', async (end, codec) => {
    const video = await open(clip(`whole.${end}`, 4, ...codec))
    expect(video.facts).toMatchObject({ frames: 120, width: 64, height: 48 })
    // a bare stream does not state its rate; ffmpeg takes 25
    if (end !== 'h264') expect(video.facts).toMatchObject({ fps: 30, durationMs: 4000 })
    expect(await sourceOf(video, [0, 40, 41, 119])).toEqual([0, 16, 17, 23])
  })

  test('a frame far into the file is the same as when all before it are decoded', async () => {
    const far = make('far.mp4', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=6', ...x264, '-g', '30')
    const video = await open(far)
    const [alone, amongAll] = [[0, 150], Array.from({ length: 180 }, (_, n) => n)].map(async (indices) => {
      for await (const { index, picture } of video.frames(indices!)) if (index === 150) return picture.data
      throw new Error('There is no such frame.')
    })
    expect(Buffer.compare((await alone)!, (await amongAll)!)).toBe(0)
  })

  test('uneven frames are known by their times', async () => {
    const uneven = make('uneven.mp4', '-i', long, '-vf', "select='lt(mod(n,7),3)'", '-fps_mode', 'vfr', ...x264)
    const video = await open(uneven)
    expect(video.facts.frames).toBe(104)
    expect([video.times[2], video.times[3]].map((time) => Math.round(time! * FPS))).toEqual([2, 7])
    expect(await sourceOf(video, [2, 3, 50])).toEqual([2, 7, (16 * 7 + 2) % 24])
  })

  test('a recording without stated rate or length has those of its frames', async () => {
    const live = make(
      'live.webm',
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=64x48:rate=20:duration=6',
      '-c:v',
      'libvpx',
      '-live',
      '1',
      '-f',
      'webm',
    )
    expect((await open(live)).facts).toMatchObject({ frames: 120, fps: 20, durationMs: 6000 })
  })

  test('pixels that are not square become square, also in a video that is turned', async () => {
    const wide = clip('wide.mp4', 1, ...x264, '-vf', 'setsar=2/1')
    const tall = clip('tall.mkv', 1, ...x264, '-vf', 'setsar=1/2')
    const turned = join(folder.path, 'turned.mp4')
    writeFileSync(turned, turnedByQuarter(readFileSync(wide)))
    for (const [path, width, height] of [
      [wide, 128, 48],
      [tall, 64, 96],
      [turned, 48, 128],
    ] as const) {
      const video = await open(path)
      expect(video.facts).toMatchObject({ width, height })
      for await (const { picture } of video.frames([0])) expect(picture).toMatchObject({ width, height })
    }
  })

  test('HDR is shown as a player shows it, and that is said', async () => {
    const tags = [
      '-color_primaries',
      'bt2020',
      '-colorspace',
      'bt2020nc',
      '-color_trc',
      'smpte2084',
      '-color_range',
      'tv',
    ]
    const hdr = make(
      'hdr.webm',
      '-f',
      'lavfi',
      '-i',
      "color=black:size=64x48:rate=5:duration=1,format=yuv420p10le,geq=lum='if(lt(X,32),502,635)':cb=512:cr=512",
      '-c:v',
      'libvpx-vp9',
      '-lossless',
      '1',
      '-pix_fmt',
      'yuv420p10le',
      ...tags,
    )
    const video = await open(hdr)
    expect(video.facts.notes).toEqual([expect.stringContaining('HDR')])
    for await (const {
      picture: { data, width },
    } of video.frames([0])) {
      // 502 and 635 of 64 to 940 are PQ values of 0.5 and 0.652: 132 and about 222 in Chromium
      expect(Math.abs(data[width * 3 * 20 + 3 * 10]! - 132)).toBeLessThanOrEqual(3)
      expect(Math.abs(data[width * 3 * 20 + 3 * 50]! - 222)).toBeLessThanOrEqual(4)
    }
  })

  test.each([
    ['vp8.webm', ['-c:v', 'libvpx', '-auto-alt-ref', '0', '-b:v', '2M']],
    ['vp9.webm', ['-c:v', 'libvpx-vp9', '-b:v', '2M']],
    ['prores.mov', ['-c:v', 'prores_ks', '-profile:v', '4444', '-pix_fmt', 'yuva444p10le']],
    ['animation.mov', ['-c:v', 'qtrle', '-pix_fmt', 'argb']],
  ])('what is transparent in %s is over white', async (name, codec) => {
    // red of which the left half cannot be seen, and the right one half
    const halves =
      'color=red:size=64x48:rate=30:duration=1,format=rgba,geq=r=220:g=0:b=0:a=if(lt(X\\,32)\\,0\\,128),format=yuva420p'
    const video = await open(make(`alpha-${name}`, '-f', 'lavfi', '-i', halves, ...codec))
    for await (const {
      picture: { data, width },
    } of video.frames([0, 29])) {
      const at = (x: number): number[] => [...data.subarray(3 * (24 * width + x), 3 * (24 * width + x) + 3)]
      for (const value of at(8)) expect(value).toBeGreaterThan(252)
      const [red, green, blue] = at(56)
      for (const [got, wanted] of [
        [red, 237],
        [green, 127],
        [blue, 127],
      ])
        expect(Math.abs(got! - wanted!)).toBeLessThan(8)
    }
  })

  test('a recording that was cut off gives what is there, and says how far it goes', async () => {
    const whole = readFileSync(make('whole-recording.mkv', '-i', long, '-c', 'copy'))
    const torn = join(folder.path, 'torn.mkv')
    writeFileSync(torn, whole.subarray(0, whole.length * 0.6))
    const video = await open(torn)
    expect(video.facts.frames).toBeGreaterThan(100)
    expect(video.facts.notes).toEqual([
      expect.stringMatching(
        /^The file is cut off: what there is of it ends at 0:0[3-6]\. It says that it is 0:08 long\.$/,
      ),
    ])
    const last = video.facts.frames - 1
    expect(await sourceOf(video, [0, last])).toHaveLength(2)
  })

  test('frames that cannot be decoded are the ones beside them', async () => {
    const spoiled = Buffer.from(readFileSync(clip('spoiled.mov', 1 / 3, '-c:v', 'png')))
    const heads: number[] = []
    for (let at = spoiled.indexOf('IHDR'); at > 0; at = spoiled.indexOf('IHDR', at + 1)) heads.push(at)
    expect(heads).toHaveLength(10)
    for (const n of [0, 4, 8, 9]) spoiled.write('????', heads[n]!)
    const path = join(folder.path, 'spoiled.mov')
    writeFileSync(path, spoiled)
    const video = await open(path)
    const given: [number, boolean][] = []
    for await (const { index, isOther } of video.frames([0, 3, 4, 5, 8, 9])) given.push([index, isOther])
    expect(given).toEqual([
      [0, true],
      [3, false],
      [4, true],
      [5, false],
      [8, true],
      [9, true],
    ])
    expect(await sourceOf(video, [0, 3, 4, 5, 8, 9])).toEqual([3, 3, 3, 5, 5, 5])
  })

  test('a recording whose index was never written is told as such', async () => {
    const whole = readFileSync(long)
    const path = join(folder.path, 'unfinished.mp4')
    writeFileSync(path, whole.subarray(0, whole.indexOf('moov') - 4))
    await expect(open(path)).rejects.toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringMatching(/^unfinished\.mp4 was not finished.*index.*untrunc/) as string,
    })
  })

  test('a codec that ffmpeg does not know is told by its name, and what is no video as that', async () => {
    const known = readFileSync(clip('known.avi', 1, '-c:v', 'mpeg4', '-vtag', 'XVID'))
    const path = join(folder.path, 'strange.avi')
    writeFileSync(path, Buffer.from(known.toString('latin1').replaceAll('XVID', 'ZQZQ'), 'latin1'))
    await expect(open(path)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('strange.avi, ZQZQ,') as string,
    })
    const noise = join(folder.path, 'noise.dat')
    writeFileSync(noise, Buffer.alloc(4000, 1))
    await expect(open(noise)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/^noise\.dat is no video/) as string,
    })
  })

  test.skipIf(process.platform === 'win32')('an ffmpeg from before 5.1 is asked in its own words', async () => {
    const real = execFileSync('which', ['ffmpeg']).toString().trim()
    const own = tempFolder()
    writeFileSync(
      join(own.path, 'ffmpeg'),
      `#!/bin/sh\ncase "$*" in *-fps_mode*) echo "[fatal] Unrecognized option 'fps_mode'." >&2; exit 1;; esac\nexec ${real} "$@"\n`,
      { mode: 0o700 },
    )
    vi.stubEnv('PATH', `${own.path}:${process.env['PATH']}`)
    try {
      const video = await open(long)
      expect(await sourceOf(video, [0, 30])).toEqual([0, 6])
      expect(await sourceOf(video, [31])).toEqual([7])
    } finally {
      vi.unstubAllEnvs()
      own.remove()
    }
  })

  test.skipIf(process.platform === 'win32')(
    'an ffmpeg without libvpx reads the colours of a video with alpha',
    async () => {
      const real = execFileSync('which', ['ffmpeg']).toString().trim()
      const own = tempFolder()
      const alpha = clip(
        'alpha-without.webm',
        1,
        '-c:v',
        'libvpx',
        '-auto-alt-ref',
        '0',
        '-b:v',
        '2M',
        '-pix_fmt',
        'yuva420p',
      )
      writeFileSync(
        join(own.path, 'ffmpeg'),
        `#!/bin/sh\ncase "$*" in *"-c:v libvpx"*) echo "[fatal] Unknown decoder 'libvpx'" >&2; exit 1;; esac\nexec ${real} "$@"\n`,
        { mode: 0o700 },
      )
      vi.stubEnv('PATH', `${own.path}:${process.env['PATH']}`)
      try {
        const video = await open(alpha)
        expect(await sourceOf(video, [0, 20])).toEqual([0, 20])
        expect(await sourceOf(video, [21])).toEqual([21])
      } finally {
        vi.unstubAllEnvs()
        own.remove()
      }
    },
  )

  test('a file without video is called what it is, with its cover', async () => {
    const sound = make('sound.mp4', '-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac')
    const cover = make('cover.png', '-f', 'lavfi', '-i', 'color=red:size=32x32', '-frames:v', '1')
    const song = make(
      'song.m4a',
      '-i',
      sound,
      '-i',
      cover,
      '-map',
      '0',
      '-map',
      '1',
      '-c:a',
      'copy',
      '-c:v',
      'copy',
      '-disposition:v:0',
      'attached_pic',
    )
    await expect(open(sound)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/^sound\.mp4 is a sound recording; there is no video in it\./) as string,
      detail: { kind: 'audio', hasCover: false },
    })
    await expect(open(song)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('cover picture') as string,
      detail: { kind: 'audio', hasCover: true },
    })
  })
})

/** An MP4 whose first track is shown turned by a quarter: its matrix is written over. */
function turnedByQuarter(file: Buffer): Buffer {
  const bytes = Buffer.from(file)
  const at = bytes.indexOf('tkhd') + 4 + 4 + 20 + 16
  for (const [n, value] of [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000].entries())
    bytes.writeInt32BE(value, at + 4 * n)
  return bytes
}
