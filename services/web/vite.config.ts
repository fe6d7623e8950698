import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

/** For `npm run dev`: the bundle that runs on this host. */
const BUNDLE = process.env["BUNDLE_URL"] ?? "http://localhost:8080";

export default defineConfig({
  plugins: [preact()],
  server: { proxy: { "/api": BUNDLE, "/socket.io": { target: BUNDLE, ws: true }, "/signaling": BUNDLE } },
  build: {
    rollupOptions: { input: ["index.html", "demo.html", "live.html"] },
    // skyway-js and hls.js are large, and only the demo page loads the one, that of live streams the other.
    chunkSizeWarningLimit: 1_000,
    // Inlined assets are data: URLs, which the content security policy has no reason to allow.
    assetsInlineLimit: 0,
  },
});
