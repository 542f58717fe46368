/** How a frame is to be turned to stand upright: clockwise, in degrees, then mirrored from left to right. */
export interface Turn {
  readonly rotation: number
  readonly flip: boolean
}

/**
 * A picture of width x height pixels, one number each, turned upright; the same array where nothing is to be turned.
 */
export function turned(
  pixels: Uint32Array<ArrayBuffer>,
  { width, height }: { width: number; height: number },
  { rotation, flip }: Turn,
): Uint32Array<ArrayBuffer> {
  if (rotation === 0 && !flip) return pixels
  const isSideways = rotation === 90 || rotation === 270
  const [across, down] = isSideways ? [height, width] : [width, height]
  const upright = new Uint32Array(pixels.length)
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const at = flip ? across - 1 - x : x
      const from =
        rotation === 90
          ? (height - 1 - at) * width + y
          : rotation === 180
            ? (height - 1 - y) * width + (width - 1 - at)
            : rotation === 270
              ? at * width + (width - 1 - y)
              : y * width + at
      upright[y * across + x] = pixels[from] ?? 0
    }
  }
  return upright
}
