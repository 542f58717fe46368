/** The parts of Node that tests here use; the window itself is compiled without Node's types. */
declare module 'node:fs' {
  export function readFileSync(path: URL, encoding: 'utf8'): string
  export function readFileSync(path: URL): Uint8Array<ArrayBuffer>
}
declare module 'node:v8' {
  export function setFlagsFromString(flags: string): void
}
declare module 'node:vm' {
  export function runInNewContext(code: string): unknown
}
