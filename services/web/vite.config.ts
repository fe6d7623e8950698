import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [preact()],
  build: {
    rollupOptions: { input: ["index.html", "demo.html"] },
    // skyway-js is large, and only the demo page loads it.
    chunkSizeWarningLimit: 1_000,
    // Inlined assets are data: URLs, which the content security policy has no reason to allow.
    assetsInlineLimit: 0,
  },
});
