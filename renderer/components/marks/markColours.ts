/** Hues that stay apart from one another; the lightness makes them read on dark and light pictures alike. */
const HUES = [25, 255, 145, 85, 310, 195, 350, 120]

/** The colour of the mark at `index`; the same wherever it is named. */
export const markColour = (index: number): string => `oklch(0.72 0.19 ${HUES[index % HUES.length]})`
