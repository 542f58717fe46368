/** What people call a codec, and what the readers call it: mediabunny, ffmpeg, and the codes in MP4, MOV, AVI, MKV and FLV files. */
const table: readonly (readonly [string, string])[] = [
  ['H.264', 'avc h264 avc1 avc2 avc3 avc4 x264 davc v_mpeg4/iso/avc'],
  ['H.265 (HEVC)', 'hevc h265 hvc1 hev1 x265 dvh1 dvhe v_mpegh/iso/hevc'],
  ['H.266 (VVC)', 'vvc h266 vvc1 vvi1 v_mpegi/iso/vvc'],
  ['AV1', 'av1 av01 libdav1d v_av1'],
  ['VP9', 'vp9 vp09 v_vp9'],
  ['VP8', 'vp8 vp08 v_vp8'],
  ['VP6', 'vp6 vp6f vp6a vp60 vp61 vp62'],
  ['VP7', 'vp7 vp70 vp71 vp72'],
  ['MPEG-4 Part 2', 'mpeg4 mp4v m4s2 v_mpeg4/iso/sp v_mpeg4/iso/asp v_mpeg4/iso/ap'],
  ['MPEG-4 Part 2 (Xvid)', 'xvid'],
  ['MPEG-4 Part 2 (DivX)', 'divx dx50'],
  ['MS MPEG-4', 'msmpeg4 msmpeg4v1 msmpeg4v2 msmpeg4v3 mp41 mp42 mp43 mpg4 div3 div4 v_mpeg4/ms/v3'],
  ['MPEG-2', 'mpeg2video mpeg2 mpg2 mp2v hdv1 hdv2 hdv3 xdvc xdv2 v_mpeg2'],
  ['MPEG-1', 'mpeg1video mpeg1 mpg1 mp1v v_mpeg1'],
  ['Theora', 'theora v_theora'],
  ['ProRes', 'prores apch apcn apcs apco ap4h ap4x aprh aprn v_prores'],
  ['ProRes RAW', 'prores_raw'],
  ['DNxHD', 'dnxhd avdn avdh'],
  ['CineForm', 'cfhd'],
  ['Motion JPEG', 'mjpeg mjpegb jpeg mjpa mjpb mjpg dmb1 v_mjpeg'],
  ['Motion JPEG 2000', 'jpeg2000 mjp2 mj2c'],
  ['Sorenson Spark', 'flv flv1 s263 sorenson'],
  ['H.263', 'h263 h263p h263i u263'],
  ['H.261', 'h261'],
  ['Sorenson Video 1', 'svq1'],
  ['Sorenson Video 3', 'svq3'],
  ['Cinepak', 'cinepak cvid'],
  ['Indeo', 'indeo2 indeo3 indeo4 indeo5 iv31 iv32 iv41 iv50'],
  ['Windows Media Video 7', 'wmv1'],
  ['Windows Media Video 8', 'wmv2'],
  ['Windows Media Video 9', 'wmv3 wmv3image'],
  ['VC-1', 'vc1 wvc1 vc1image'],
  ['RealVideo', 'rv10 rv20 rv30 rv40 rv60 v_real/rv10 v_real/rv20 v_real/rv30 v_real/rv40'],
  ['DV', 'dvvideo dvsd dvhd dvc dvcp dvpp dv5n dv5p dvh5 dvh6'],
  ['QuickTime Animation', 'qtrle rle'],
  ['FFV1', 'ffv1 v_ffv1'],
  ['HuffYUV', 'huffyuv ffvhuff hfyu'],
  ['Ut Video', 'utvideo ulrg ulra uly0 uly2'],
  ['Hap', 'hap hap1 hap5 hapy'],
  ['uncompressed video', 'rawvideo v210 yuv2 2vuy uyvy yuyv v_uncompressed'],
]

const names = new Map(table.flatMap(([name, keys]) => keys.split(' ').map((key) => [key, name] as const)))

/**
 * A codec as people call it, e.g. "H.265 (HEVC)"; as the file names it where nobody has another name for it, and "unknown"
 * where it does not say.
 *
 * @param codec What a reader calls it; null: it does not know it.
 * @param internal What the file itself calls it.
 */
export function codecName(codec: string | null, internal: string | number | Uint8Array | null = null): string {
  const key = codec ?? (typeof internal === 'string' ? internal : '')
  return names.get(key.trim().toLowerCase()) ?? (key === '' ? 'unknown' : key)
}
