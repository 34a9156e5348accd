import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const portal = process.env.PORTAL_DEV_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    proxy: {
      // The Origin header is rewritten too: the portal only takes its own.
      '/api': { target: portal, changeOrigin: true, headers: { origin: portal } },
      '/socket.io': { target: portal, ws: true, changeOrigin: true, headers: { origin: portal } },
      '/readyz': { target: portal },
    },
  },
  build: {
    target: 'es2022',
    // The page's Content-Security-Policy allows no inline scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // For scripts/bundle-size.mjs.
    manifest: true,
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
  },
})
