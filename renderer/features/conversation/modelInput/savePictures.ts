import type { ModelInput, Size } from '#contract'
import { saveFile } from '../../../lib/copyAndSave.ts'
import { count } from '../../../lib/format.ts'

/** What of an input is saved. */
export interface Saved {
  readonly input: ModelInput
  /** Which of its frames. */
  readonly frame: number
  /** What addresses begin with. */
  readonly base: string
}

const stemOf = ({ input, frame }: Saved): string => {
  const stem = input.name.replace(/\.[^.]*$/, '')
  return input.kind === 'video' ? `${stem}-frame-${frame + 1}` : stem
}

async function read(address: string): Promise<Blob> {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`The picture could not be read (${answer.status}).`)
  return answer.blob()
}

/** Saves the pixels that the model got, as PNG. Rejects when they cannot be read. */
export async function saveInput(saved: Saved): Promise<void> {
  const { input, frame, base } = saved
  const { width, height } = input.input
  saveFile(`${stemOf(saved)}-input-${width}x${height}.png`, await read(base + input.frames[frame]!.input))
}

/** Lengths of a saved comparison, in px. */
const HEIGHT = 720
const GAP = 24
const TEXT = 22

/**
 * Saves original and input side by side, in one height, with their sizes below and the grid over both where it is shown.
 * `original`: the element that shows it. Rejects when that is not there.
 */
export async function saveComparison(
  saved: Saved,
  original: CanvasImageSource | null,
  showsGrid: boolean,
): Promise<void> {
  const { input, frame, base } = saved
  if (!original) throw new Error('The original is not shown here.')
  const made = await createImageBitmap(await read(base + input.frames[frame]!.input))
  const widthOf = ({ width, height }: Size): number => Math.round((HEIGHT * width) / height)
  const [left, right] = [widthOf(input.original), widthOf(input.input)]
  const canvas = new OffscreenCanvas(left + right + 3 * GAP, HEIGHT + 3 * GAP + TEXT)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This computer cannot draw a picture of that size.')
  context.fillStyle = 'white'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(original, GAP, GAP, left, HEIGHT)
  context.imageSmoothingEnabled = input.input.height > HEIGHT
  context.drawImage(made, left + 2 * GAP, GAP, right, HEIGHT)
  made.close()
  for (const [x, width] of [
    [GAP, left],
    [left + 2 * GAP, right],
  ] as const)
    if (showsGrid) drawGrid(context, input.grid, { x, width })
  context.fillStyle = 'black'
  context.font = `500 ${TEXT}px system-ui, sans-serif`
  context.textBaseline = 'top'
  const sides = ({ width, height }: Size): string => `${count(width)} × ${count(height)}`
  context.fillText(`Original ${sides(input.original)}`, GAP, HEIGHT + 2 * GAP)
  context.fillText(
    `${input.family.label} ${sides(input.input)}, ${count(input.tokens)} tokens`,
    left + 2 * GAP,
    HEIGHT + 2 * GAP,
  )
  saveFile(`${stemOf(saved)}-comparison.png`, await canvas.convertToBlob({ type: 'image/png' }))
}

function drawGrid(
  context: OffscreenCanvasRenderingContext2D,
  { rows, columns }: ModelInput['grid'],
  { x, width }: { x: number; width: number },
): void {
  const path = new Path2D()
  for (let row = 1; row < rows; row++) {
    path.moveTo(x, GAP + (row * HEIGHT) / rows)
    path.lineTo(x + width, GAP + (row * HEIGHT) / rows)
  }
  for (let column = 1; column < columns; column++) {
    path.moveTo(x + (column * width) / columns, GAP)
    path.lineTo(x + (column * width) / columns, GAP + HEIGHT)
  }
  for (const [stroke, thick] of [
    ['rgb(0 0 0 / 0.45)', 2.5],
    ['rgb(255 255 255 / 0.7)', 1],
  ] as const) {
    context.strokeStyle = stroke
    context.lineWidth = thick
    context.stroke(path)
  }
}
