import type { Configuration } from 'electron-builder'

/**
 * Packages whose libraries are opened by path: inside the archive the system could not load them. libheif-js lies there
 * too because it is under the LGPL: its user may replace it, which the archive's checked integrity would prevent.
 */
export const unpackedPackages = [
  '@node-llama-cpp',
  'koffi',
  '@koromix',
  'sharp',
  '@img',
  'better-sqlite3',
  '@reflink',
  'libheif-js',
  'onnxruntime-node',
]

/** Variants for computers that Electron does not run on, and the second CUDA build of 370 MB, a fallback for some cards. */
const notShipped = ['linux-armv7l', 'linux-riscv64', '*-cuda-ext'].map(
  (variant) => `!node_modules/@node-llama-cpp/${variant}/**`,
)

/** Of ONNX Runtime only the library itself is used, that of the installed system: some 45 MB. */
const onnxLibrary = (folder: string, library: string) =>
  `node_modules/onnxruntime-node/{package.json,bin/napi-v6/${folder}/${'${arch}'}/${library}}`
const notUsed = ['onnxruntime-node', 'onnxruntime-common', 'adm-zip', 'global-agent'].map(
  (name) => `!node_modules/${name}/**`,
)

/** What systems offer to open with the app, beside the program that they open it with: no file is taken over. */
const opened = {
  endings: ['pdf', 'png', 'jpg', 'jpeg', 'webp', 'gif', 'heic', 'tif', 'tiff', 'mp4', 'mov', 'webm'],
  mimes: [
    ...['application/pdf', 'image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/heif', 'image/tiff'],
    ...['video/mp4', 'video/quicktime', 'video/webm'],
  ],
}

/** Installers for the three systems; signing and updates come later. */
export const configuration: Configuration = {
  appId: 'app.sightline.desktop',
  productName: 'Sightline',
  copyright: 'MIT licence',
  directories: { output: 'release', buildResources: 'build/icons' },
  files: [
    'dist/electron/**',
    'dist/renderer/**',
    'dist/workers/**',
    'package.json',
    '!**/*.map',
    // for the browser shell: nothing goes over a wire here
    '!dist/renderer/**/*.br',
    '!node_modules/node-llama-cpp/{llama,templates}/**',
    '!node_modules/better-sqlite3/{deps,src}/**',
    '!node_modules/koffi/{doc,vendor}/**',
    // the WebAssembly and the module that Node loads stay
    '!node_modules/@embedpdf/pdfium/dist/{index.browser.js,index.cjs}',
    ...notShipped,
    ...notUsed,
  ],
  extraResources: [
    { from: 'resources', to: 'resources', filter: ['**/*', '!demo-model/training'] },
    { from: 'LICENSE', to: 'LICENSE.txt' },
    { from: 'THIRD-PARTY-NOTICES.txt', to: 'THIRD-PARTY-NOTICES.txt' },
  ],
  asar: true,
  asarUnpack: unpackedPackages.map((name) => `node_modules/${name}/**`),
  npmRebuild: false,
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  icon: 'build/icons/icon.png',
  win: {
    files: [onnxLibrary('win32', 'onnxruntime.dll')],
    target: [
      { target: 'nsis', arch: ['x64', 'arm64'] },
      { target: 'zip', arch: ['x64', 'arm64'] },
    ],
  },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  mac: {
    files: [onnxLibrary('darwin', 'libonnxruntime.1.dylib')],
    category: 'public.app-category.productivity',
    fileAssociations: [{ ext: opened.endings, name: 'Picture, video or PDF', role: 'Viewer', rank: 'Alternate' }],
    target: [
      { target: 'dmg', arch: ['arm64', 'x64'] },
      { target: 'zip', arch: ['arm64', 'x64'] },
    ],
  },
  linux: {
    files: [onnxLibrary('linux', 'libonnxruntime.so.1')],
    category: 'Utility',
    mimeTypes: opened.mimes,
    maintainer: 'Sightline',
    target: [
      { target: 'AppImage', arch: ['x64'] },
      { target: 'tar.gz', arch: ['x64'] },
    ],
  },
  publish: null,
}
