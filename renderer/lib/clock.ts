/** A place in a video: "0:42", "1:02:03"; with `tenths` "0:42.5". */
export function clock(ms: number, tenths = false): string {
  const total = tenths ? Math.round(Math.max(0, ms) / 100) / 10 : Math.floor(Math.max(0, ms) / 1_000)
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  const end = (tenths ? seconds.toFixed(1) : String(seconds)).padStart(tenths ? 4 : 2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${end}` : `${minutes}:${end}`
}
