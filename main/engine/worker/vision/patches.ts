/** Numbers of one patch of `patch` pixels a side in one temporal slot: three channels. */
export const patchValues = (patch: number): number => 3 * patch * patch

/** A resized picture: RGB, 8 bits, rows from the top; both sides multiples of a token's side, which is two patches. */
export interface Frame {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** A run of equal windows in the order of `order`: `count` windows of `patches` patches each. */
export interface WindowGroup {
  readonly patches: number
  readonly count: number
}

/**
 * In which order the tower sees the tokens of a grid. `tokens[i]` is the row-major index of the i-th token;
 * `groups` cuts the patches into windows (one group with one window: no windows).
 */
export interface TokenOrder {
  readonly tokens: Int32Array
  readonly groups: readonly WindowGroup[]
}

/** Row-major order, all patches in one window. `rows` and `columns` in tokens. */
export function plainOrder(rows: number, columns: number): TokenOrder {
  return {
    tokens: Int32Array.from({ length: rows * columns }, (_, i) => i),
    groups: [{ patches: rows * columns * 4, count: 1 }],
  }
}

/**
 * Windows of `side` x `side` tokens, smaller at the right and bottom edge (`get_window_index` of the reference).
 * Windows of one size stand together, so that each group is one batched attention; the order inside attention over all
 * patches does not matter.
 */
export function windowOrder(rows: number, columns: number, side: number): TokenOrder {
  const bySize = new Map<number, { windows: number[][]; patches: number }>()
  for (let top = 0; top < rows; top += side)
    for (let left = 0; left < columns; left += side) {
      const height = Math.min(side, rows - top)
      const width = Math.min(side, columns - left)
      const window: number[] = []
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) window.push((top + y) * columns + left + x)
      const group = bySize.get(height * width) ?? { windows: [], patches: height * width * 4 }
      group.windows.push(window)
      bySize.set(height * width, group)
    }
  const groups = [...bySize.values()]
  return {
    tokens: Int32Array.from(groups.flatMap((group) => group.windows.flat())),
    groups: groups.map((group) => ({ patches: group.patches, count: group.windows.length })),
  }
}

/** Normalised values of the 256 levels per channel: float32 arithmetic on a float64 rescale, as the reference computes. */
export function normaliseTable(mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(3 * 256)
  for (let c = 0; c < 3; c++)
    for (let level = 0; level < 256; level++) {
      const scaled = Math.fround(level * (1 / 255))
      table[c * 256 + level] = Math.fround(Math.fround(scaled - Math.fround(mean[c]!)) / Math.fround(std[c]!))
    }
  return table
}

/**
 * The patches of one frame, normalised: [patches, values], a patch as channel, row, column. Those of `tokens`, the four
 * patches of a token row by row. `patch`: a patch's side in pixels.
 */
export function patchify(frame: Frame, tokens: Int32Array, table: Float32Array, patch: number): Float32Array {
  const side = 2 * patch
  const columns = frame.width / side
  const out = new Float32Array(tokens.length * 4 * patchValues(patch))
  const stride = frame.width * 3
  let o = 0
  for (const token of tokens) {
    const tokenY = Math.floor(token / columns) * side
    const tokenX = (token % columns) * side
    for (let quarter = 0; quarter < 4; quarter++) {
      const start = (tokenY + (quarter >> 1) * patch) * stride + (tokenX + (quarter & 1) * patch) * 3
      for (let c = 0; c < 3; c++)
        for (let y = 0; y < patch; y++) {
          let at = start + y * stride + c
          for (let x = 0; x < patch; x++, at += 3) out[o++] = table[c * 256 + frame.data[at]!]!
        }
    }
  }
  return out
}

/** Rotary positions of the patches as ggml's vision rope takes them: rows y, x, y, x. */
export function patchPositions(rows: number, columns: number, order: TokenOrder): Int32Array {
  const n = rows * columns * 4
  const out = new Int32Array(4 * n)
  let i = 0
  for (const token of order.tokens)
    for (let quarter = 0; quarter < 4; quarter++, i++) {
      const y = Math.floor(token / columns) * 2 + (quarter >> 1)
      const x = (token % columns) * 2 + (quarter & 1)
      out[i] = out[2 * n + i] = y
      out[n + i] = out[3 * n + i] = x
    }
  return out
}

/** Four places of a square table for each patch, and how much each counts. */
export interface TableShares {
  /** Rows of the table, [4][patches]. */
  readonly rows: Int32Array
  /** Shares, [4][patches]; the four of a patch add up to 1. */
  readonly shares: Float32Array
}

/**
 * Where the patches of a picture lie in the square table of learned positions, bilinear with its corners on the picture's
 * (`fast_pos_embed_interpolate` of the reference, in float32 as `torch.linspace` counts). `side`: of the table.
 */
export function tableShares(rows: number, columns: number, order: TokenOrder, side: number): TableShares {
  const down = tableAxis(rows * 2, side)
  const across = tableAxis(columns * 2, side)
  const n = rows * columns * 4
  const out = { rows: new Int32Array(4 * n), shares: new Float32Array(4 * n) }
  let i = 0
  for (const token of order.tokens)
    for (let quarter = 0; quarter < 4; quarter++, i++) {
      const [top, bottom, dy] = down[Math.floor(token / columns) * 2 + (quarter >> 1)]!
      const [left, right, dx] = across[(token % columns) * 2 + (quarter & 1)]!
      const corners = [
        [top, left, (1 - dy) * (1 - dx)],
        [top, right, (1 - dy) * dx],
        [bottom, left, dy * (1 - dx)],
        [bottom, right, dy * dx],
      ] as const
      corners.forEach(([y, x, share], corner) => {
        out.rows[corner * n + i] = y * side + x
        out.shares[corner * n + i] = share
      })
    }
  return out
}

/** For each of `count` places along a side of the table: the line before, the line after, and how far it is between them. */
function tableAxis(count: number, side: number): [number, number, number][] {
  const last = side - 1
  const step = Math.fround(last / (count - 1))
  return Array.from({ length: count }, (_, i) => {
    // torch.linspace counts from either end to the middle
    const at = Math.fround(i < count / 2 ? step * i : last - Math.fround(step * (count - 1 - i)))
    const before = Math.floor(at)
    return [before, Math.min(before + 1, last), Math.fround(at - before)]
  })
}
