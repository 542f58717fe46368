/** The one thing of Node that tests here use; the window itself is compiled without Node's types. */
declare module 'node:fs' {
  export function readFileSync(path: URL, encoding: 'utf8'): string
  export function readFileSync(path: URL): Uint8Array<ArrayBuffer>
}
