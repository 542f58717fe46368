const names: Readonly<Record<string, string>> = {
  avc: 'H.264',
  hevc: 'H.265 (HEVC)',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  mp4v: 'MPEG-4 Part 2',
  V_MPEG2: 'MPEG-2',
  'V_MPEG4/ISO/ASP': 'MPEG-4 Part 2',
  V_THEORA: 'Theora',
  V_PRORES: 'ProRes',
  apch: 'ProRes',
  apcn: 'ProRes',
  apcs: 'ProRes',
  apco: 'ProRes',
  ap4h: 'ProRes',
  jpeg: 'Motion JPEG',
  mjpa: 'Motion JPEG',
  V_MJPEG: 'Motion JPEG',
}

/** A codec as people call it. `codec`: what mediabunny calls it, null where it does not know it; `internal`: what the file calls it. */
export function codecName(codec: string | null, internal: string | number | Uint8Array | null): string {
  const key = codec ?? (typeof internal === 'string' ? internal : '')
  return names[key] ?? (key === '' ? 'unknown' : key)
}
