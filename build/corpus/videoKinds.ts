import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Kind } from './kind.ts'

const run = promisify(execFile)
const SECONDS = 2
const source = ['-f', 'lavfi', '-i', `testsrc=size=128x96:rate=10:duration=${SECONDS}`]
const tone = ['-f', 'lavfi', '-i', `sine=duration=${SECONDS}`]

/** What ffmpeg writes to a file of that name. */
const ffmpeg =
  (file: string, ...options: string[]) =>
  async (): Promise<Buffer> => {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-kind-'))
    try {
      const target = join(folder, file)
      await run('ffmpeg', ['-v', 'error', '-y', ...options, target])
      return await readFile(target)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

const video = (name: string, from: string, file: string, ...options: string[]): Kind => ({
  name,
  from,
  file,
  shown: 'frames, 2 per second, with their times',
  needsFfmpeg: true,
  make: ffmpeg(file, ...source, '-pix_fmt', 'yuv420p', ...options),
})
const sound = (name: string, from: string, file: string, ...options: string[]): Kind => ({
  name,
  from,
  file,
  shown: '',
  needsFfmpeg: true,
  make: ffmpeg(file, ...tone, ...options),
})

/** Videos and sounds that people have. */
export const videoKinds: readonly Kind[] = [
  video('MP4, H.264', 'phones, screen recorders, the web', 'video.mp4', '-c:v', 'libx264'),
  video(
    'MP4 or MOV, HEVC',
    'iPhone, action cameras',
    'IMG_0001.MOV',
    '-c:v',
    'libx265',
    '-tag:v',
    'hvc1',
    '-x265-params',
    'log-level=error',
  ),
  video('MP4, AV1', 'the web, OBS', 'av1.mp4', '-c:v', 'libaom-av1', '-cpu-used', '8'),
  video(
    'MP4 cut off',
    'cameras that lost power (fragmented files)',
    'half.mp4',
    '-c:v',
    'libx264',
    '-movflags',
    'frag_keyframe+empty_moov',
    '-g',
    '5',
  ),
  video('WebM, VP8 or VP9', "browsers' recordings, the web", 'recording.webm', '-c:v', 'libvpx-vp9', '-cpu-used', '8'),
  video('MKV', 'OBS, films', 'recording.mkv', '-c:v', 'libx264'),
  video('AVI', 'old cameras, Windows', 'old.avi', '-c:v', 'mpeg4'),
  video('AVI, Motion JPEG', 'compact cameras, dash cameras', 'mjpeg.avi', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p'),
  video('MPEG-TS, M2TS', 'television, AVCHD cameras, HLS', 'camera.ts', '-c:v', 'libx264'),
  video('MPEG, VOB', 'DVDs', 'dvd.mpg', '-c:v', 'mpeg2video', '-r', '25'),
  video('Ogg, Theora', 'Wikipedia', 'clip.ogv', '-c:v', 'libtheora'),
  video('WMV, ASF', 'Windows Media, old screen recorders', 'screen.wmv', '-c:v', 'wmv2'),
  video('FLV', 'old web videos, streams', 'web.flv', '-c:v', 'flv'),
  video('3GP, H.263', 'phones before 2010', 'phone.3gp', '-c:v', 'h263', '-s', '176x144'),
  video('MOV, ProRes', 'iPhone Pro, editing programs', 'edit.mov', '-c:v', 'prores', '-pix_fmt', 'yuv422p10le'),
  sound('MP3', 'music, podcasts', 'song.mp3', '-c:a', 'libmp3lame'),
  sound('M4A', 'voice memos of iPhone', 'memo.m4a', '-c:a', 'aac'),
  sound('MP4 with sound alone', 'downloaded music', 'song.mp4', '-c:a', 'aac'),
  sound('WAV', 'recorders', 'sound.wav'),
  sound('Ogg, Opus', 'voice messages of WhatsApp and Telegram', 'voice.ogg', '-c:a', 'libopus'),
]
