/** The part of libheif's own functions that is used here; the package has types for its generated code only. */
declare module 'libheif-js/wasm-bundle.js' {
  /** What went wrong, as functions give it back in place of a result. */
  export interface HeifError {
    /** A number of the enum of libheif, or the object that stands for it. */
    readonly code: number | { readonly value: number }
    readonly subcode: number | { readonly value: number }
    readonly message: string
  }
  export interface Channel {
    readonly id: unknown
    readonly width: number
    readonly height: number
    /** Bytes of one row. */
    readonly stride: number
    readonly data: Uint8Array
  }
  export interface Decoded {
    readonly channels: readonly Channel[]
    readonly image: object
    readonly code?: undefined
  }
  type Handle = object & { readonly code?: undefined }
  const libheif: {
    heif_context_alloc(): object | null
    heif_context_free(context: object): void
    heif_context_read_from_memory(context: object, bytes: Uint8Array): HeifError
    heif_js_context_get_primary_image_handle(context: object): Handle | HeifError
    heif_js_decode_image2(handle: object, colorspace: unknown, chroma: unknown): Decoded | HeifError
    heif_image_handle_release(handle: object): void
    heif_image_release(image: object): void
    readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown }
    readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown }
  }
  export default libheif
}
