/** Documents are read and written here by the very code that the command line does it with. */
export * from '../../main/lib/documents/index.ts'
