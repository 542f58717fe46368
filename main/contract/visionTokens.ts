/** Side of the square of pixels that is one token of a picture, in pixels: 2 x 2 patches of 14. */
export const TOKEN_SIDE = 28

/** Pixels of a picture that are one token. */
export const PIXELS_PER_TOKEN = TOKEN_SIDE ** 2

/** The most tokens that one picture may take. */
export const MAX_PICTURE_TOKENS = 16_384
