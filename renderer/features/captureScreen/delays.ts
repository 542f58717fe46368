/** Seconds after which a screen can be captured, to open a menu or hold a key meanwhile. */
export const DELAYS = [3, 5, 10] as const
