import type {
  Attachment,
  PdfPage,
  FileToStore,
  ImageAttachment,
  PageLine,
  Sha256,
  StoreEvent,
  StoredFile,
  VideoFacts,
} from '#contract'
import type { FileView } from '../../../lib/http/attachments.ts'
import type { PageFacts, Probe } from '../process/protocol.ts'

/** What the store needs of the media service: reading a file's header and making small pictures, in another process. */
export interface AttachmentMedia {
  /** What a file really is, or what it is as one picture; `name` is what errors call it. Throws UnsupportedMedia, DamagedMedia, MediaTooLarge. */
  probe(path: string, name: string, as?: 'any' | 'picture'): Promise<Probe>
  /** Writes a picture of at most 512 x 512 pixels to `target`; `notes`: what a user must know. Throws as `probe`. */
  thumbnail(
    path: string,
    name: string,
    target: string,
  ): Promise<{ readonly mime: string; readonly notes: readonly string[] }>
  /** Writes a picture in full size as a browser shows it to `target` and returns its MIME type. Throws as `probe`. */
  view(path: string, name: string, target: string): Promise<string>
}

/** A file that is there to be sent by whoever reaches the disk. */
export interface OpenAttachment {
  readonly mime: string
  /** Size of the whole file. */
  readonly bytes: number
  readonly path: string
}

/** Files that a removed conversation held, with the time when each was last put into it, in ms. */
export type LeftFiles = ReadonlyMap<Sha256, number>

/** The content-addressed store of files that questions hold: one file per SHA-256, its facts in the database. */
export interface AttachmentGateway {
  /**
   * Stores the bytes of one upload, of which a chunk is good until the next one is asked for; the same bytes twice are one file. `name` is for display only. `facts`: what a video is;
   * unset: as this computer's own reader tells it, if there is one. A failed or aborted upload leaves nothing. Throws
   * UnsupportedMedia, DamagedMedia, MediaTooLarge, StorageFailed, Interrupted.
   */
  store(name: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal, facts?: VideoFacts): Promise<StoredFile>
  /** Stores the bytes of a picture as one, even where pages of such files are chosen otherwise. Throws as `store`. */
  storePicture(name: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ImageAttachment>
  /**
   * Stores a file of this computer from where it lies, and tells how far it is; the last event is what was stored. Where the
   * file system clones files it takes no room twice. A failure, an abort or a reader that leaves keep nothing. Throws as
   * `store`, MediaNotFound for what is no file, is gone or may not be read, FileChanged for a file of another size than told or
   * one that is written to meanwhile.
   */
  storeFile(file: FileToStore, signal?: AbortSignal): AsyncGenerator<StoreEvent, void>
  /**
   * The file, or its thumbnail: of a picture made when first asked for, of a video there once it was kept. Of a picture that
   * no browser shows (HEIC, TIFF) the file is one that it does, made when first asked for. A small picture of a page is made of
   * a file with pages that was opened. Throws NotFound when it is not
   * stored or its file is gone.
   */
  open(sha: Sha256, view?: FileView): Promise<OpenAttachment>
  /**
   * Keeps a picture of a stored video as its thumbnail, unless it has one; `make` writes it to `target` and returns its MIME
   * type.
   */
  keepPoster(sha: Sha256, make: (target: string) => Promise<string>): Promise<void>
  /** Stores a picture at `path` that was drawn of a page, with what is known of it. Throws as `store`. */
  storePage(
    name: string,
    path: string,
    page: Pick<PdfPage, 'pdf' | 'number'>,
    facts: PageFacts,
  ): Promise<ImageAttachment>
  /** The lines of the text layer of a stored page; none: it has none, or is no page. */
  pageText(sha: Sha256): readonly PageLine[]
  /** The facts of a stored file; null when there is none. */
  get(sha: Sha256): Attachment | null
  /** Where the file lies, for the engine. Throws NotFound when the database does not know it or the file is gone. */
  pathOf(sha: Sha256): string
  /**
   * Removes files and rows that are not in `referenced` and were stored more than 24 hours ago, so that pictures of an
   * unsent draft survive, and what interrupted uploads left. Those in `left` were held until now and go at once, unless they
   * were stored again since. Returns what was removed.
   */
  collect(referenced: Iterable<Sha256>, left?: LeftFiles): Promise<Sha256[]>
  /** The files of which a stored picture is a page, with the pictures. */
  pagedFiles(): ReadonlyMap<Sha256, readonly Sha256[]>
}
