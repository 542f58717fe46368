/** A kind of file that people have. */
export interface Kind {
  readonly name: string
  /** Devices and programs that write it. */
  readonly from: string
  /** What its file is called here. */
  readonly file: string
  /** How it is shown to the model, where it is read. */
  readonly shown: string
  /** What is typed to open it. */
  readonly password?: string
  /** It can only be made, or read, where ffmpeg is. */
  readonly needsFfmpeg?: boolean
  /** A small file of this kind. */
  make(): Promise<Buffer>
}
