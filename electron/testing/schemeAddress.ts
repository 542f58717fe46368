/**
 * How addresses of the app's own schemes are known to the driven Chromium, which cannot register schemes: the host of
 * `app://host/` becomes a host under `.localhost` on the stand-in's own server. Such hosts are secure contexts, resolve
 * to this computer, and are different origins, as the hosts of a standard scheme are.
 */
export class SchemeAddresses {
  private readonly real: RegExp
  private readonly shown: RegExp

  private readonly scheme: string
  private readonly port: number

  constructor(scheme: string, port: number) {
    this.scheme = scheme
    this.port = port
    this.real = new RegExp(`${scheme}://([a-z0-9-]+)`, 'g')
    this.shown = new RegExp(`http://([a-z0-9-]+)\\.localhost:${port}`, 'g')
  }

  /** Every address of the scheme in `text`, as Chromium knows it. */
  toPage(text: string): string {
    return text.replace(this.real, `http://$1.localhost:${this.port}`)
  }

  /** Every address of the stand-in's server in `text`, as the app knows it. */
  toApp(text: string): string {
    return text.replace(this.shown, `${this.scheme}://$1`)
  }
}
