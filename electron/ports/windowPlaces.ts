import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { screen } from 'electron'
import type { Region } from '#contract'

/** After this the overlays do without, in ms: PowerShell starts slowly. */
const PATIENCE_MS = 4_000
const SMALLEST = 24
/** Windows of X11 that are asked about, the frontmost first, and how many of them at once: each takes two processes. */
const MOST_X11 = 64
const X11_AT_ONCE = 4

/** A window of another program: where it is, in the units of its system, and its process. */
export interface WindowPlace extends Region {
  readonly pid: number
}

type Run = (program: string, args: readonly string[]) => Promise<string>

const runProgram: Run = async (program, args) =>
  (await promisify(execFile)(program, args, { timeout: PATIENCE_MS, windowsHide: true, maxBuffer: 4 << 20 })).stdout

/**
 * Where the windows of other programs are, in device-independent pixels of the desktop, the frontmost first. The system's
 * own scripting is asked, in a process of its own: Electron does not tell. Empty where that does not tell either (Wayland,
 * an X11 desktop without `xprop` and `xwininfo`) or takes too long.
 */
export async function windowPlaces(
  platform: NodeJS.Platform = process.platform,
  run: Run = runProgram,
): Promise<Region[]> {
  const ask = platform === 'darwin' ? askMac : platform === 'win32' ? askWindows : askX11
  const found = await ask(run).catch(() => [])
  return found
    .filter(({ pid, width, height }) => pid !== process.pid && width >= SMALLEST && height >= SMALLEST)
    .map(({ x, y, width, height }) =>
      platform === 'darwin' ? { x, y, width, height } : inDesktopUnits({ x, y, width, height }),
    )
}

/** Physical pixels to device-independent ones, where the system has both. */
function inDesktopUnits({ x, y, width, height }: Region): Region {
  const { screenToDipPoint }: Partial<typeof screen> = screen
  const point = (at: { x: number; y: number }) => screenToDipPoint?.call(screen, at) ?? at
  const [from, to] = [point({ x, y }), point({ x: x + width, y: y + height })]
  return {
    x: Math.round(from.x),
    y: Math.round(from.y),
    width: Math.max(1, Math.round(to.x - from.x)),
    height: Math.max(1, Math.round(to.y - from.y)),
  }
}

/** Lines of `pid x y width height`. */
export function readPlaces(lines: string): WindowPlace[] {
  return lines.split('\n').flatMap((line) => {
    const numbers = line.trim().split(/\s+/).map(Number)
    const [pid, x, y, width, height] = numbers.map(Math.round)
    return numbers.length === 5 && numbers.every(Number.isFinite) && width! > 0 && height! > 0
      ? [{ pid: pid!, x: x!, y: y!, width: width!, height: height! }]
      : []
  })
}

const MAC = `
ObjC.import('CoreGraphics')
const onScreen = 1, withoutDesktop = 16
ObjC.deepUnwrap(ObjC.castRefToObject($.CGWindowListCopyWindowInfo(onScreen | withoutDesktop, 0)))
  .filter((one) => one.kCGWindowLayer === 0 && one.kCGWindowAlpha > 0)
  .map(({ kCGWindowOwnerPID: pid, kCGWindowBounds: { X, Y, Width, Height } }) => [pid, X, Y, Width, Height].join(' '))
  .join('\\n')`

const askMac = async (run: Run): Promise<WindowPlace[]> =>
  readPlaces(await run('/usr/bin/osascript', ['-l', 'JavaScript', '-e', MAC]))

/** `EnumWindows` goes from the front to the back; the frame's extended bounds leave out its shadow; a cloaked window is on another desktop. */
const WINDOWS = `
Add-Type -TypeDefinition @'
using System; using System.Runtime.InteropServices; using System.Text;
public static class Places {
  [StructLayout(LayoutKind.Sequential)] struct Rect { public int Left, Top, Right, Bottom; }
  delegate bool Each(IntPtr window, IntPtr more);
  [DllImport("user32.dll")] static extern bool EnumWindows(Each each, IntPtr more);
  [DllImport("user32.dll")] static extern bool IsWindowVisible(IntPtr window);
  [DllImport("user32.dll")] static extern bool IsIconic(IntPtr window);
  [DllImport("user32.dll")] static extern bool SetProcessDPIAware();
  [DllImport("user32.dll")] static extern uint GetWindowThreadProcessId(IntPtr window, out uint pid);
  [DllImport("dwmapi.dll")] static extern int DwmGetWindowAttribute(IntPtr window, int what, out Rect value, int size);
  [DllImport("dwmapi.dll")] static extern int DwmGetWindowAttribute(IntPtr window, int what, out int value, int size);
  public static string List() {
    SetProcessDPIAware();
    var lines = new StringBuilder();
    EnumWindows((window, more) => {
      Rect at; int cloaked; uint pid;
      if (!IsWindowVisible(window) || IsIconic(window)) return true;
      if (DwmGetWindowAttribute(window, 14, out cloaked, 4) == 0 && cloaked != 0) return true;
      if (DwmGetWindowAttribute(window, 9, out at, 16) != 0) return true;
      GetWindowThreadProcessId(window, out pid);
      lines.AppendLine(pid + " " + at.Left + " " + at.Top + " " + (at.Right - at.Left) + " " + (at.Bottom - at.Top));
      return true;
    }, IntPtr.Zero);
    return lines.ToString();
  }
}
'@
[Places]::List()`

async function askWindows(run: Run): Promise<WindowPlace[]> {
  const encoded = Buffer.from(WINDOWS, 'utf16le').toString('base64')
  return readPlaces(await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded]))
}

/** The window manager lists windows from the back to the front; the frontmost are asked about while there is time. */
async function askX11(run: Run): Promise<WindowPlace[]> {
  const list = await run('xprop', ['-root', '-notype', '_NET_CLIENT_LIST_STACKING'])
  const ids = (list.match(/0x[0-9a-f]+/gi) ?? []).reverse().slice(0, MOST_X11)
  const found: (WindowPlace | null)[] = []
  const until = performance.now() + PATIENCE_MS
  let next = 0
  const askSome = async (): Promise<void> => {
    while (next < ids.length && performance.now() < until) {
      const place = next++
      const id = ids[place]!
      const [geometry, properties] = await Promise.all([
        run('xwininfo', ['-id', id]),
        run('xprop', ['-id', id, '-notype', '_NET_WM_PID', '_NET_FRAME_EXTENTS', '_GTK_FRAME_EXTENTS']),
      ])
      found[place] = readX11(geometry, properties)
    }
  }
  await Promise.all(Array.from({ length: X11_AT_ONCE }, askSome))
  return found.flatMap((one) => (one ? [one] : []))
}

/** What `xwininfo` and `xprop` say of a window: with its frame, without the shadow that it draws itself; null when it is not seen. */
export function readX11(geometry: string, properties: string): WindowPlace | null {
  const number = (name: string): number => Number(new RegExp(`${name}:\\s*(-?\\d+)`).exec(geometry)?.[1])
  const [x, y, width, height] = [
    number('Absolute upper-left X'),
    number('Absolute upper-left Y'),
    number('Width'),
    number('Height'),
  ]
  if (!/Map State:\s*IsViewable/.test(geometry) || ![x, y, width, height].every(Number.isFinite)) return null
  const sides = (name: string): readonly number[] =>
    new RegExp(`${name} = (\\d+), (\\d+), (\\d+), (\\d+)`).exec(properties)?.slice(1).map(Number) ?? [0, 0, 0, 0]
  const [frame, shadow] = [sides('_NET_FRAME_EXTENTS'), sides('_GTK_FRAME_EXTENTS')]
  const [left, right, top, bottom] = frame.map((side, i) => side - shadow[i]!) as [number, number, number, number]
  const pid = Number(/_NET_WM_PID = (\d+)/.exec(properties)?.[1] ?? 0)
  const place = { pid, x: x! - left, y: y! - top, width: width! + left + right, height: height! + top + bottom }
  return place.width > 0 && place.height > 0 ? place : null
}
