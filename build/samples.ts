import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import type { Canvas } from '../resources/demo-model/training/generator/canvas.ts'
import type { Colour } from '../resources/demo-model/training/generator/colours.ts'
import { drawScene } from '../resources/demo-model/training/generator/draw.ts'
import { plainForm } from '../resources/demo-model/training/generator/scene.ts'
import type { Placed, Scene, Shape } from '../resources/demo-model/training/generator/scene.ts'
import { setText } from '../resources/demo-model/training/generator/text.ts'

/** Side of every sample picture in pixels: four times the demo model's own 112. */
const SIDE = 448
/** Side and frames per second of the sample video, and when the thing in it changes, in seconds. */
const VIDEO = { side: 336, fps: 12, seconds: 4, changesAt: 2 }

/** A thing at a place given as shares of the side. */
const thing = (colour: Colour, shape: Shape, x = 0.5, y = 0.5, radius = 0.36): Placed => ({
  colour,
  shape,
  x: x * SIDE,
  y: y * SIDE,
  radius: radius * SIDE,
  form: plainForm,
})
const scene = (background: Colour, ...objects: Placed[]): Scene => ({
  width: SIDE,
  height: SIDE,
  background,
  style: 'plain',
  objects,
  text: null,
  odd: false,
  seed: 'sample',
})

function printed(text: string, colour: Colour, background: Colour): Scene {
  const size = (SIDE * 0.8) / setText(text, 'sans', 1).width
  return {
    ...scene(background),
    text: { text, colour, font: 'sans', size, x: SIDE * 0.1, y: SIDE * 0.5 + size * 0.36 },
  }
}

const pictures: Readonly<Record<string, Scene>> = {
  'red-circle': scene('white', thing('red', 'circle')),
  'blue-square': scene('white', thing('blue', 'square')),
  'green-star': scene('white', thing('green', 'star')),
  'yellow-triangle': scene('black', thing('yellow', 'triangle')),
  'orange-heart': scene('white', thing('orange', 'heart')),
  'four-shapes': scene(
    'white',
    thing('red', 'circle', 0.24, 0.26, 0.15),
    thing('blue', 'star', 0.72, 0.22, 0.16),
    thing('green', 'square', 0.3, 0.74, 0.16),
    thing('purple', 'heart', 0.75, 0.7, 0.16),
  ),
  'printed-word': printed('HELLO', 'black', 'white'),
}

/** Draws the pictures and the video that come with the app into `resources/samples/`; the video only where ffmpeg is. */
async function drawSamples(): Promise<void> {
  const folder = fileURLToPath(new URL('../resources/samples/', import.meta.url))
  await mkdir(folder, { recursive: true })
  for (const [name, picture] of Object.entries(pictures)) {
    await sharp(draw(picture).data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png({ palette: true })
      .toFile(`${folder}${name}.png`)
  }
  const video = `${folder}circle-turns-blue.mp4`
  if (!(await encode(video))) {
    await rm(video, { force: true })
    console.log('ffmpeg is not here, or cannot write H.264: the video was left out')
  } else console.log(`${video}: ${(await readFile(video)).length} bytes`)
}

const draw = (picture: Scene): Canvas => drawScene(picture, true).canvas

/** A red circle that turns blue. Returns whether it was written. */
async function encode(file: string): Promise<boolean> {
  const { side, fps, seconds, changesAt } = VIDEO
  const arguments_ = [
    '-y',
    '-loglevel',
    'error',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-s',
    `${side}x${side}`,
    '-r',
    `${fps}`,
    '-i',
    '-',
    '-c:v',
    'libx264',
    '-threads',
    '1',
    '-crf',
    '18',
    '-pix_fmt',
    'yuv420p',
    '-movflags',
    '+faststart',
    '-fflags',
    '+bitexact',
    '-flags:v',
    '+bitexact',
    file,
  ]
  const ffmpeg = spawn('ffmpeg', arguments_, { stdio: ['pipe', 'inherit', 'inherit'] })
  const ended = once(ffmpeg, 'close').then(
    ([code]) => code === 0,
    () => false,
  )
  ffmpeg.stdin.on('error', () => {})
  const scale = side / SIDE
  for (let i = 0; i < fps * seconds; i++) {
    const object = thing(i < fps * changesAt ? 'red' : 'blue', 'circle')
    const frame = {
      ...scene('white', { ...object, x: object.x * scale, y: object.y * scale, radius: object.radius * scale }),
      width: side,
      height: side,
    }
    ffmpeg.stdin.write(draw(frame).data)
  }
  ffmpeg.stdin.end()
  return ended
}

await drawSamples()
