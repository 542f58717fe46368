import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The window: one page whose scripts, styles and pictures are all files of its own origin, as its CSP demands. */
export default defineConfig({
  root: at('./renderer'),
  base: './',
  plugins: [react(), tailwindcss()],
  server: { fs: { allow: [at('.')] } },
  build: {
    outDir: at('./dist/renderer'),
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
})
